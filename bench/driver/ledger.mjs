// What the stub vendors noted, and what the load generator did.
import { readFileSync } from "node:fs";
import { BenchError, sleep } from "./processes.mjs";
import { percentile } from "./report.mjs";

const standstillMs = 15_000; // without an RMA, after which no more will come
const pollMs = 250;
const patienceMs = 10_000; // for RMA requests still to come when the last delivery was answered

async function ask(stub, path, method = "GET") {
  try {
    return await fetch(`${stub.url}${path}`, { method, signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    throw new BenchError(`asking the stub for ${path}: ${error.message}`);
  }
}

// {calls, return_create: id -> arrival, return_create_repeated}; CLOCK_MONOTONIC nanoseconds. Grows with the returns seen: ask
// for it when nothing is being measured.
export async function times(stub) {
  return (await ask(stub, "/_times")).json();
}

// How many RMAs were asked for so far. A stub without /_calls has its counts beside the arrivals only.
export async function rmasMade(stub) {
  let answer = await ask(stub, "/_calls");
  if (answer.status !== 200) answer = await ask(stub, "/_times");
  return (await answer.json()).calls["shiphero return_create"] ?? 0;
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

// Waits for the last RMA, as long as some are made.
export async function untilMade(stub, expected) {
  let made = -1;
  for (let changed = performance.now(); performance.now() - changed < standstillMs; await sleep(pollMs)) {
    const now = await rmasMade(stub);
    if (now >= expected) return;
    if (now !== made) changed = performance.now();
    made = now;
  }
}
