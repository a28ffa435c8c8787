// Whole returns: from deliveries to RMAs made at the warehouse, as fast as it goes. Each contender is measured in two ways: while
// deliveries keep coming, and by a burst that it has to work off.
import { join } from "node:path";
import { deliveries, firstSent, forget, rmasMade, times, untilMade } from "./ledger.mjs";
import { BenchError, sleep } from "./processes.mjs";
import { count, median, table } from "./report.mjs";
import { measureRounds, mediansOf, noneCheck, ratioChecks, refusals } from "./rounds.mjs";

const warmupMs = 1_000; // the load generator's second that is not counted
// Before a burst: everyone's connections are then open, and what compiles itself while it runs has done so.
const warmUp = { count: 2_000, firstId: 9_500_000_001 };
const lateMs = 1_000; // for RMAs that should not come any more
const tenthMin = 100; // RMAs; fewer say nothing of a rate

const servers = [
  { name: "hub", title: "Backhaul on SQLite", run: (bench, work) => bench.withHub({ destination: true }, work) },
  {
    name: "hub_postgres",
    title: "Backhaul on PostgreSQL",
    run: (bench, work) => bench.inDatabase((postgres) => bench.withHub({ destination: true, postgres }, work)),
  },
  {
    name: "node",
    title: "Node reference on SQLite, group commit",
    run: (bench, work) => bench.withNodeReference({ warehouse: true }, work),
  },
  {
    name: "node_postgres",
    title: "Node reference on PostgreSQL",
    run: (bench, work) => bench.inDatabase((postgres) => bench.withNodeReference({ warehouse: true, postgres }, work)),
  },
  {
    name: "minimal",
    title: "minimal C++ server on SQLite",
    absent: (bench) => (bench.hasMinimalServer() ? "" : "bench_minimal is not built"),
    run: (bench, work) =>
      bench.withServer((directory, stub) => bench.minimalServer(directory, { warehouse: `${stub.url}/shiphero` }), work),
  },
];

// (a) RMAs per second while 64 connections keep delivering.
async function keepComing(bench, { server, stub, path }) {
  const watch = async () => {
    await sleep(warmupMs);
    return { made: await rmasMade(stub), at: performance.now() };
  };
  const [load, before] = await Promise.all([bench.load(server, path), watch()]);
  const made = (await rmasMade(stub)) - before.made;
  const seconds = (performance.now() - before.at) / 1000;
  return { per_second: made / seconds, accepted_per_second: load.per_second, not_accepted: refusals(load) };
}

// RMAs per second in each tenth of those that were left when the last delivery had been answered; none when few were left.
function tenths(arrivals, answered) {
  const left = arrivals.filter((at) => at > answered);
  const size = Math.floor(left.length / 10);
  if (size < tenthMin) return [];
  return Array.from({ length: 10 }, (_, i) => {
    const from = i === 0 ? answered : left[i * size - 1];
    return (size * 1e9) / (left[(i + 1) * size - 1] - from);
  });
}

// (b) A burst as fast as it is taken; the rate counts from the first delivery to the last RMA.
async function drain(bench, { server, stub, directory, path }) {
  const file = join(directory, "times");
  const warm = await bench.sendBurst(server, path, warmUp.count, { firstId: warmUp.firstId });
  await untilMade(stub, warm.accepted);
  await forget(stub);
  const load = await bench.sendBurst(server, path, bench.burst, { times: file });
  const sent = deliveries(file);
  const taken = sent.filter(({ answered }) => answered > 0);
  await untilMade(stub, load.accepted);
  await sleep(lateMs);
  const seen = await times(stub);
  const arrivals = Object.values(seen.return_create).sort((a, b) => a - b);
  if (arrivals.length === 0) throw new BenchError("no RMA was made");
  const first = firstSent(sent);
  const answered = taken.reduce((last, delivery) => Math.max(last, delivery.answered), 0);
  return {
    per_second: (arrivals.length * 1e9) / (arrivals.at(-1) - first),
    burst: load.accepted,
    taken_s: (answered - first) / 1e9,
    drained_s: (arrivals.at(-1) - first) / 1e9,
    tenths_per_second: tenths(arrivals, answered),
    missing: taken.filter(({ id }) => !(id in seen.return_create)).length,
    repeated: seen.return_create_repeated,
    not_accepted: refusals(load),
    calls: seen.calls,
  };
}

const ways = [
  { name: "keep_coming", title: "deliveries keep coming", measure: keepComing },
  { name: "drain", title: "a burst, drained", measure: drain },
];

const contenders = servers.flatMap(({ name, title, absent, run }) =>
  ways.map((way) => ({
    name: `${name}_${way.name}`,
    title: `${title}, ${way.title}`,
    absent,
    measure: (bench) => run(bench, (running) => way.measure(bench, running)),
  })),
);

const compared = (ours, theirs) => (round) => [round[ours], round[theirs]];
const targets = [
  { title: "completions / minimal C++, drain", at_least: 0.6, of: compared("hub_drain", "minimal_drain") },
  { title: "completions / Node on SQLite, drain", at_least: 2.5, of: compared("hub_drain", "node_drain") },
  {
    title: "completions / Node on SQLite, deliveries keep coming",
    at_least: 6,
    of: compared("hub_keep_coming", "node_keep_coming"),
  },
  {
    title: "completions on PostgreSQL / Node on PostgreSQL, drain",
    at_least: 3,
    of: compared("hub_postgres_drain", "node_postgres_drain"),
  },
];

export async function measureCompletions(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "completions", contenders);
  const of = (way) => contenders.filter(({ name }) => name.endsWith(way));
  const medians = {
    ...mediansOf(rounds, of("_drain"), ["per_second", "burst", "taken_s", "drained_s"]),
    ...mediansOf(rounds, of("_keep_coming"), ["per_second", "accepted_per_second"]),
  };
  return { rounds, medians, checks: [...ratioChecks(rounds, targets), ...lossChecks(rounds)], problems };
}

// A delivery without an RMA must not make its contender look good, whoever that is.
function lossChecks(rounds) {
  const drains = rounds.flatMap((round) => servers.map(({ name }) => round[`${name}_drain`]).filter(Boolean));
  return [
    noneCheck("drained: deliveries without an RMA, all together", drains, "missing"),
    noneCheck("drained: RMAs made twice", drains, "repeated"),
  ];
}

// How evenly a drain went: its slowest tenth as a share of its fastest, in the middle round.
function evenness(rounds, name) {
  const shares = rounds
    .map((round) => round[name]?.tenths_per_second ?? [])
    .filter((rates) => rates.length > 0)
    .map((rates) => Math.min(...rates) / Math.max(...rates));
  return shares.length === 0 ? "" : `${(100 * median(shares)).toFixed(0)} %`;
}

export function completionsTable({ medians, rounds }) {
  const head = ["completions", "drained/s", "taken in s", "done in s", "slowest tenth", "meanwhile RMAs/s", "accepted/s"];
  const rows = servers.map(({ name, title }) => {
    const [drained, coming] = [medians[`${name}_drain`], medians[`${name}_keep_coming`]];
    if (!drained && !coming) return [title, "not measured"];
    const seconds = (value) => value.toFixed(2);
    return [
      title,
      ...(drained ? [count(drained.per_second), seconds(drained.taken_s), seconds(drained.drained_s)] : ["not measured", "", ""]),
      evenness(rounds, `${name}_drain`),
      ...(coming ? [count(coming.per_second), count(coming.accepted_per_second)] : ["not measured", ""]),
    ];
  });
  return table(head, rows);
}
