// What the stub vendors noted, and what the load generator did.
import { readFileSync } from "node:fs";
import { BenchError } from "./processes.mjs";

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
