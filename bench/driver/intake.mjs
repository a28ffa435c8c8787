// Durable intake on SQLite: accepted deliveries per second and the latency of the answer, 64 connections in a closed loop.
import { acceptedTable, fastest, measureRounds, mediansOf, ratioChecks } from "./rounds.mjs";

async function loadServer(bench, server) {
  try {
    return await bench.load(server, "/hooks/loop");
  } finally {
    await server.stop();
  }
}

const loadReference = (commit) => (bench) =>
  bench.withNodeReference({ commit }, ({ server, path }) => bench.load(server, path));

const loadHub = (setUp) => (bench) =>
  bench.withHub(setUp, ({ server, path }) => bench.load(server, path));

const contenders = [
  {
    name: "bare_inline",
    title: "(a) hub's server, no store, answered at once",
    measure: async (bench) => loadServer(bench, await bench.bareServer("inline")),
  },
  {
    name: "bare_batched",
    title: "(a) hub's server, no store, answered in batches",
    measure: async (bench) => loadServer(bench, await bench.bareServer("batched")),
  },
  {
    name: "raw",
    title: "(b) raw SQLite inserts, 64 to a commit",
    raw: true,
    measure: (bench) => bench.inDirectory((directory) => bench.rawInserts(directory)),
  },
  { name: "node_each", title: "(c) Node reference, one commit each", measure: loadReference("each") },
  { name: "node_group", title: "(c) Node reference, group commit", measure: loadReference("group") },
  {
    name: "minimal",
    title: "(d) minimal C++ server",
    absent: (bench) => (bench.hasMinimalServer() ? "" : "bench_minimal is not built"),
    measure: (bench) =>
      bench.withServer((directory) => bench.minimalServer(directory), ({ server, path }) => bench.load(server, path)),
  },
  { name: "hub", title: "Backhaul, intake alone", measure: loadHub({ destination: false }) },
  { name: "hub_whole", title: "Backhaul, workflow and dispatch busy", measure: loadHub({ destination: true }) },
];

const targets = [
  { title: "intake / Node, one commit each", at_least: 6, of: (round) => [round.hub, round.node_each] },
  { title: "intake / Node, group commit", at_least: 1.3, of: (round) => [round.hub, round.node_group] },
  { title: "intake / minimal C++ server", at_least: 0.8, of: (round) => [round.hub, round.minimal] },
  { title: "intake / lower of (a) and (b)", at_least: 0.7, of: (round) => [round.hub, lowerCeiling(round)] },
];

// (a) is the better of its two forms: a ceiling should not be lowered by the way its answers happen to be scheduled.
function lowerCeiling({ bare_inline, bare_batched, raw }) {
  const bare = fastest(bare_inline, bare_batched);
  if (!bare || !raw) return undefined;
  return bare.per_second < raw.per_second ? bare : raw;
}

export async function measureIntake(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "intake", contenders);
  const medians = mediansOf(rounds, contenders, ["per_second", "p50_us", "p99_us", "max_us"]);
  return { rounds, medians, checks: ratioChecks(rounds, targets), problems };
}

export const intakeTable = (intake) => acceptedTable("durable intake, 64 connections", contenders, intake);
