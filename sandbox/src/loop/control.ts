// /_control/loop: what shoppers, carriers and people in Loop Admin do, for tests and for the pages.
import type { FastifyInstance } from "fastify";
import { BadInput, boolean, choice, list_of, object, optional, text, type Shape } from "../input.ts";
import type { World } from "../world.ts";
import { add_note, cancel, close, drop_lines } from "./actions.ts";
import { is_queued, queue_process } from "./processing.ts";
import { create_return, find_return, happened, make_label, NotPossible, set_label_status } from "./returns.ts";
import { show_return } from "./show.ts";
import { scopes, type LoopReturn } from "./state.ts";
import { emit } from "./webhooks.ts";
import { register_webhook_control } from "./webhook_control.ts";

export const new_line_shape: Shape = {
  sku: text, reason: optional(text), parent_reason: optional(text), comment: optional(text),
  outcome: optional(choice("refund", "credit", "exchange")), exchange_sku: optional(text),
};

const new_return_shape: Shape = {
  order_name: text,
  lines: list_of(object(new_line_shape)),
  label: optional(choice("now", "later", "none")),
  destination_id: optional(nullable_id),
  state: optional(choice("open", "review", "closed", "cancelled", "expired")),
};

export function register_loop_control(control: FastifyInstance, world: World): void {
  control.post("/returns", async (request) => {
    const wanted = object(new_return_shape)(request.body, "body") as unknown as Parameters<typeof create_return>[1];
    return show_return(world, create_return(world, wanted));
  });
  control.get("/returns", async () => ({ returns: world.loop.return_ids.map((id) => show_return(world, world.loop.returns[id]!)) }));
  control.get("/returns/:id", async (request) => show_return(world, known(world, request.params)));

  const on_return = (verb: string, act: (ret: LoopReturn, body: Record<string, unknown>) => void) => {
    control.post(`/returns/:id/${verb}`, async (request) => {
      const ret = known(world, request.params);
      act(ret, (request.body ?? {}) as Record<string, unknown>);
      return show_return(world, ret);
    });
  };
  on_return("label", (ret) => void make_label(world, ret));
  on_return("label-status", (ret, body) => set_label_status(world, ret, text(body["status"], "status")));
  on_return("process", (ret) => process_by_hand(world, ret));
  on_return("cancel", (ret) => cancel_by_hand(world, ret));
  on_return("reject", (ret) => cancel_by_hand(world, ret));
  on_return("close", (ret) => {
    require_state(ret, "close", "open", "review", "expired");
    close(world, ret, "admin");
  });
  on_return("expire", (ret) => {
    require_state(ret, "expire", "open", "review");
    ret.state = "expired";
    ret.label_due_at = null;
    happened(world, ret, "loop", "Expired: the label was not used in time");
    world.record({ vendor: "loop", what: "expire", ref: ret.id, detail: {} });
    emit(world, { trigger: "return.updated", ret });
  });
  on_return("lift-flag", (ret) => lift_flag(world, ret));
  on_return("edit", (ret, body) => edit(world, ret, list_of(text)(body["remove_line_item_ids"], "remove_line_item_ids") as string[]));
  on_return("note", (ret, body) => {
    const answer = add_note(world, ret, body["content"], "admin");
    if (answer.refused) throw new NotPossible(answer.refused);
  });

  control.put("/keys", async (request) => put_keys(world, request.body));
  control.get("/keys", async () => world.loop.keys);
  register_webhook_control(control, world);
}

function process_by_hand(world: World, ret: LoopReturn): void {
  require_state(ret, "process", "open", "review");
  if (is_queued(world, ret)) throw new NotPossible(`return ${ret.id} is being processed already`);
  world.record({ vendor: "loop", what: "process.by_hand", ref: ret.id, detail: {} });
  queue_process(world, ret, "admin");
}

function cancel_by_hand(world: World, ret: LoopReturn): void {
  require_state(ret, "cancel", "open", "review", "expired");
  cancel(world, ret, "admin");
}

/** A person looked at it and lets it go on; works for a flag beside an open return as well. */
function lift_flag(world: World, ret: LoopReturn): void {
  if (!ret.flagged && ret.state !== "review") throw new NotPossible(`return ${ret.id} is not flagged`);
  ret.flagged = false;
  if (ret.state === "review") ret.state = "open";
  happened(world, ret, "admin", "Review finished, flag lifted");
  world.record({ vendor: "loop", what: "flag.lifted", ref: ret.id, detail: {} });
  emit(world, { trigger: "return.updated", ret });
}

/** Edits are possible while open and unprocessed; taking out every line cancels. */
function edit(world: World, ret: LoopReturn, ids: string[]): void {
  require_state(ret, "edit", "open", "review");
  const unknown = ids.filter((id) => !ret.lines.some((line) => line.line_item_id === id));
  if (ids.length === 0 || unknown.length > 0) throw new NotPossible(`return ${ret.id} has no line item ${unknown.join(", ") || "(none given)"}`);
  drop_lines(world, ret, ids, "admin");
  if (ret.lines.length === 0) cancel(world, ret, "admin");
  else emit(world, { trigger: "return.updated", ret });
}

function put_keys(world: World, body: unknown) {
  for (const [key, value] of Object.entries((body ?? {}) as Record<string, unknown>)) {
    const given = object({ scopes: list_of(choice(...scopes)), revoked: optional(boolean) })(value, key);
    world.loop.keys[key] = { scopes: given["scopes"] as string[], revoked: given["revoked"] === true };
  }
  world.touch();
  return world.loop.keys;
}

function nullable_id(value: unknown, name: string): number | null {
  if (value === null) return null;
  if (!Number.isInteger(Number(value))) throw new BadInput(`${name} must be a number or null`);
  return Number(value);
}

function known(world: World, params: unknown): LoopReturn {
  const { id } = params as { id: string };
  const ret = find_return(world, id);
  if (!ret) throw new NotPossible(`there is no return ${id}`);
  return ret;
}

function require_state(ret: LoopReturn, verb: string, ...allowed: LoopReturn["state"][]): void {
  if (!allowed.includes(ret.state)) throw new NotPossible(`cannot ${verb} return ${ret.id}: it is ${ret.state}, not ${allowed.join(" or ")}`);
}
