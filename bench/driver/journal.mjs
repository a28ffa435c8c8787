// Whether a delivery, and reading a return, cost more the more there is in the journal.
import { readFileSync } from "node:fs";
import { BenchError, sleep } from "./processes.mjs";
import { count, median, table } from "./report.mjs";

const eventsPerReturn = 5; // a delivery, two decisions, an outcome, a read
const sizes = [2_000, 20_000, 200_000, 2_000_000]; // returns delivered before: 10^4 to 10^7 events
const probe = { count: 2_000, rate: 1_000 }; // deliveries a cost is measured with
const reads = 15;
const growthMax = 1.2;
const ticksPerSecond = 100; // of /proc/<pid>/stat, on every Linux of today

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

// Until nothing is left to do.
async function settled(server) {
  for (;;) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const read = (name) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);
    const left = read("backhaul_unfiled") + read("backhaul_news") + read("backhaul_jobs_waiting") + read("backhaul_attempts_running");
    if (Number.isNaN(left)) throw new BenchError("the hub's metrics lack what tells that it is done");
    if (left === 0) return;
    await sleep(500);
  }
}

async function measureAt(bench, { server, path, hub }, firstId) {
  await settled(server);
  await sleep(1_500);
  const before = cpuSeconds(server.pid);
  const load = await bench.sendBurst(server, path, probe.count, { rate: probe.rate, firstId });
  await settled(server);
  const micros = ((cpuSeconds(server.pid) - before) * 1e6) / load.accepted;
  const took = [];
  for (let i = 0; i < reads; ++i) {
    const began = performance.now();
    await hub.verb("returns", "show", String(firstId + 7 * i));
    took.push(performance.now() - began);
  }
  return { micros, readMs: median(took), p99_us: load.p99_us };
}

export async function measureJournal(bench, progress) {
  const figures = {};
  const problems = {};
  try {
    await bench.withHub({ destination: true }, async (running) => {
      let there = 0;
      for (const size of sizes) {
        progress.step(`journal: ${count(size)} returns, ${count(size * eventsPerReturn)} events`);
        await bench.sendBurst(running.server, running.path, size - there, { firstId: 9_000_000_001 + there });
        figures[size] = await measureAt(bench, running, 9_500_000_001 + size);
        there = size;
        progress.result(`${figures[size].micros.toFixed(0)} µs of CPU per delivery, ${figures[size].readMs.toFixed(1)} ms per return read`);
      }
    });
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    problems.journal = error.message;
    progress.result(`not measured: ${error.message}`);
  }
  return { figures, checks: checksOf(figures), problems };
}

function checksOf(figures) {
  const [first, last] = [figures[sizes[0]], figures[sizes.at(-1)]];
  const of = (title, name) => {
    const check = { title: `${title}, ${count(sizes.at(-1))} returns / ${count(sizes[0])}`, target: `<= ${growthMax}` };
    if (!first || !last) return check;
    const ratio = last[name] / first[name];
    return { ...check, value: ratio, shown: ratio.toFixed(2), met: ratio <= growthMax };
  };
  return [of("CPU per delivery", "micros"), of("time per return read", "readMs")];
}

export function journalTable({ figures }) {
  const rows = sizes.map((size) => {
    const one = figures[size];
    return one ? [count(size), count(size * eventsPerReturn), one.micros.toFixed(0), one.readMs.toFixed(1), (one.p99_us / 1000).toFixed(2)] : [count(size), count(size * eventsPerReturn), "not measured"];
  });
  return table(["returns in the journal", "events, about", "CPU µs per delivery", "ms per return read", "p99 ms of the answer"], rows);
}
