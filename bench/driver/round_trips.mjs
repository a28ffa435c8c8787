// Whole returns, there and back: delivery, RMA made, received at the warehouse, process asked for, closed at the source and read
// to be. The stub vendors say by deliveries of their own what happened there, as the real ones do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deliveryBody, secret } from "./bench.mjs";
import { deliveries, forget, goOn, notices, times, untilClosed } from "./ledger.mjs";
import { BenchError, sleep } from "./processes.mjs";
import { count, median, table } from "./report.mjs";
import { measureRounds, mediansOf, refusals } from "./rounds.mjs";

const noticeAfterMs = 500; // from what happened to its delivery
const warmUp = { count: 500, firstId: 9_500_000_001 };
const looked = 1_000; // of the hub's own list, the newest
const recordedWithinMs = 10_000;
const finished = "processed, and closed at the source";

const contenders = [
  { name: "hub", title: "Backhaul on SQLite", measure: (bench) => bench.withHub({ destination: true }, (hub) => measureOne(bench, hub)) },
  {
    name: "hub_postgres",
    title: "Backhaul on PostgreSQL",
    measure: (bench) =>
      bench.inDatabase((postgres) => bench.withHub({ destination: true, postgres }, (hub) => measureOne(bench, hub))),
  },
];

// What the warehouse says when it has received everything, and Loop when it has processed: a change, and the closing.
function course({ server, hub }) {
  const created = readFileSync(deliveryBody, "utf8");
  const closed = created.replace('"state":"open"', '"state":"closed"');
  const loop = (trigger) => ({
    path: hub.inbound.loop,
    signature_header: "X-Loop-Signature",
    secret,
    body: closed.replace('"trigger":"return.created"', `"trigger":"${trigger}"`),
  });
  const received = {
    path: hub.inbound.shiphero,
    signature_header: "x-shiphero-hmac-sha256",
    secret,
    body: readFileSync(join(import.meta.dirname, "../payloads/shiphero-return-update.json"), "utf8").trim(),
  };
  return {
    port: Number(new URL(server.url).port),
    delay_ms: noticeAfterMs,
    received: [received],
    processed: [loop("return.updated"), loop("return.closed")],
  };
}

async function measureOne(bench, running) {
  const { server, stub, directory, path } = running;
  await goOn(stub, course(running));
  const warm = await bench.sendBurst(server, path, warmUp.count, { firstId: warmUp.firstId });
  await untilClosed(stub, warm.accepted);
  await forget(stub);
  const before = await notices(stub);
  const file = join(directory, "times");
  const load = await bench.sendBurst(server, path, bench.burst, { times: file });
  await untilClosed(stub, load.accepted);
  const told = await toldOf(stub, before);
  const { unrecorded } = await listed(running.hub, load);
  return { ...figures(await times(stub), deliveries(file)), ...told, unrecorded, not_accepted: refusals(load) };
}

function figures(seen, sent) {
  const taken = sent.filter(({ answered }) => answered > 0);
  const first = Math.min(...sent.slice(0, 64).map((delivery) => delivery.sent));
  const sorted = (by) => Object.values(by).sort((a, b) => a - b);
  const [made, processed, closed] = [sorted(seen.return_create), sorted(seen.process), sorted(seen.closed)];
  if (closed.length === 0) throw new BenchError(`none of ${taken.length} returns came to its end`);
  const seconds = (last) => (last - first) / 1e9;
  return {
    per_second: closed.length / seconds(closed.at(-1)),
    made_s: seconds(made.at(-1)),
    processed_s: seconds(processed.at(-1)),
    done_s: seconds(closed.at(-1)),
    missing: taken.filter(({ id }) => !(id in seen.closed)).length,
    repeated: seen.return_create_repeated + seen.process_repeated,
    calls: seen.calls,
    calls_per_return: Object.values(seen.calls).reduce((sum, n) => sum + n, 0) / taken.length,
  };
}

async function toldOf(stub, before) {
  const after = await notices(stub);
  return { notices: after.accepted - before.accepted, notices_again: after.sent_again - before.sent_again };
}

// What the hub itself says of the newest: they must be recorded as done, not only at their end by the vendors' books. The last
// reads are still to be folded in when the vendors have answered them.
async function listed(hub, { accepted }) {
  let unrecorded;
  for (const end = performance.now() + recordedWithinMs; performance.now() < end; await sleep(250)) {
    const rows = JSON.parse(await hub.verb("--json", "returns", "list", "--limit", String(looked)));
    unrecorded = Math.min(looked, accepted) - rows.filter(({ stage }) => stage === finished).length;
    if (unrecorded === 0) break;
  }
  return { unrecorded };
}

export async function measureRoundTrips(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "round trips", contenders);
  const medians = mediansOf(rounds, contenders, ["per_second", "made_s", "processed_s", "done_s", "calls_per_return"]);
  return { rounds, medians, checks: checksOf(rounds), problems };
}

function checksOf(rounds) {
  const all = rounds.flatMap(Object.values);
  const none = (title, name) => {
    if (all.length === 0) return { title, target: "0" };
    const sum = all.reduce((total, one) => total + one[name], 0);
    return { title, value: sum, shown: count(sum), target: "0", met: sum === 0 };
  };
  return [
    none("round trips: returns accepted and not processed and closed", "missing"),
    none("round trips: RMAs made twice, processes asked for twice", "repeated"),
    none(`round trips: of the newest ${count(looked)}, not recorded as done`, "unrecorded"),
  ];
}

export function roundTripsTable({ medians, rounds }) {
  const rows = contenders.map(({ name, title }) => {
    const one = medians[name];
    if (!one) return [title, "not measured"];
    const told = median(rounds.map((round) => round[name]).filter(Boolean).map((round) => round.notices_again));
    const seconds = [one.made_s, one.processed_s, one.done_s].map((value) => value.toFixed(2));
    return [title, count(one.per_second), ...seconds, one.calls_per_return.toFixed(1), count(told)];
  });
  const head = ["round trips", "returns/s", "RMAs made in s", "processed in s", "closed and read in s", "calls each", "sent again"];
  return table(head, rows);
}
