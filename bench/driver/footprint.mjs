// What the hub costs: memory when idle and under the intake load, and the time from its start to readiness.
import { BenchError, memory, sleep } from "./processes.mjs";
import { median, mebibytes } from "./report.mjs";

const starts = 10;
const settleMs = 3_000; // idle means: nothing has been asked of it for this long
const idleBytesMax = 40 * 1024 * 1024;
const readyMsMax = 200;

async function measureMemory(bench) {
  return bench.withHub({ destination: true }, async ({ server, path }) => {
    await sleep(settleMs);
    const idle = memory(server.pid);
    const load = await bench.load(server, path);
    return { idleBytes: idle.rssBytes, peakBytes: memory(server.pid).peakBytes, per_second: load.per_second };
  });
}

async function measureStarts(bench) {
  return bench.inDirectory(async (directory) => {
    const stub = await bench.stub();
    try {
      const hub = await bench.hubSetUp(directory, stub, { destination: true });
      const readyMs = [];
      for (let i = 0; i < starts; ++i) {
        const server = await hub.serve();
        readyMs.push(server.readyMs);
        await server.stop();
      }
      return readyMs;
    } finally {
      await stub.stop();
    }
  });
}

export async function measureFootprint(bench, progress) {
  try {
    progress.step("footprint: memory idle and under load");
    const held = await measureMemory(bench);
    progress.result(`${mebibytes(held.idleBytes)} MiB idle, ${mebibytes(held.peakBytes)} MiB at most`);
    progress.step(`footprint: ${starts} starts`);
    const readyMs = await measureStarts(bench);
    progress.result(`${median(readyMs).toFixed(0)} ms`);
    return { ...held, readyMs, checks: checksOf(held, readyMs), problems: {} };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    progress.result(`not measured: ${error.message}`);
    return { checks: checksOf(), problems: { footprint: error.message } };
  }
}

function checksOf(held, readyMs) {
  const checks = [
    { title: "RSS idle, 3 s after ready", target: `< ${mebibytes(idleBytesMax)} MiB` },
    { title: "RSS at most, under the intake load", target: "" },
    { title: `ready after start, median of ${starts}`, target: `<= ${readyMsMax} ms` },
  ];
  if (!held) return checks;
  const ready = median(readyMs);
  const { idleBytes, peakBytes } = held;
  Object.assign(checks[0], { value: idleBytes, shown: `${mebibytes(idleBytes)} MiB`, met: idleBytes < idleBytesMax });
  Object.assign(checks[1], { value: peakBytes, shown: `${mebibytes(peakBytes)} MiB` });
  Object.assign(checks[2], { value: ready, shown: `${ready.toFixed(0)} ms`, met: ready <= readyMsMax });
  return checks;
}
