// Durable intake: accepted deliveries per second and the latency of the answer, 64 connections in a closed loop.
import { BenchError } from "./processes.mjs";
import { count, median, medians, milliseconds, table } from "./report.mjs";

async function loadServer(bench, server, path) {
  try {
    return await bench.load(server, path);
  } finally {
    await server.stop();
  }
}

const contenders = [
  {
    name: "bare_inline",
    title: "(a) hub's server, no store, answered at once",
    measure: async (bench) => loadServer(bench, await bench.bareServer("inline"), "/hooks/loop"),
  },
  {
    name: "bare_batched",
    title: "(a) hub's server, no store, answered in batches",
    measure: async (bench) => loadServer(bench, await bench.bareServer("batched"), "/hooks/loop"),
  },
  {
    name: "raw",
    title: "(b) raw SQLite inserts, 64 to a commit",
    measure: (bench) => bench.inDirectory((directory) => bench.rawInserts(directory)),
  },
  {
    name: "node_each",
    title: "(c) Node reference, one commit each",
    measure: (bench) =>
      bench.inDirectory(async (directory) =>
        loadServer(bench, await bench.nodeReference(directory, "each"), "/hooks/loop"),
      ),
  },
  {
    name: "node_group",
    title: "(c) Node reference, group commit",
    measure: (bench) =>
      bench.inDirectory(async (directory) =>
        loadServer(bench, await bench.nodeReference(directory, "group"), "/hooks/loop"),
      ),
  },
  {
    name: "hub",
    title: "Backhaul, intake alone",
    measure: (bench) =>
      bench.withHub({ destination: false }, ({ server, inboundPath }) => bench.load(server, inboundPath)),
  },
  {
    name: "hub_whole",
    title: "Backhaul, workflow and dispatch busy",
    measure: (bench) =>
      bench.withHub({ destination: true }, ({ server, inboundPath }) => bench.load(server, inboundPath)),
  },
];

const targets = [
  { title: "intake / Node, one commit each", at_least: 6, of: (round) => [round.hub, round.node_each] },
  { title: "intake / Node, group commit", at_least: 1.3, of: (round) => [round.hub, round.node_group] },
  {
    title: "intake / lower of (a) and (b)",
    at_least: 0.7,
    of: (round) => [round.hub, lowerCeiling(round)],
  },
];

const slower = (a, b) => (a.per_second < b.per_second ? a : b);
const faster = (a, b) => (a.per_second < b.per_second ? b : a);

// (a) is the better of its two forms: a ceiling should not be lowered by the way its answers happen to be scheduled.
function lowerCeiling({ bare_inline, bare_batched, raw }) {
  if (!bare_inline || !bare_batched || !raw) return undefined;
  return slower(faster(bare_inline, bare_batched), raw);
}

// Each round starts with another contender, so that none always has the disk as its predecessor left it.
const rotated = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

export async function measureIntake(bench, progress) {
  const rounds = [];
  const problems = new Map();
  for (let i = 0; i < bench.rounds; ++i) {
    const round = {};
    for (const contender of rotated(contenders, i)) {
      if (problems.has(contender.name)) continue;
      progress.step(`intake, round ${i + 1} of ${bench.rounds}: ${contender.title}`);
      try {
        round[contender.name] = await contender.measure(bench);
        progress.result(`${count(round[contender.name].per_second)}/s`);
      } catch (error) {
        if (!(error instanceof BenchError)) throw error;
        problems.set(contender.name, error.message);
        progress.result(`not measured: ${error.message}`);
      }
    }
    rounds.push(round);
  }
  return { rounds, medians: mediansOf(rounds), checks: checksOf(rounds), problems: Object.fromEntries(problems) };
}

function mediansOf(rounds) {
  const result = {};
  for (const { name } of contenders) {
    const measured = rounds.map((round) => round[name]).filter(Boolean);
    if (measured.length > 0) result[name] = medians(measured, ["per_second", "p50_us", "p99_us", "max_us"]);
  }
  return result;
}

// The ratio is taken within each round, where both sides met the same machine; the median of those is judged.
function checksOf(rounds) {
  return targets.map(({ title, at_least, of }) => {
    const pairs = rounds.map(of).filter(([ours, theirs]) => ours && theirs);
    if (pairs.length === 0) return { title, target: `>= ${at_least}` };
    const ratio = median(pairs.map(([ours, theirs]) => ours.per_second / theirs.per_second));
    return { title, value: ratio, shown: ratio.toFixed(2), target: `>= ${at_least}`, met: ratio >= at_least };
  });
}

export function intakeTable(intake) {
  const rows = contenders.map(({ name, title }) => {
    const figures = intake.medians[name];
    if (!figures) return [title, "not measured"];
    const refused = intake.rounds.reduce((sum, round) => sum + refusals(round[name]), 0);
    return [
      title,
      count(figures.per_second),
      milliseconds(figures.p50_us),
      milliseconds(figures.p99_us),
      name === "raw" ? "" : count(refused),
    ];
  });
  return table(["durable intake, 64 connections", "accepted/s", "p50 ms", "p99 ms", "not accepted"], rows);
}

function refusals(result) {
  if (!result?.other_statuses) return 0;
  return result.unanswered + Object.values(result.other_statuses).reduce((sum, n) => sum + n, 0);
}
