// The answer's latency at loads that are offered whether or not the hub keeps up, while RMAs are being made.
import { count, milliseconds, table } from "./report.mjs";
import { measureRounds, mediansOf, refusedCheck } from "./rounds.mjs";

const rates = [1_000, 5_000, 10_000, 20_000];
const contenders = rates.map((rate) => ({
  name: `at_${rate}`,
  title: `${count(rate)} deliveries/s`,
  measure: (bench) =>
    bench.withHub({ destination: true }, ({ server, path }) => bench.load(server, path, { rate, connections: 256 })),
}));

export async function measureFixedLoad(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "latency at fixed load", contenders);
  const figures = ["per_second", "p50_us", "p90_us", "p99_us", "max_us", "send_late_p99_us"];
  const checks = [refusedCheck("deliveries not accepted at fixed loads", rounds)];
  return { rounds, medians: mediansOf(rounds, contenders, figures), checks, problems };
}

export function fixedLoadTable({ medians }) {
  const columns = ["p50_us", "p90_us", "p99_us", "max_us", "send_late_p99_us"];
  const rows = contenders.map(({ name, title }) => {
    const figures = medians[name];
    return figures ? [title, count(figures.per_second), ...columns.map((key) => milliseconds(figures[key]))] : [title, "not measured"];
  });
  return table(["latency at fixed load", "accepted/s", "p50 ms", "p90 ms", "p99 ms", "longest ms", "sent late p99 ms"], rows);
}
