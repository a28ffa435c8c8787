// Return actions as the API offers them: who may do what in which state (contract sections 2.2 and 2.3).
import type { World } from "../world.ts";
import { complete, emit_closed, is_queued, queue_process, should_fail } from "./processing.ts";
import { accepted, refusal, state_refusal, type Reply } from "./refusals.ts";
import { happened } from "./returns.ts";
import type { Actor, LoopReturn } from "./state.ts";
import { emit } from "./webhooks.ts";

export function process_return(world: World, ret: LoopReturn, details: Record<string, unknown> | null): Reply {
  const { loop } = world.faults;
  const held = ret.flagged || ret.state === "review";
  const allowed = ret.state === "open" || ret.state === "review" || (ret.state === "expired" && loop.expired_allows);
  if (!allowed || (held && !loop.allow_flagged_to_process)) {
    world.record({ vendor: "loop", what: "process.refused", ref: ret.id, detail: { state: ret.state, flagged: ret.flagged } });
    return state_refusal(world, ret);
  }
  const already_queued = is_queued(world, ret);
  if (already_queued && loop.second_process_while_queued === "refuse") {
    world.record({ vendor: "loop", what: "process.refused", ref: ret.id, detail: { state: ret.state, already_queued } });
    return state_refusal(world, ret);
  }
  world.record({ vendor: "loop", what: "process.accepted", ref: ret.id, detail: { already_queued, source: "warehouse", details } });
  if (!already_queued) {
    if (details) ret.additional_details = details;
    queue_process(world, ret, "warehouse");
  }
  return accepted(world);
}

export function cancel_return(world: World, ret: LoopReturn): Reply {
  const { loop } = world.faults;
  if (ret.state === "cancelled") return loop.cancel_twice === "true" ? accepted(world) : state_refusal(world, ret);
  if (ret.state === "closed") return state_refusal(world, ret);
  if (ret.flagged || ret.state === "review") {
    return refusal(world, "Return is flagged and cannot be processed.", undefined, "content");
  }
  if (ret.state === "expired" && !loop.expired_allows) {
    return refusal(world, "Return is expired and cannot be processed.", undefined, "content");
  }
  cancel(world, ret, "api");
  return accepted(world);
}

export function flag_return(world: World, ret: LoopReturn): Reply {
  const { loop } = world.faults;
  const already = ret.flagged || ret.state === "review";
  const allowed = ret.state === "open" || ret.state === "review" || (ret.state === "expired" && loop.expired_allows);
  if (!allowed || (already && loop.flag_twice === "refuse")) return state_refusal(world, ret);
  world.record({ vendor: "loop", what: "flag", ref: ret.id, detail: { already } });
  if (already) return accepted(world);
  ret.flagged = true;
  if (loop.flag_mode === "review") ret.state = "review";
  happened(world, ret, "api", "Flagged for review");
  emit(world, { trigger: "return.updated", ret });
  return accepted(world);
}

export function close_return(world: World, ret: LoopReturn): Reply {
  const { loop } = world.faults;
  const held = ret.flagged || ret.state === "review";
  const forbidden = ret.state === "closed" || ret.state === "cancelled" || (ret.state === "expired" && !loop.expired_allows);
  if (forbidden || (held && loop.close_in_review === "refuse")) return state_refusal(world, ret);
  close(world, ret, "api");
  return accepted(world);
}

/** Drops the lines and processes what stays at once, in the same request; dropping every line cancels. */
export function remove_lines(world: World, ret: LoopReturn, ids: string[]): Reply {
  const { loop } = world.faults;
  const held = ret.flagged || ret.state === "review";
  const editable = (ret.state === "open" || ret.state === "review") && !(held && loop.remove_in_review === "refuse");
  if (!editable) return cannot("Return cannot be modified.");
  const qualifying = ret.lines.filter((line) => ids.includes(line.line_item_id) && line.outcome !== "exchange");
  if (qualifying.length === 0) return cannot("No line items qualify.");
  if (qualifying.length < new Set(ids).size) return cannot("Not all line items qualify.");
  const remaining = ret.lines.length - qualifying.length;
  if (remaining > 0 && should_fail(world, ret)) {
    const message = "An error was encountered during processing.";
    return { status: 500, body: { message }, refused: message };
  }
  drop_lines(world, ret, ids, "api");
  if (remaining === 0) cancel(world, ret, "api");
  else complete(world, ret, "warehouse");
  return accepted(world);
}

function cannot(message: string): Reply {
  return { status: 422, body: { error: { message } }, refused: message };
}

export function add_note(world: World, ret: LoopReturn, content: unknown, by: Actor = "api"): Reply {
  if (typeof content !== "string" || content === "" || content.length >= 255) {
    const message = "Content is required and must be less than 255 characters.";
    return { status: 422, body: { errors: { message } }, refused: message };
  }
  const created_at = world.clock.now().toISOString();
  ret.notes.push({ id: world.loop.next.note_id++, content, created_at });
  world.record({ vendor: "loop", what: "note", ref: ret.id, detail: { content, by } });
  return accepted(world);
}

export function cancel(world: World, ret: LoopReturn, by: Actor): void {
  ret.state = "cancelled";
  ret.flagged = false;
  ret.label_due_at = null;
  happened(world, ret, by, "Cancelled");
  world.record({ vendor: "loop", what: "cancel", ref: ret.id, detail: { by } });
  emit(world, { trigger: "return.updated", ret });
}

export function close(world: World, ret: LoopReturn, by: Actor): void {
  ret.state = "closed";
  ret.flagged = false;
  ret.closed_at = world.clock.now().toISOString();
  ret.label_due_at = null;
  happened(world, ret, by, "Closed without an outcome");
  world.record({ vendor: "loop", what: "close", ref: ret.id, detail: { by } });
  emit_closed(world, ret);
}

export function drop_lines(world: World, ret: LoopReturn, ids: string[], by: Actor): void {
  const dropped = ret.lines.filter((line) => ids.includes(line.line_item_id));
  ret.lines = ret.lines.filter((line) => !ids.includes(line.line_item_id));
  ret.edited_at = world.clock.now().toISOString();
  happened(world, ret, by, `Removed ${dropped.map((line) => line.title).join(", ")}`);
  world.record({ vendor: "loop", what: "remove", ref: ret.id, detail: { by, line_item_ids: dropped.map((l) => l.line_item_id) } });
}
