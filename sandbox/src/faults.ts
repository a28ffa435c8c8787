// Faults every vendor shares. Each rate is drawn at most once per request and at most one fault happens to a request,
// so that a test can count them in the request log.
import type { World } from "./world.ts";

export interface CommonFaults {
  /** Real milliseconds added to every matching request. */
  latency_ms: number;
  /** Rate: answer 500, nothing done. */
  error_500: number;
  /** Rate: the effect happens, the answer is a 500. */
  error_500_after_commit: number;
  /** Rate: the effect happens, the socket is held open for `stall_ms` and destroyed without an answer. */
  timeout_after_commit: number;
  stall_ms: number;
  /** Rate: the socket is destroyed, nothing done. */
  drop_before: number;
  /** Rate: answer 429, nothing done. */
  rate_limit_429: number;
  /** Rate: the effect happens, the answer is 200 with something that is not JSON. */
  garbage_body: number;
  /** Names of operations the switches above apply to; empty = all. */
  only: string[];
}

export function default_common_faults(): CommonFaults {
  return {
    latency_ms: 0, error_500: 0, error_500_after_commit: 0, timeout_after_commit: 0, stall_ms: 5000,
    drop_before: 0, rate_limit_429: 0, garbage_body: 0, only: [],
  };
}

export type Fault =
  | "drop_before" | "rate_limit_429" | "error_500"
  | "error_500_after_commit" | "timeout_after_commit" | "garbage_body";

export const garbage = '{"data": <html><body>upstream connect error';

const in_order: Fault[] = [
  "drop_before", "rate_limit_429", "error_500", "error_500_after_commit", "timeout_after_commit", "garbage_body",
];

/** The fault this request suffers, or null. Ask exactly once per request. */
export function draw_fault(world: World, faults: CommonFaults, operation: string): Fault | null {
  if (!applies_to(faults, operation)) return null;
  for (const fault of in_order) {
    if (faults[fault] > 0 && world.random() < faults[fault]) return fault;
  }
  return null;
}

/** Waits out `latency_ms` if it applies to this operation. */
export async function suffer_latency(faults: CommonFaults, operation: string): Promise<void> {
  if (faults.latency_ms > 0 && applies_to(faults, operation)) {
    await new Promise((resolve) => setTimeout(resolve, faults.latency_ms));
  }
}

function applies_to(faults: CommonFaults, operation: string): boolean {
  return faults.only.length === 0 || faults.only.includes(operation);
}
