// Half an hour of steady work: memory, descriptors and files must not grow with time, but for the database, which keeps what
// it is told.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { rmasMade, untilMade } from "./ledger.mjs";
import { memory, sleep } from "./processes.mjs";
import { count, mebibytes, table } from "./report.mjs";
import { measureAlone, refusals } from "./rounds.mjs";

const rate = 1_000; // returns per second, each from its delivery to its RMA and one read
const minutes = 30;
const sampledEveryMs = 60_000;
const settledAfter = 5; // samples; what a process takes at first is not growth
const growthMax = 1.1;

function sample(server, directory, began) {
  const bytes = (name) => statSync(join(directory, "data", name)).size;
  return {
    minute: (performance.now() - began) / 60_000,
    rssBytes: memory(server.pid).rssBytes,
    descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
    walBytes: bytes("backhaul.db-wal"),
    databaseBytes: bytes("backhaul.db"),
  };
}

async function measureOne(bench, progress) {
  return bench.withHub({ destination: true }, async ({ server, stub, directory, path }) => {
    const deliveries = rate * minutes * 60;
    const began = performance.now();
    const samples = [];
    let over = false;
    const loading = bench.sendBurst(server, path, deliveries, { rate, secondsMax: minutes * 60 + 60 }).finally(() => (over = true));
    while (!over) {
      await Promise.race([loading, sleep(sampledEveryMs)]);
      if (over) break;
      samples.push({ ...sample(server, directory, began), behind: Math.round((performance.now() - began) / 1000) * rate - (await rmasMade(stub)) });
      progress.step(`${samples.at(-1).minute.toFixed(0)} min ${mebibytes(samples.at(-1).rssBytes)} MiB`);
    }
    const load = await loading;
    await untilMade(stub, load.accepted);
    return { samples, load, made: await rmasMade(stub) };
  });
}

export async function measureSoak(bench, progress) {
  const problems = {};
  const step = `soak, ${minutes} minutes at ${count(rate)} returns/s`;
  const figures = await measureAlone(progress, problems, "soak", step, () => measureOne(bench, progress), () => "done");
  return { figures, checks: figures ? checksOf(figures) : [], problems };
}

function checksOf({ samples, load, made }) {
  const settled = samples.slice(settledAfter);
  const growth = (title, key) => {
    const half = settled.length >> 1;
    const most = (part) => Math.max(...part.map((one) => one[key]));
    const ratio = most(settled.slice(half)) / most(settled.slice(0, half));
    return { title, value: ratio, shown: ratio.toFixed(2), target: `<= ${growthMax}`, met: ratio <= growthMax };
  };
  const missing = load.accepted - made;
  const refused = refusals(load);
  return [
    growth("soak: memory, second half / first", "rssBytes"),
    growth("soak: descriptors, second half / first", "descriptors"),
    growth("soak: WAL, second half / first", "walBytes"),
    { title: "soak: deliveries not accepted", value: refused, shown: count(refused), target: "0", met: refused === 0 },
    { title: "soak: accepted deliveries without an RMA", value: missing, shown: count(missing), target: "0", met: missing === 0 },
  ];
}

export function soakTable({ figures }) {
  const every = Math.max(1, Math.ceil((figures?.samples.length ?? 0) / 10));
  const shown = figures?.samples.filter((_, i) => i % every === 0) ?? [];
  const rows = shown.map((one) => [
    one.minute.toFixed(0),
    mebibytes(one.rssBytes),
    count(one.descriptors),
    mebibytes(one.walBytes),
    mebibytes(one.databaseBytes),
    count(Math.max(0, one.behind)),
  ]);
  return table(["soak, minute", "RSS MiB", "descriptors", "WAL MiB", "database MiB", "RMAs still to make"], rows);
}
