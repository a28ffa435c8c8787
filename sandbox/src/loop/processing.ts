// The background queue: `process` is only accepted at once, and done later. What it finds then decides.
import type { World } from "../world.ts";
import { money } from "./json.ts";
import { overall_outcome, totals } from "./payloads.ts";
import { happened } from "./returns.ts";
import type { LoopReturn, QueuedProcess } from "./state.ts";
import { emit } from "./webhooks.ts";

export function is_queued(world: World, ret: LoopReturn): boolean {
  return world.loop.queue.some((q) => q.return_id === ret.id);
}

export function queue_process(world: World, ret: LoopReturn, source: QueuedProcess["source"]): void {
  const delay = world.faults.loop.process_delay_ms;
  const due_at = new Date(world.clock.now().getTime() + delay / world.clock.scale).toISOString();
  const queued: QueuedProcess = { return_id: ret.id, source, due_at };
  world.loop.queue.push(queued);
  const by = source === "admin" ? "admin" : source === null ? "loop" : "api";
  happened(world, ret, by, "Processing started");
  arm(world, queued, delay);
}

/** After a reset or load: what was queued is done at its time, or at once when that has passed. */
export function arm_queue(world: World): void {
  for (const queued of world.loop.queue) {
    const real_ms = Math.max(0, Date.parse(queued.due_at) - world.clock.now().getTime());
    arm(world, queued, real_ms * world.clock.scale);
  }
}

function arm(world: World, queued: QueuedProcess, ms: number): void {
  world.after(ms, () => {
    world.loop.queue = world.loop.queue.filter((q) => q !== queued);
    const ret = world.loop.returns[queued.return_id];
    if (ret) run(world, ret, queued.source);
  });
}

function run(world: World, ret: LoopReturn, source: QueuedProcess["source"]): void {
  const message = obstacle(world, ret, source);
  if (message === undefined) complete(world, ret, source);
  else fail(world, ret, message, source);
}

/** Why it cannot be done now, undefined when it can. The message itself may be null, as Loop's may. */
function obstacle(world: World, ret: LoopReturn, source: QueuedProcess["source"]): string | null | undefined {
  const { loop } = world.faults;
  const held = ret.flagged || ret.state === "review";
  const forbidden = ret.state === "closed" || ret.state === "cancelled" || (ret.state === "expired" && !loop.expired_allows);
  // A person in Loop Admin may process what is held; anyone else only if the shop allows it.
  if (forbidden || (held && source !== "admin" && !loop.allow_flagged_to_process)) {
    return `Return is ${ret.state} and therefore cannot be processed.`;
  }
  return should_fail(world, ret) ? loop.process_failure_message : undefined;
}

export function should_fail(world: World, ret: LoopReturn): boolean {
  const fails = world.faults.loop.process_fails;
  return Array.isArray(fails) ? fails.includes(ret.id) : fails > 0 && world.random() < fails;
}

/** Carries out the outcomes: this is where money moves, and the books say so exactly once per return. */
export function complete(world: World, ret: LoopReturn, source: QueuedProcess["source"]): void {
  const sums = totals(world, ret);
  const now = world.clock.now().toISOString();
  ret.state = "closed";
  ret.flagged = false;
  ret.closed_at = now;
  ret.processed_at = now;
  const parts = [
    sums.refund > 0 ? `refund $${money(sums.refund)}` : "",
    sums.credit > 0 ? `store credit $${money(sums.credit)}` : "",
    ret.lines.some((line) => line.outcome === "exchange") ? "exchange order made" : "",
  ].filter(Boolean);
  happened(world, ret, "loop", `Processed: ${parts.join(", ")}`);
  world.record({
    vendor: "loop", what: "process.completed", ref: ret.id,
    detail: { source, outcome: overall_outcome(ret), refund_minor: sums.refund, credit_minor: sums.credit, line_item_ids: ret.lines.map((l) => l.line_item_id) },
  });
  emit_closed(world, ret);
  if (world.faults.loop.restock_mode === "webhook") emit(world, { trigger: "restock.requested", ret });
  if (world.faults.loop.giftcard_mode === "third_party" && sums.credit > 0) emit(world, { trigger: "giftcard.requested", ret });
}

export function emit_closed(world: World, ret: LoopReturn): void {
  const order = ["return.updated", "return.closed"];
  if (world.faults.loop.close_order === "closed-first") order.reverse();
  for (const trigger of order) emit(world, { trigger, ret });
}

function fail(world: World, ret: LoopReturn, message: string | null, source: QueuedProcess["source"]): void {
  happened(world, ret, "loop", `Processing failed${message ? `: ${message}` : ""}`);
  world.record({ vendor: "loop", what: "process.failed", ref: ret.id, detail: { message, source } });
  emit(world, { trigger: "return.processing.failed", ret, failure: { message, source } });
}
