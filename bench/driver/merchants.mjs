// One hub for many merchants: intake, start and memory by their number. The deliveries go to all of them in turn.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { secret } from "./bench.mjs";
import { memory, sleep } from "./processes.mjs";
import { count, mebibytes, milliseconds, table } from "./report.mjs";
import { measureAlone, refusals } from "./rounds.mjs";

const numbers = [1, 1_000, 10_000];
// At its start a hub polls every connection, so many merchants a second; that is over before deliveries are counted.
const polledPerSecond = 64;
const settleMs = 2_000;
const slowestShare = 0.83; // of one merchant's intake

// One Loop and one ShipHero connection for each.
function fleet(number, stub) {
  const lines = [];
  for (let i = 1; i <= number; ++i) {
    const of = (vendor, fields) => JSON.stringify({ vendor, merchant: `merchant ${i}`, name: `${vendor} ${i}`, fields });
    lines.push(of("loop", { api_key: "bench-api-key", webhook_secret: secret, base_url: `${stub.url}/loop`, requests_per_minute: 10_000_000 }));
    lines.push(
      of("shiphero", {
        refresh_token: "bench-refresh-token",
        base_url: `${stub.url}/shiphero`,
        credits_max: 1_000_000,
        credits_per_second: 1_000_000,
        requests_per_5_minutes: 100_000_000,
        warehouse_id: "V2FyZWhvdXNlOjQy",
      }),
    );
  }
  return `${lines.join("\n")}\n`;
}

async function measureOne(bench, number) {
  let paths;
  const start = async (directory, stub) => {
    const hub = await bench.emptyHub(directory);
    const file = join(directory, "fleet.jsonl");
    writeFileSync(file, fleet(number, stub));
    await hub.verb("connections", "import", file);
    const all = JSON.parse(await hub.verb("connections", "list", "--json"));
    paths = join(directory, "paths");
    writeFileSync(paths, all.filter(({ vendor }) => vendor === "loop").map((one) => `${one.inbound_path}\n`).join(""));
    return hub.serve();
  };
  return bench.withServer(start, async ({ server }) => {
    await sleep(settleMs + (number * 1000) / polledPerSecond);
    const idleBytes = memory(server.pid).rssBytes;
    const load = await bench.load(server, `@${paths}`);
    return { load, per_second: load.per_second, readyMs: server.readyMs, idleBytes, peakBytes: memory(server.pid).peakBytes };
  });
}

export async function measureMerchants(bench, progress) {
  const figures = {};
  const problems = {};
  for (const number of numbers) {
    const name = `merchants_${number}`;
    const shown = (one) => `${count(one.per_second)}/s`;
    figures[number] = await measureAlone(progress, problems, name, `${count(number)} merchants`, () => measureOne(bench, number), shown);
  }
  const most = numbers.at(-1);
  const check = { title: `intake, ${count(most)} merchants / one`, target: `>= ${slowestShare}` };
  if (figures[most] && figures[1]) {
    const ratio = figures[most].per_second / figures[1].per_second;
    Object.assign(check, { value: ratio, shown: ratio.toFixed(2), met: ratio >= slowestShare });
  }
  return { figures, checks: [check], problems };
}

export function merchantsTable({ figures }) {
  const rows = numbers.map((number) => {
    const one = figures[number];
    if (!one) return [count(number), "not measured"];
    const memories = [mebibytes(one.idleBytes), mebibytes(one.peakBytes)];
    return [count(number), count(one.per_second), milliseconds(one.load.p99_us), count(refusals(one.load)), one.readyMs.toFixed(0), ...memories];
  });
  return table(["merchants", "accepted/s", "p99 ms", "not accepted", "ready ms", "MiB idle", "peak MiB"], rows);
}
