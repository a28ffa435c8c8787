// The five return mutations. None is idempotent: the same return_create twice makes two returns.

import type { Order } from "../world.ts";
import { acting_account_id, find_order, find_return, read_id, visible_warehouses, now_iso, type Call } from "./call.ts";
import { not_found, other_error } from "./errors.ts";
import { add_exchange } from "./exchanges.ts";
import type { OperationDefinition } from "./operations.ts";
import { exchange_view, return_view } from "./return_view.ts";
import { add_return, first_line_with, new_item, record_on_return, return_changed, set_status } from "./returns_store.ts";
import { configured_status } from "./spelling.ts";
import { take_id, type AddressRow, type DimensionsRow, type LabelRow, type LabelType, type ReturnRow } from "./state.ts";
import { same_sku } from "./tables.ts";

interface CreateLine {
  sku: string; quantity: number; return_reason: string; condition?: string | null; is_component?: boolean | null;
  exchange_items?: ({ exchange_product_sku: string; quantity: number } | null)[] | null;
}
interface CreateReturnInput {
  order_id: string; warehouse_id: string; return_reason: string; label_type: LabelType; label_cost: string;
  address: Partial<AddressRow>; dimensions: Partial<DimensionsRow>; shipping_carrier: string; shipping_method: string;
  line_items: (CreateLine | null)[]; email_customer_return_label?: boolean | null; tracking_number?: string | null;
  create_label?: boolean | null; partner_id?: string | null; display_issue_refund?: boolean | null;
  customer_account_id?: string | null;
}
interface ReceiveInput {
  return_id: string; return_line_item_id: string; quantity_received: number; restock_quantity?: number | null; warehouse_id: string;
}
interface AttachmentInput {
  return_id: string; url: string; filename?: string | null; file_type?: string | null; description?: string | null;
  return_item_id?: string | null;
}

const mutation = (into: string, run: OperationDefinition["run"]): OperationDefinition =>
  ({ kind: "mutation", scopes: ["change:returns"], into, run });

export const return_mutations: Record<string, OperationDefinition> = {
  return_create: mutation("return", (args: { data: CreateReturnInput }, call) => return_view(call, create(call, args.data))),

  return_create_exchange: mutation("return_exchange", (args, call) => {
    const row = existing_return(call, args.data.return_id);
    const items = (args.data.exchange_items as { return_item_id: string; exchange_product_sku: string; quantity: number }[])
      .map((item) => ({ ...item, return_item_id: existing_item(call, row, item.return_item_id).legacy_id }));
    return exchange_view(call, row, add_exchange(call, row, items));
  }),

  return_update_status: mutation("return", (args: { data: { return_id: string; status: string } }, call) => {
    const row = existing_return(call, args.data.return_id);
    const configured = configured_status(call.state.statuses, args.data.status);
    if (configured === null && call.faults.status_unknown_rejected) throw not_found("Status");
    set_status(call.world, row, configured ?? args.data.status, "api");
    return return_view(call, row);
  }),

  return_receive_line_item: mutation("return", (args: { data: ReceiveInput }, call) => {
    const { data } = args;
    const row = existing_return(call, data.return_id);
    const item = existing_item(call, row, data.return_line_item_id);
    existing_warehouse(call, data.warehouse_id, row.account_id);
    if (data.quantity_received <= 0) throw other_error(call.faults, "quantity_received must be greater than 0");
    const restock = data.restock_quantity ?? 0;
    const adds = call.faults.receive_mode === "add";
    item.quantity_received = data.quantity_received + (adds ? item.quantity_received : 0);
    item.restock = restock + (adds ? item.restock : 0);
    item.updated_at = now_iso(call);
    return_changed(call.world, row, {
      by: "api", what: "rma.received", detail: { lines: [{ sku: item.sku, received: item.quantity_received, restock: item.restock }] },
      history: `received ${data.quantity_received} x ${item.sku}`,
    });
    return return_view(call, row);
  }),

  return_add_attachment: mutation("return", (args: { data: AttachmentInput }, call) => {
    const { data } = args;
    const row = existing_return(call, data.return_id);
    if ((data.file_type ?? "").length > 20) throw other_error(call.faults, "file_type must have at most 20 characters");
    row.attachments.push({
      legacy_id: take_id(call.state, "attachment"),
      return_item_id: data.return_item_id ? existing_item(call, row, data.return_item_id).legacy_id : null,
      url: data.url, filename: data.filename ?? null, file_type: data.file_type ?? null, description: data.description ?? null,
      created_at: now_iso(call),
    });
    record_on_return(call.world, row, "rma.attachment", { by: "api", url: data.url });
    return return_view(call, row);
  }),
};

function create(call: Call, data: CreateReturnInput): ReturnRow {
  acting_account_id(call, data.customer_account_id);
  const order = find_order(call, read_id(call, "Order", data.order_id));
  if (!order) throw not_found("Order");
  const acts_for = data.customer_account_id ? call.state.merchant.legacy_id : acting_account_id(call, null);
  const warehouse_id = existing_warehouse(call, data.warehouse_id, acts_for);
  const lines = data.line_items.filter((line): line is CreateLine => line !== null);
  check_lines(call, order, lines);
  if (!/^\d+(\.\d+)?$/.test(data.label_cost)) throw other_error(call.faults, "label_cost must be a decimal number");
  const now = now_iso(call);
  const { address: a, dimensions: d } = data;
  const row: ReturnRow = {
    legacy_id: take_id(call.state, "return"), account_id: call.state.merchant.legacy_id, order_id: order.shiphero_id, warehouse_id,
    partner_id: data.partner_id ?? null, reason: data.return_reason, status: "Pending", label_type: data.label_type,
    label_cost: data.label_cost, shipping_carrier: data.shipping_carrier, shipping_method: data.shipping_method,
    dimensions: { weight: d.weight ?? null, height: d.height ?? null, width: d.width ?? null, length: d.length ?? null },
    address: {
      name: a.name ?? null, address1: a.address1 ?? null, address2: a.address2 ?? null, city: a.city ?? null,
      state: a.state ?? null, country: a.country ?? null, zip: a.zip ?? null, phone: a.phone ?? null,
    },
    display_issue_refund: data.display_issue_refund ?? false,
    items: lines.map((line) => new_item(call.world, {
      order_line_id: first_line_with(order, line.sku), sku: line.sku.trim(), quantity: line.quantity, quantity_received: 0,
      restock: 0, condition: line.condition ?? null, is_component: line.is_component ?? false, reason: line.return_reason,
    })),
    labels: [], history: [], attachments: [], exchanges: [], created_at: now, updated_at: now,
  };
  const label = label_for(call, data, now);
  if (label) row.labels.push(label);
  add_return(call.world, row, "api", {
    order_name: order.name, warehouse_id, tracking_number: label?.tracking_number ?? null,
    emailed_shopper: data.email_customer_return_label ?? false,
    lines: row.items.map((item) => ({ sku: item.sku, quantity: item.quantity, reason: item.reason })),
  });
  const exchanged = lines.flatMap((line, i) => (line.exchange_items ?? []).filter((item) => item !== null)
    .map((item) => ({ ...item, return_item_id: row.items[i]!.legacy_id })));
  if (exchanged.length > 0) add_exchange(call, row, exchanged);
  return row;
}

function check_lines(call: Call, order: Order, lines: CreateLine[]): void {
  if (lines.length === 0) throw other_error(call.faults, "A return needs at least one line item");
  for (const line of lines) {
    if (line.quantity <= 0) throw other_error(call.faults, "quantity must be greater than 0");
    if (first_line_with(order, line.sku) === null) throw not_found(`Line item with SKU ${line.sku}`);
    for (const item of line.exchange_items ?? []) {
      if (item && !call.tables.products_by_sku.has(same_sku(item.exchange_product_sku))) throw not_found("Product");
    }
  }
  if (!call.faults.reject_duplicate_rma) return;
  const earlier = (call.tables.returns_by_order.get(order.shiphero_id) ?? []).flatMap((row) => row.items);
  for (const line of lines) {
    const units = (of: { sku: string; quantity: number }[]) =>
      of.filter((one) => same_sku(one.sku) === same_sku(line.sku)).reduce((sum, one) => sum + one.quantity, 0);
    if (units(earlier) + units(lines) > units(order.lines)) {
      throw other_error(call.faults, `Not enough units of ${line.sku} left to return on order ${order.name}`);
    }
  }
}

/** A tracking number makes a generic label; `create_label` makes one ShipHero bought. */
function label_for(call: Call, data: CreateReturnInput, now: string): LabelRow | null {
  const given = data.tracking_number?.trim();
  if (!given && data.create_label !== true) return null;
  const bought = `9400${Math.floor(call.world.random() * 1e12).toString().padStart(12, "0")}`;
  return {
    legacy_id: take_id(call.state, "label"), tracking_number: given || bought, status: "valid", created_at: now,
    carrier: data.shipping_carrier, shipping_method: data.shipping_method, cost: data.label_cost, made_by_shiphero: !given,
  };
}

function existing_return(call: Call, id: string): ReturnRow {
  const row = find_return(call, read_id(call, "Return", id));
  if (!row) throw not_found("Return");
  return row;
}

function existing_item(call: Call, row: ReturnRow, id: string): ReturnRow["items"][number] {
  const legacy_id = read_id(call, "ReturnItem", id);
  const item = row.items.find((one) => one.legacy_id === legacy_id);
  if (!item) throw not_found("Return line item");
  return item;
}

function existing_warehouse(call: Call, id: string, account_id: number): number {
  const legacy_id = read_id(call, "Warehouse", id);
  const warehouse = visible_warehouses(call, account_id).find((one) => one.legacy_id === legacy_id);
  if (!warehouse) throw not_found("Warehouse");
  return warehouse.legacy_id;
}
