// Durable intake by the number of connections, on SQLite and on PostgreSQL.
import { count, milliseconds, table } from "./report.mjs";
import { measureRounds, mediansOf, refusedCheck } from "./rounds.mjs";

const connections = [1, 16, 64, 256];
const stores = [
  { name: "sqlite", title: "SQLite", run: (bench, work) => bench.withHub({ destination: false }, work) },
  {
    name: "postgres",
    title: "PostgreSQL",
    run: (bench, work) => bench.inDatabase((postgres) => bench.withHub({ destination: false, postgres }, work)),
  },
];

const contenders = stores.flatMap((store) =>
  connections.map((number) => ({
    name: `${store.name}_${number}`,
    title: `${store.title}, ${number} connection${number === 1 ? "" : "s"}`,
    measure: (bench) => store.run(bench, ({ server, path }) => bench.load(server, path, { connections: number })),
  })),
);

export async function measureConnections(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "intake by connections", contenders);
  const checks = [refusedCheck("deliveries not accepted, all together", rounds)];
  return { rounds, medians: mediansOf(rounds, contenders, ["per_second", "p50_us", "p99_us", "max_us"]), checks, problems };
}

export function connectionsTable({ medians }) {
  const rows = contenders.map(({ name, title }) => {
    const figures = medians[name];
    if (!figures) return [title, "not measured"];
    return [title, count(figures.per_second), ...["p50_us", "p99_us", "max_us"].map((key) => milliseconds(figures[key]))];
  });
  return table(["durable intake", "accepted/s", "p50 ms", "p99 ms", "longest ms"], rows);
}
