// Whole returns, there and back: delivery, RMA made, received at the warehouse, process asked for, closed at the source and read
// to be. The stub vendors say by deliveries of their own what happened there, as the real ones do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deliveryBody, secret } from "./bench.mjs";
import { deliveries, firstSent, forget, goOn, notices, reached, times, untilClosed } from "./ledger.mjs";
import { BenchError, sleep } from "./processes.mjs";
import { count, table } from "./report.mjs";
import { measureRounds, mediansOf, noneCheck, refusedCheck } from "./rounds.mjs";

const noticeAfterMs = 500; // from what happened to its delivery
const warmUp = { count: 500, firstId: 9_500_000_001 };
const looked = 1_000; // of the hub's own list, the newest
const noticesEach = 3; // the receipt, the change and the closing
const recordedWithinMs = 10_000;
const doubledWithinMs = 2_000; // a second RMA or process would come soon after the first
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

function replaced(text, old, by) {
  if (!text.includes(old)) throw new BenchError(`${deliveryBody} has no ${old}`);
  return text.replace(old, by);
}

// What the warehouse says when it has received everything, and Loop when it has processed: a change, and the closing.
function course({ server, hub }) {
  const closed = replaced(readFileSync(deliveryBody, "utf8"), '"state":"open"', '"state":"closed"');
  const loop = (trigger) => ({
    path: hub.inbound.loop,
    signature_header: "X-Loop-Signature",
    secret,
    body: replaced(closed, '"trigger":"return.created"', `"trigger":"${trigger}"`),
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
  const { server, stub, directory, path, hub } = running;
  await goOn(stub, course(running));
  await finish(stub, await bench.sendBurst(server, path, warmUp.count, { firstId: warmUp.firstId }), noticesEach * warmUp.count);
  await forget(stub);
  const before = await notices(stub);
  const file = join(directory, "times");
  const load = await bench.sendBurst(server, path, bench.burst, { times: file });
  const told = before.accepted + noticesEach * load.accepted;
  await untilClosed(stub, load.accepted);
  const unrecorded = await listed(hub, load.accepted);
  const unheard = told - (await heard(stub, told));
  const sent_again = (await notices(stub)).sent_again - before.sent_again;
  await sleep(doubledWithinMs);
  return { ...figures(await times(stub), deliveries(file)), unrecorded, unheard, sent_again, ...pick(load) };
}

const pick = ({ accepted, other_statuses, unanswered }) => ({ accepted, other_statuses, unanswered });

// The warm-up must be over, or its end would count as the burst's.
async function finish(stub, { accepted }, told) {
  await untilClosed(stub, accepted);
  const { closed } = await reached(stub);
  if (closed < accepted || (await heard(stub, told)) < told) throw new BenchError(`the warm-up came to ${closed} of ${accepted} ends`);
}

// How many of the vendors' deliveries the hub has taken; waits for those still to come.
async function heard(stub, expected) {
  let { accepted } = await notices(stub);
  for (const end = performance.now() + recordedWithinMs; accepted < expected && performance.now() < end; await sleep(250))
    ({ accepted } = await notices(stub));
  return accepted;
}

// All of the burst only, by their ids.
function figures(seen, sent) {
  const ids = sent.filter(({ answered }) => answered > 0).map(({ id }) => id);
  const first = firstSent(sent);
  const seconds = (by) => (ids.reduce((last, id) => Math.max(last, by[id] ?? 0), first) - first) / 1e9;
  const ended = ids.filter((id) => id in seen.return_create && id in seen.process && id in seen.closed);
  if (ended.length === 0) throw new BenchError(`none of ${ids.length} returns came to its end`);
  return {
    per_second: ended.length / seconds(seen.closed),
    made_s: seconds(seen.return_create),
    processed_s: seconds(seen.process),
    done_s: seconds(seen.closed),
    missing: ids.length - ended.length,
    repeated: seen.return_create_repeated + seen.process_repeated,
    calls: seen.calls,
    calls_per_return: Object.values(seen.calls).reduce((sum, n) => sum + n, 0) / ids.length,
  };
}

// How many of the newest the hub itself has not recorded as done: they must not be at their end by the vendors' books only. The
// last reads are still to be folded in when the vendors have answered them.
async function listed(hub, accepted) {
  const newest = Math.min(looked, accepted);
  let unrecorded = newest;
  for (const end = performance.now() + recordedWithinMs; unrecorded > 0 && performance.now() < end; await sleep(250)) {
    const rows = JSON.parse(await hub.verb("--json", "returns", "list", "--limit", String(newest)));
    unrecorded = newest - rows.filter(({ stage }) => stage === finished).length;
  }
  return unrecorded;
}

export async function measureRoundTrips(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "round trips", contenders);
  const medians = mediansOf(rounds, contenders, ["per_second", "made_s", "processed_s", "done_s", "calls_per_return"]);
  return { rounds, medians, checks: checksOf(rounds), problems };
}

function checksOf(rounds) {
  const all = rounds.flatMap(Object.values);
  return [
    refusedCheck("round trips: deliveries not accepted", rounds),
    noneCheck("round trips: returns without an RMA, a process or an end", all, "missing"),
    noneCheck("round trips: RMAs made twice, processes asked for twice", all, "repeated"),
    noneCheck("round trips: vendors' deliveries that were not taken", all, "unheard"),
    noneCheck(`round trips: of the newest ${count(looked)}, not recorded as done`, all, "unrecorded"),
  ];
}

export function roundTripsTable({ medians, rounds }) {
  const rows = contenders.map(({ name, title }) => {
    const one = medians[name];
    if (!one) return [title, "not measured"];
    const again = rounds.reduce((sum, round) => sum + (round[name]?.sent_again ?? 0), 0);
    const seconds = [one.made_s, one.processed_s, one.done_s].map((value) => value.toFixed(2));
    return [title, count(one.per_second), ...seconds, one.calls_per_return.toFixed(1), count(again)];
  });
  const head = ["round trips", "returns/s", "RMAs made in s", "processed in s", "closed and read in s", "calls each", "sent again"];
  return table(head, rows);
}
