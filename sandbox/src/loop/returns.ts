// Making returns, labels and edits: what shoppers, carriers and people in Loop Admin do.
import { BadInput } from "../input.ts";
import { random_digits } from "../random.ts";
import { find_variant } from "../shop/catalog.ts";
import { find_order } from "../shop/orders.ts";
import type { Order, OrderLine, World } from "../world.ts";
import { queue_process } from "./processing.ts";
import type { Actor, LoopLabel, LoopLine, LoopReturn, Outcome, ReturnState } from "./state.ts";
import { emit } from "./webhooks.ts";

export interface NewReturn {
  order_name: string;
  /** One entry = one unit. */
  lines: NewLine[];
  label?: LoopReturn["label_mode"];
  destination_id?: number | null;
  state?: ReturnState;
}

export interface NewLine {
  sku: string;
  reason?: string;
  parent_reason?: string;
  comment?: string;
  outcome?: Outcome;
  exchange_sku?: string;
}

/** A sentence for whoever asked for something that cannot be done now. */
export class NotPossible extends BadInput {}

export function find_return(world: World, id: string): LoopReturn | undefined {
  return Object.hasOwn(world.loop.returns, id) ? world.loop.returns[id] : undefined;
}

/** Oldest first. */
export function returns_of(world: World, order_name: string): LoopReturn[] {
  const ids = Object.hasOwn(world.loop.order_returns, order_name) ? world.loop.order_returns[order_name]! : [];
  return ids.map((id) => world.loop.returns[id]!);
}

/** Units of the order that no return holds: cancelled returns give theirs back, closed ones keep them. */
export function returnable(world: World, order: Order): { line: OrderLine; quantity: number }[] {
  const taken = new Map<string, number>();
  for (const ret of returns_of(world, order.name)) {
    if (ret.state === "cancelled") continue;
    for (const line of ret.lines) taken.set(line.shopify_line_id, (taken.get(line.shopify_line_id) ?? 0) + 1);
  }
  return order.lines.map((line) => ({ line, quantity: line.quantity - (taken.get(line.shopify_line_id) ?? 0) }));
}

/** Makes the return and emits what Loop would. The label, if it is wanted now, follows the creation at once. */
export function create_return(world: World, wanted: NewReturn): LoopReturn {
  const order = find_order(world.shop, wanted.order_name);
  if (!order) throw new NotPossible(`there is no order ${wanted.order_name}`);
  if (wanted.lines.length === 0) throw new NotPossible("a return needs at least one line");
  const destination_id = wanted.destination_id ?? null;
  if (destination_id !== null && !world.loop.destinations.some((d) => d.id === destination_id)) {
    throw new NotPossible(`there is no destination ${destination_id}`);
  }
  const now = world.clock.now().toISOString();
  const free = returnable(world, order);
  const lines = wanted.lines.map((line) => new_line(world, line, free, order, now));
  const state = wanted.state ?? "open";
  const ret: LoopReturn = {
    id: next_id(world, "return_id"), state, flagged: false, order_name: order.name,
    created_at: now, updated_at: now, edited_at: null, closed_at: state === "closed" ? now : null, processed_at: null,
    lines, labels: [], label_mode: wanted.label ?? "now", label_due_at: null, notes: [], destination_id,
    additional_details: null, timeline: [],
  };
  world.loop.returns[ret.id] = ret;
  world.loop.return_ids.push(ret.id);
  world.loop.order_returns[order.name] = [...returns_of(world, order.name).map((other) => other.id), ret.id];
  for (const line of lines) world.loop.line_items[line.line_item_id] = ret.id;
  happened(world, ret, "shopper", `Return submitted for ${lines.length === 1 ? "1 item" : `${lines.length} items`}`);
  world.record({ vendor: "loop", what: "return.created", ref: ret.id, detail: { order_name: order.name, skus: lines.map((l) => l.sku), state } });
  emit(world, { trigger: "return.created", ret });
  if (ret.label_mode !== "now") return ret;
  if (state === "open" || state === "review") make_label(world, ret);
  else add_label(world, ret); // it is past that: its label is there, and nobody hears of it
  return ret;
}

function new_line(
  world: World, wanted: NewLine, free: { line: OrderLine; quantity: number }[], order: Order, now: string,
): LoopLine {
  if (!order.lines.some((line) => line.sku === wanted.sku)) throw new NotPossible(`order ${order.name} has no ${wanted.sku}`);
  const slot = free.find((f) => f.line.sku === wanted.sku && f.quantity > 0);
  if (!slot) throw new NotPossible(`no unit of ${wanted.sku} in order ${order.name} is left to return`);
  slot.quantity--;
  const found = find_variant(world.shop.products, wanted.sku);
  if (!found) throw new NotPossible(`the shop has no ${wanted.sku}`);
  const outcome = wanted.outcome ?? "refund";
  let exchange_sku: string | null = null;
  if (outcome === "exchange") {
    const other = found.product.variants.find((v) => v.sku !== wanted.sku) ?? found.variant;
    exchange_sku = wanted.exchange_sku ?? other.sku;
    if (!find_variant(world.shop.products, exchange_sku)) throw new NotPossible(`the shop has no ${exchange_sku} to exchange for`);
  }
  return {
    line_item_id: next_id(world, "line_id"), shopify_line_id: slot.line.shopify_line_id, product_id: slot.line.product_id,
    variant_id: slot.line.variant_id, sku: wanted.sku, barcode: found.variant.barcode, title: slot.line.title,
    line_item_title: found.product.title, variant_title: found.variant.title, price_minor: slot.line.price_minor,
    outcome, exchange_sku, reason: wanted.reason ?? "Too small", parent_reason: wanted.parent_reason ?? "Didn't fit",
    comment: wanted.comment ?? "", returned_at: now, condition: null, disposition: null,
  };
}

/** Makes the label and emits label.created and return.updated. */
export function make_label(world: World, ret: LoopReturn): LoopLabel {
  if (ret.labels.length > 0) throw new NotPossible(`return ${ret.id} already has a label`);
  if (ret.label_mode === "none") throw new NotPossible(`return ${ret.id} is one that gets no label`);
  if (ret.state !== "open" && ret.state !== "review") throw new NotPossible(`return ${ret.id} is ${ret.state} and gets no label`);
  const label = add_label(world, ret);
  happened(world, ret, "loop", `Label made: ${label.carrier} ${label.tracking_number}`);
  world.record({ vendor: "loop", what: "label.created", ref: ret.id, detail: { tracking_number: label.tracking_number } });
  emit(world, { trigger: "label.created", ret, label });
  emit(world, { trigger: "return.updated", ret });
  return label;
}

function add_label(world: World, ret: LoopReturn): LoopLabel {
  const now = world.clock.now().toISOString();
  const label: LoopLabel = {
    id: world.loop.next.label_id++, status: "new", created_at: now, updated_at: now, carrier: "USPS",
    tracking_number: `9400111${random_digits(() => world.random(), 15)}`, rate_minor: 795 + 110 * ret.lines.length,
    line_items: ret.lines.map((line) => line.line_item_id),
  };
  ret.labels.push(label);
  ret.label_due_at = null;
  return label;
}

/** Promises a label in a moment, as shoppers see it after submitting. */
export function make_label_soon(world: World, ret: LoopReturn): void {
  const delay = world.faults.loop.label_delay_ms;
  ret.label_due_at = new Date(world.clock.now().getTime() + delay / world.clock.scale).toISOString();
  arm_label(world, ret, delay);
}

/** After a reset or load: the promised labels are made at their time, or at once when that has passed. */
export function arm_promised_labels(world: World): void {
  for (const ret of Object.values(world.loop.returns)) {
    if (ret.label_due_at === null) continue;
    const real_ms = Math.max(0, Date.parse(ret.label_due_at) - world.clock.now().getTime());
    arm_label(world, ret, real_ms * world.clock.scale);
  }
}

function arm_label(world: World, ret: LoopReturn, ms: number): void {
  world.after(ms, () => {
    const still_wanted = ret.label_due_at !== null && ret.labels.length === 0 && (ret.state === "open" || ret.state === "review");
    if (still_wanted) make_label(world, ret);
  });
}

/** A carrier's scan, or any other word in `label_status`. */
export function set_label_status(world: World, ret: LoopReturn, status: string): void {
  if (ret.labels.length === 0) throw new NotPossible(`return ${ret.id} has no label yet`);
  const now = world.clock.now().toISOString();
  for (const label of ret.labels) {
    label.status = status;
    label.updated_at = now;
  }
  happened(world, ret, "carrier", `Label is ${status.replaceAll("_", " ")}`);
  world.record({ vendor: "loop", what: "label.status", ref: ret.id, detail: { status } });
  for (const label of ret.labels) emit(world, { trigger: "label.updated", ret, label });
  emit(world, { trigger: "return.updated", ret });
  if (status === world.faults.loop.auto_process_on && ret.state === "open" && !ret.flagged) queue_process(world, ret, null);
}

/** Moves the clock of the return and writes its timeline. Call it before emitting. */
export function happened(world: World, ret: LoopReturn, by: Actor, text: string): void {
  const at = world.clock.now().toISOString();
  ret.updated_at = at;
  ret.timeline.push({ at, text, by });
}

function next_id(world: World, kind: "return_id" | "line_id"): string {
  const n = world.loop.next[kind]++;
  // 18 digits, and so close together that doubles cannot tell neighbours apart.
  return world.faults.loop.ids_18_digit ? `9${String(n).padStart(17, "0")}` : String(n);
}
