// What the stub vendors noted, and what the load generator did.
import { readFileSync } from "node:fs";
import { BenchError, sleep } from "./processes.mjs";
import { percentile } from "./report.mjs";

const standstillMs = 15_000; // without an RMA, a process or a closing read, after which no more will come
const pollMs = 250;
const patienceMs = 10_000; // for RMA requests still to come when the last delivery was answered

async function ask(stub, path, method = "GET", body = undefined) {
  try {
    return await fetch(`${stub.url}${path}`, { method, body, signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    throw new BenchError(`asking the stub for ${path}: ${error.message}`);
  }
}

// {calls, return_create: id -> arrival, return_create_repeated, and so on}; CLOCK_MONOTONIC nanoseconds. Grows with the returns seen: ask
// for it when nothing is being measured.
export async function times(stub) {
  return (await ask(stub, "/_times")).json();
}

// Of how many returns what was asked for: {returns (RMAs), processed, closed (and read to be)}.
export async function reached(stub) {
  return (await ask(stub, "/_calls")).json();
}

// How many RMAs were asked for so far.
export async function rmasMade(stub) {
  return (await reached(stub)).calls["shiphero return_create"] ?? 0;
}

// From now on the warehouse receives and Loop closes, and both say so; `course` as the stub's Course::go_on has it.
export async function goOn(stub, course) {
  const answer = await ask(stub, "/_go_on", "POST", JSON.stringify(course));
  if (answer.status !== 200) throw new BenchError(`the stub does not go on: ${await answer.text()}`);
}

// {accepted, sent_again}: the vendors' own deliveries.
export async function notices(stub) {
  const told = await (await ask(stub, "/_notices")).json();
  if (told.failed) throw new BenchError(`the vendors' deliveries stopped: ${told.failed}`);
  return told;
}

// Nothing was seen yet.
export async function forget(stub) {
  await ask(stub, "/_reset", "POST");
}

// Lines of "id due sent answered", on the same clock.
export function deliveries(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id, due, sent, answered] = line.split(" ");
      return { id, due: Number(due), sent: Number(sent), answered: Number(answered) };
    });
}

// When the first of them was sent: one of the first on each connection.
export const firstSent = (sent) => Math.min(...sent.slice(0, 64).map((delivery) => delivery.sent));

async function arrivals(stub, expected) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const seen = await times(stub);
    if (expected.every((id) => id in seen.return_create) || Date.now() > end) return seen;
    await sleep(200);
  }
}

// How long after their deliveries the RMA requests arrived; `sent` as `deliveries` gives them. Waits for those still to come.
export async function arrivedIn(stub, sent) {
  const taken = sent.filter(({ answered }) => answered > 0);
  const seen = await arrivals(stub, taken.map(({ id }) => id));
  const arrived = taken.filter(({ id }) => id in seen.return_create);
  const micros = (from) => arrived.map((one) => (seen.return_create[one.id] - one[from]) / 1000).sort((a, b) => a - b);
  const [fromSent, fromAnswered] = [micros("due"), micros("answered")];
  return {
    returns: taken.length,
    missing: taken.length - arrived.length,
    repeated: seen.return_create_repeated,
    calls: seen.calls,
    p50_us: percentile(fromSent, 0.5),
    p99_us: percentile(fromSent, 0.99),
    max_us: fromSent.at(-1),
    answered_p50_us: percentile(fromAnswered, 0.5),
    answered_p99_us: percentile(fromAnswered, 0.99),
  };
}

// Waits until what is reached is what is expected, as long as anything goes on.
async function until(stub, figure, expected) {
  let last = "";
  for (let changed = performance.now(); performance.now() - changed < standstillMs; await sleep(pollMs)) {
    const now = await reached(stub);
    if (now[figure] >= expected) return;
    const progress = `${now.returns} ${now.processed} ${now.closed}`;
    if (progress !== last) changed = performance.now();
    last = progress;
  }
}

// Waits for the last RMA.
export const untilMade = (stub, expected) => until(stub, "returns", expected);

// Waits until the hub has read of the last return that it is closed.
export const untilClosed = (stub, expected) => until(stub, "closed", expected);
