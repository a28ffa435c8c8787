// Many deliveries at once, and what they leave: how fast they are taken, what the hub holds in memory meanwhile, and whether
// the rate at which RMAs are made depends on how many wait.
import { rmasMade } from "./ledger.mjs";
import { BenchError, memory, sleep } from "./processes.mjs";
import { count, mebibytes, milliseconds, table } from "./report.mjs";
import { measureAlone, refusals } from "./rounds.mjs";

// The drain of the smallest is what the others are compared with.
const sizes = [
  { name: "small", title: "20,000 deliveries at once", deliveries: 20_000 },
  { name: "burst", title: "100,000 deliveries at once", deliveries: 100_000 },
  { name: "backlog", title: "1,000,000 deliveries waiting", deliveries: 1_000_000 },
];
const watchMs = 20_000; // of each drain, after what was decided meanwhile was let through
const settleMs = 3_000;
const peakBytesMax = { small: 64, burst: 64, backlog: 96 }; // MiB
const evenShare = 0.83; // of the small one's rate: the cost per RMA may differ by a factor of 1.2

async function measureOne(bench, size) {
  return bench.withHub({ destination: true }, async ({ server, stub, path }) => {
    const load = await bench.sendBurst(server, path, size.deliveries);
    await sleep(settleMs);
    const from = { made: await rmasMade(stub), at: performance.now() };
    let last = from;
    while (last.at - from.at < watchMs && last.made < size.deliveries) {
      await sleep(500);
      last = { made: await rmasMade(stub), at: performance.now() };
    }
    if (last.made === from.made) throw new BenchError("no RMA was made");
    const used = memory(server.pid);
    return {
      load,
      not_accepted: refusals(load),
      drain_per_second: ((last.made - from.made) * 1000) / (last.at - from.at),
      made: last.made,
      rssBytes: used.rssBytes,
      peakBytes: used.peakBytes,
    };
  });
}

export async function measureBacklog(bench, progress) {
  const figures = {};
  const problems = {};
  for (const size of sizes) {
    const shown = (one) => `${count(one.drain_per_second)} RMAs/s, ${mebibytes(one.peakBytes)} MiB`;
    figures[size.name] = await measureAlone(progress, problems, size.name, `backlog: ${size.title}`, () => measureOne(bench, size), shown);
  }
  return { figures, checks: checksOf(figures), problems };
}

function checksOf(figures) {
  const memoryChecks = sizes.map(({ name, title }) => {
    const check = { title: `peak RSS, ${title}`, target: `< ${peakBytesMax[name]} MiB` };
    const bytes = figures[name]?.peakBytes;
    return bytes ? { ...check, value: bytes, shown: `${mebibytes(bytes)} MiB`, met: bytes < peakBytesMax[name] * 2 ** 20 } : check;
  });
  const drains = sizes.slice(1).map(({ name, title }) => {
    const check = { title: `drain rate, ${title} / 20,000`, target: `>= ${evenShare}` };
    if (!figures[name] || !figures.small) return check;
    const ratio = figures[name].drain_per_second / figures.small.drain_per_second;
    return { ...check, value: ratio, shown: ratio.toFixed(2), met: ratio >= evenShare };
  });
  return [...memoryChecks, ...drains];
}

export function backlogTable({ figures }) {
  const rows = sizes.map(({ name, title }) => {
    const one = figures[name];
    if (!one) return [title, "not measured"];
    const { load } = one;
    return [title, count(load.per_second), milliseconds(load.p99_us), count(one.not_accepted), count(one.drain_per_second), mebibytes(one.peakBytes)];
  });
  return table(["backlog", "accepted/s", "p99 ms", "not accepted", "then RMAs/s", "peak MiB"], rows);
}
