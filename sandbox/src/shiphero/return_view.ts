// A return and what hangs on it, as GraphQL sees them. Note what is not here: no tracking number on the return itself,
// no update time, no SKU on its lines.

import { warehouse_by_id, type Call } from "./call.ts";
import { encode_id } from "./ids.ts";
import { spell_status } from "./spelling.ts";
import type { AddressRow, ExchangeRow, LabelRow, ReturnItemRow, ReturnRow } from "./state.ts";
import { line_of } from "./tables.ts";
import { wire_time } from "./time.ts";
import { line_item_view, order_view, product_by_sku, product_view, warehouse_view } from "./views.ts";

const no_address: AddressRow = {
  name: null, address1: null, address2: null, city: null, state: null, country: null, zip: null, phone: null,
};

export function totals(row: ReturnRow): { expected: number; received: number; restocked: number } {
  const sum = (pick: (item: ReturnItemRow) => number) => row.items.reduce((total, item) => total + pick(item), 0);
  return { expected: sum((i) => i.quantity), received: sum((i) => i.quantity_received), restocked: sum((i) => i.restock) };
}

export function return_view(call: Call, row: ReturnRow) {
  const { expected, received, restocked } = totals(row);
  const id = encode_id("Return", row.legacy_id);
  const account_id = encode_id("Account", row.account_id);
  return {
    id, legacy_id: row.legacy_id, account_id, order_id: encode_id("Order", row.order_id), partner_id: row.partner_id,
    reason: row.reason, status: spell_status(row.status, call.faults.status_spelling_api), label_type: row.label_type,
    label_cost: row.label_cost, cost_to_customer: "0.00", shipping_carrier: row.shipping_carrier,
    shipping_method: row.shipping_method, dimensions: row.dimensions, address: call.show_pii ? row.address : null,
    total_items_expected: expected, total_items_received: received, total_items_restocked: restocked,
    created_at: wire_time(row.created_at), display_issue_refund: row.display_issue_refund,
    labels: () => row.labels.map((label) => label_view(call, row, label)),
    line_items: () => row.items.map((item) => return_item_view(call, row, item)),
    order: () => {
      const order = call.tables.orders_by_id.get(row.order_id);
      return order ? order_view(call, order) : null;
    },
    exchanges: () => row.exchanges.map((exchange) => exchange_view(call, row, exchange)),
    return_history: () => row.history.map((entry) => ({
      id: encode_id("ReturnHistory", entry.legacy_id), legacy_id: entry.legacy_id, return_id: id, account_id,
      user_id: encode_id("User", call.state.developer.legacy_id), created_at: wire_time(entry.created_at), body: entry.body,
    })),
    attachments: () => row.attachments.map((attachment) => ({
      id: encode_id("ReturnAttachment", attachment.legacy_id), legacy_id: attachment.legacy_id, account_id,
      user_id: encode_id("User", call.state.developer.legacy_id), return_id: id,
      return_item_id: attachment.return_item_id === null ? null : encode_id("ReturnItem", attachment.return_item_id),
      url: attachment.url, filename: attachment.filename, file_type: attachment.file_type,
      description: attachment.description, created_at: wire_time(attachment.created_at),
    })),
  };
}

function return_item_view(call: Call, row: ReturnRow, item: ReturnItemRow) {
  const order = call.tables.orders_by_id.get(row.order_id);
  const line = order ? line_of(order, item.order_line_id) : null;
  const product = product_by_sku(call, item.sku);
  return {
    id: encode_id("ReturnItem", item.legacy_id), legacy_id: item.legacy_id, account_id: encode_id("Account", row.account_id),
    line_item_id: line ? encode_id("LineItem", line.shiphero_line_id) : null,
    warehouse_id: encode_id("Warehouse", row.warehouse_id),
    product_id: product ? encode_id("Product", product.legacy_id) : null, return_id: encode_id("Return", row.legacy_id),
    quantity: item.quantity, quantity_received: item.quantity_received, restock: item.restock, condition: item.condition,
    is_component: item.is_component, type: row.label_type, reason: item.reason,
    created_at: wire_time(item.created_at), updated_at: wire_time(item.updated_at),
    line_item: () => (order && line ? line_item_view(call, order, line) : null),
    product: () => (product ? product_view(call, product) : null),
    warehouse: () => {
      const warehouse = warehouse_by_id(call, row.warehouse_id);
      return warehouse ? warehouse_view(call, warehouse) : null;
    },
  };
}

const number_or_zero = (text: string | null): number => Number(text ?? 0) || 0;

function label_view(call: Call, row: ReturnRow, label: LabelRow) {
  const to = call.show_pii ? (warehouse_by_id(call, row.warehouse_id)?.address ?? no_address) : no_address;
  const { dimensions } = row;
  return {
    id: encode_id("RMALabel", label.legacy_id), legacy_id: label.legacy_id, tracking_number: label.tracking_number,
    status: label.status, created_date: wire_time(label.created_at), carrier: label.carrier,
    shipping_method: label.shipping_method, cost: label.cost, dimensions, to_name: to.name, address1: to.address1,
    address2: to.address2, address_city: to.city, address_state: to.state, address_zip: to.zip, address_country: to.country,
    pdf_location: label_address(label), length: number_or_zero(dimensions.length), width: number_or_zero(dimensions.width),
    height: number_or_zero(dimensions.height), weight: number_or_zero(dimensions.weight),
  };
}

export function label_on_order_view(call: Call, row: ReturnRow, label: LabelRow) {
  return {
    id: encode_id("RMALabel", label.legacy_id), legacy_id: label.legacy_id, rma_id: encode_id("Return", row.legacy_id),
    tracking_number: label.tracking_number, status: label.status, carrier: label.carrier, shipping_name: null,
    shipping_method: label.shipping_method, cost: label.cost, dimensions: row.dimensions,
    address: call.show_pii ? row.address : null, pdf_location: label_address(label), delivered: false, picked_up: false,
    refunded: false, needs_refund: false, created_at: wire_time(label.created_at), updated_at: wire_time(label.created_at),
  };
}

// A domain reserved for examples: nobody should fetch it, and a client that does fails visibly.
const label_address = (label: LabelRow): string => `https://labels.example.test/rma/${label.legacy_id}.pdf`;

export function exchange_view(call: Call, row: ReturnRow, exchange: ExchangeRow): Record<string, unknown> {
  const order = call.tables.orders_by_id.get(exchange.exchange_order_id);
  return {
    id: encode_id("ReturnExchange", exchange.legacy_id), legacy_id: exchange.legacy_id,
    exchange_order_id: encode_id("Order", exchange.exchange_order_id), return_id: encode_id("Return", row.legacy_id),
    account_id: encode_id("Account", row.account_id),
    exchange_order: () => (order ? order_view(call, order) : null),
    exchange_items: () => exchange.items.map((item) => ({
      id: encode_id("ReturnExchangeItem", item.legacy_id), legacy_id: item.legacy_id,
      return_item_id: encode_id("ReturnItem", item.return_item_id), sku: item.sku, quantity: item.quantity,
    })),
    original_return: () => return_view(call, row),
  };
}
