// From a delivery to the RMA request reaching the warehouse, at 200 returns a second, the whole hub working.
import { join } from "node:path";
import { arrivedIn, deliveries } from "./ledger.mjs";
import { BenchError } from "./processes.mjs";
import { median, milliseconds } from "./report.mjs";

const rate = 200;
const targets = { p50_us: 2_000, p99_us: 8_000 };

async function measureOnce(bench) {
  return bench.withHub({ destination: true }, async ({ server, stub, directory, path }) => {
    const file = join(directory, "times");
    const load = await bench.load(server, path, { rate, times: file });
    return { load, ...(await arrivedIn(stub, deliveries(file))) };
  });
}

export async function measureLatency(bench, progress) {
  const rounds = [];
  try {
    for (let i = 0; i < bench.rounds; ++i) {
      progress.step(`RMA latency at ${rate}/s, round ${i + 1} of ${bench.rounds}`);
      const round = await measureOnce(bench);
      rounds.push(round);
      progress.result(`p50 ${milliseconds(round.p50_us)} ms, p99 ${milliseconds(round.p99_us)} ms`);
    }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    progress.result(`not measured: ${error.message}`);
    return { rounds, checks: checksOf([]), problems: { latency: error.message } };
  }
  return { rounds, checks: checksOf(rounds), problems: {} };
}

function checksOf(rounds) {
  const at = (name) => median(rounds.map((round) => round[name]));
  const row = (title, name) => {
    const target = targets[name];
    const base = { title, target: target ? `<= ${milliseconds(target)} ms` : "" };
    if (rounds.length === 0) return base;
    const value = at(name);
    // A return whose RMA never came has no latency; it must not make the others look good.
    const lost = rounds.some((round) => round.missing > 0);
    const met = target ? { met: !lost && value <= target } : {};
    return { ...base, value, shown: `${milliseconds(value)} ms`, ...met };
  };
  const total = (name) => rounds.reduce((sum, round) => sum + round[name], 0);
  const none = (title, name) => {
    if (rounds.length === 0) return { title, target: "0" };
    return { title, value: total(name), shown: String(total(name)), target: "0", met: total(name) === 0 };
  };
  return [
    row("delivery sent -> RMA request arrives, p50", "p50_us"),
    row("delivery sent -> RMA request arrives, p99", "p99_us"),
    row("delivery answered -> RMA request arrives, p50", "answered_p50_us"),
    row("delivery answered -> RMA request arrives, p99", "answered_p99_us"),
    none("returns without an RMA request after 10 s", "missing"),
    none("RMA requests sent twice", "repeated"),
  ];
}
