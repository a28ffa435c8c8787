// What changes a return, whoever does it: the API or a person in the warehouse. Each change is written to the books,
// moves the hidden update time, and tells the webhooks.

import type { Order, World } from "../world.ts";
import { encode_id } from "./ids.ts";
import { configured_status } from "./spelling.ts";
import { take_id, type ReturnItemRow, type ReturnRow } from "./state.ts";
import { same_sku, tables_of } from "./tables.ts";
import { send_return_update } from "./webhook_sender.ts";

export type Actor = "api" | "warehouse";

interface Change { by: Actor; what: string; detail: Record<string, unknown>; history: string }

/** Call after the row has been changed. */
export function return_changed(world: World, row: ReturnRow, change: Change): void {
  const { shiphero: state } = world;
  row.updated_at = world.clock.now().toISOString();
  const who = change.by === "api" ? state.developer.email : "warehouse@example.com";
  row.history.push({
    legacy_id: take_id(state, "history"), created_at: row.updated_at, body: `<strong>${who}</strong> ${escape_html(change.history)}`,
  });
  record_on_return(world, row, change.what, { by: change.by, ...change.detail });
  if (change.by === "warehouse" || world.faults.shiphero.echo) send_return_update(world, row);
}

/** The books are kept under the client's own reference, so that two RMAs for one return stand side by side. */
export function record_on_return(world: World, row: ReturnRow, what: string, detail: Record<string, unknown>): void {
  world.record({
    vendor: "shiphero", what, ref: row.partner_id ?? String(row.legacy_id),
    detail: { return_id: row.legacy_id, return_uuid: encode_id("Return", row.legacy_id), partner_id: row.partner_id, ...detail },
  });
}

export function add_return(world: World, row: ReturnRow, by: Actor, detail: Record<string, unknown>): void {
  world.shiphero.returns.push(row);
  tables_of(world).add_return(row);
  return_changed(world, row, { by, what: "rma.created", detail, history: "created this return" });
}

export function new_item(world: World, item: Omit<ReturnItemRow, "legacy_id" | "created_at" | "updated_at">): ReturnItemRow {
  const now = world.clock.now().toISOString();
  return { legacy_id: take_id(world.shiphero, "return_item"), ...item, created_at: now, updated_at: now };
}

/** Any text a person in the warehouse chose; a name not configured yet becomes a status of the account. */
export function set_status(world: World, row: ReturnRow, status: string, by: Actor): void {
  const before = row.status;
  row.status = status;
  note_status(world, status);
  return_changed(world, row, {
    by, what: "rma.status", detail: { from: before, to: status }, history: `changed the status from ${before} to ${status}`,
  });
}

export interface Receipt {
  /** One line, by its legacy id; otherwise the SKU decides. */
  id?: number;
  sku: string;
  /** Units received so far, in all. */
  received: number;
  restock?: number;
  condition?: string;
  /** Not on the RMA: it was found in the parcel nevertheless. */
  extra?: boolean;
}

/** One save at the receiving desk: quantities so far, and maybe a status; told to the webhooks once. Throws Error in plain words. */
export function receive_in_warehouse(world: World, row: ReturnRow, receipts: Receipt[], status: string | undefined): void {
  // Checked as a whole first: a save that is refused must leave nothing behind.
  const plans = receipts.map((receipt) => ({ receipt, items: items_for(world, row, receipt) }));
  const now = world.clock.now().toISOString();
  for (const { receipt, items } of plans) {
    const targets = items.length > 0 ? items : [add_unannounced(world, row, receipt.sku)];
    spread(targets, receipt);
    for (const item of targets) {
      if (receipt.condition !== undefined) item.condition = receipt.condition;
      item.updated_at = now;
    }
  }
  const from = row.status;
  if (status !== undefined) {
    row.status = status;
    note_status(world, status);
  }
  const moved = status !== undefined && status !== from ? `, status from ${from} to ${status}` : "";
  const counted = receipts.map((r) => `${r.received} x ${r.sku}`).join(", ");
  return_changed(world, row, {
    by: "warehouse", what: "rma.received", detail: { lines: receipts, status: row.status },
    history: `received ${counted || "nothing"}${moved}`,
  });
}

function items_for(world: World, row: ReturnRow, receipt: Receipt): ReturnItemRow[] {
  if (receipt.id !== undefined) {
    const item = row.items.find((i) => i.legacy_id === receipt.id);
    if (!item) throw new Error(`return ${row.legacy_id} has no line ${receipt.id}`);
    return [item];
  }
  const same = row.items.filter((item) => same_sku(item.sku) === same_sku(receipt.sku));
  if (same.length > 0) return same;
  if (receipt.extra !== true) throw new Error(`return ${row.legacy_id} has no line with SKU "${receipt.sku}"; say "extra": true for one nobody announced`);
  if (!tables_of(world).products_by_sku.has(same_sku(receipt.sku))) throw new Error(`no product with SKU "${receipt.sku}"`);
  return [];
}

function add_unannounced(world: World, row: ReturnRow, sku: string): ReturnItemRow {
  const order = tables_of(world).orders_by_id.get(row.order_id);
  const item = new_item(world, {
    order_line_id: order ? first_line_with(order, sku) : null, sku: tables_of(world).products_by_sku.get(same_sku(sku))!.variant.sku,
    quantity: 0, quantity_received: 0, restock: 0, condition: null, is_component: false, reason: "",
  });
  row.items.push(item);
  return item;
}

/** Fills lines of one SKU in their order; what is left over goes to the last. */
function spread(items: ReturnItemRow[], receipt: Receipt): void {
  let received = receipt.received;
  let restock = receipt.restock ?? receipt.received;
  items.forEach((item, i) => {
    const last = i === items.length - 1;
    item.quantity_received = last ? received : Math.min(received, item.quantity);
    item.restock = last ? restock : Math.min(restock, item.quantity_received);
    received -= item.quantity_received;
    restock -= item.restock;
  });
}

/** The first line with the SKU: nothing in a return tells two order lines of the same SKU apart. */
export function first_line_with(order: Order, sku: string): number | null {
  return order.lines.find((line) => same_sku(line.sku) === same_sku(sku))?.shiphero_line_id ?? null;
}

function note_status(world: World, status: string): void {
  if (configured_status(world.shiphero.statuses, status) === null) world.shiphero.statuses.push(status.trim());
}

function escape_html(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
