// Durable intake on PostgreSQL: accepted deliveries per second, 64 connections in a closed loop, beside the Node reference and
// what the server can take.
import { pgbenchInserts } from "./pgbench.mjs";
import { acceptedTable, fastest, measureRounds, mediansOf, ratioChecks } from "./rounds.mjs";

// 64 connections never have more than 64 deliveries waiting. The hub has one transaction of deliveries under way and puts into it
// all that waited, so that is its batch; two of half the size may suit a server better.
const inserts = (clients, batch) => async (bench) =>
  pgbenchInserts(bench, await bench.postgres(), { clients, batch, seconds: bench.seconds });

const contenders = [
  { name: "pgbench_one", title: "pgbench, 1 session, 64 rows to a commit", raw: true, measure: inserts(1, 64) },
  { name: "pgbench_two", title: "pgbench, 2 sessions, 32 rows to a commit", raw: true, measure: inserts(2, 32) },
  {
    name: "node",
    title: "Node reference on PostgreSQL, group commit",
    measure: (bench) =>
      bench.inDatabase((postgres) =>
        bench.withNodeReference({ postgres }, ({ server, path }) => bench.load(server, path)),
      ),
  },
  {
    name: "hub",
    title: "Backhaul on PostgreSQL, intake alone",
    measure: (bench) =>
      bench.inDatabase((postgres) =>
        bench.withHub({ destination: false, postgres }, ({ server, path }) => bench.load(server, path)),
      ),
  },
];

const targets = [
  { title: "intake on PostgreSQL / Node on PostgreSQL", at_least: 2.5, of: (round) => [round.hub, round.node] },
  {
    title: "intake on PostgreSQL / pgbench",
    at_least: 0.7,
    of: (round) => [round.hub, fastest(round.pgbench_one, round.pgbench_two)],
  },
];

export async function measureIntakePostgres(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "intake on PostgreSQL", contenders);
  const medians = mediansOf(rounds, contenders, ["per_second", "p50_us", "p99_us", "max_us"]);
  return { rounds, medians, checks: ratioChecks(rounds, targets), problems };
}

export const intakePostgresTable = (intake) =>
  acceptedTable("durable intake on PostgreSQL, 64 connections", contenders, intake);
