// Accounts, warehouses, orders and products as GraphQL sees them. Scalars are plain values; whatever costs something or
// leads to another object is a function, called only when asked for (graphql-js does that by default).

import type { Order, OrderLine } from "../world.ts";
import { own_account_id, visible_warehouses, warehouse_by_id, type Call } from "./call.ts";
import { connection, type SortKeys } from "./connection.ts";
import type { ShipHeroFaults } from "./faults.ts";
import { encode_id } from "./ids.ts";
import { label_on_order_view, return_view } from "./return_view.ts";
import type { AccountRow, WarehouseRow } from "./state.ts";
import { same_sku, type ProductRow } from "./tables.ts";
import { wire_time } from "./time.ts";

export const money = (minor: number): string => (minor / 100).toFixed(2);

export function account_view(call: Call, row: AccountRow): Record<string, unknown> {
  const acts_for = row.is_3pl ? [call.state.merchant] : [];
  return {
    id: encode_id("Account", row.legacy_id), legacy_id: row.legacy_id, email: row.email, username: row.username,
    status: call.faults.account_inactive ? "inactive" : "active", is_3pl: row.is_3pl,
    is_multi_warehouse: visible_warehouses(call, row.legacy_id).length > 1,
    warehouses: () => visible_warehouses(call, row.legacy_id).map((warehouse) => warehouse_view(call, warehouse)),
    customers: connection(acts_for, (customer) => account_view(call, customer)),
  };
}

export function own_account(call: Call): AccountRow {
  return own_account_id(call) === call.state.three_pl.legacy_id ? call.state.three_pl : call.state.merchant;
}

export function warehouse_view(call: Call, row: WarehouseRow) {
  // Without a 3PL in the picture the shop owns all its warehouses.
  const owner = call.faults.child_account_rule && row.owner === "three_pl" ? call.state.three_pl : call.state.merchant;
  return {
    id: encode_id("Warehouse", row.legacy_id), legacy_id: row.legacy_id, account_id: encode_id("Account", owner.legacy_id),
    identifier: row.identifier, company_name: owner.username, company_alias: null, profile: "default",
    dynamic_slotting: false, invoice_email: owner.email, phone_number: null, active: true,
    address: row.address, return_address: row.address,
  };
}

/** What the import wrote into `partner_order_id`. */
export function partner_order_id_of(faults: ShipHeroFaults, order: Order): string | null {
  if (faults.order_id_field === "none") return null;
  return faults.order_id_field === "name" ? order.name : order.shopify_id;
}

export function order_view(call: Call, order: Order) {
  const id = encode_id("Order", order.shiphero_id);
  const time = wire_time(order.created_at);
  const subtotal = money(order.lines.reduce((sum, line) => sum + line.price_minor * line.quantity, 0));
  const address = call.show_pii ? order_address(order) : null;
  return {
    id, legacy_id: order.shiphero_id, order_number: order.name, partner_order_id: partner_order_id_of(call.faults, order),
    shop_name: call.world.shop.domain, source: "shopify", partner_source_name: null, fulfillment_status: "fulfilled",
    order_date: time, created_at: time, updated_at: time, account_id: encode_id("Account", call.state.merchant.legacy_id),
    email: call.show_pii ? order.email : null, currency: "USD",
    subtotal, total_tax: "0.00", total_discounts: "0.00", total_price: subtotal,
    shipping_lines: { title: "Standard", carrier: "generic", method: "generic", price: "0.00" },
    shipping_address: address, billing_address: address, tags: [], merged_orders: [],
    line_items: connection(order.lines, (line) => line_item_view(call, order, line), line_sort),
    shipments: () => [shipment_view(call, order)],
    returns: () => (call.tables.returns_by_order.get(order.shiphero_id) ?? []).map((row) => return_view(call, row)),
    rma_labels: () => (call.tables.returns_by_order.get(order.shiphero_id) ?? [])
      .flatMap((row) => row.labels.map((label) => label_on_order_view(call, row, label))),
  };
}

const line_sort: SortKeys<OrderLine> = { sku: (line) => line.sku, id: (line) => line.shiphero_line_id };

function order_address(order: Order) {
  const { address, customer } = order;
  return {
    first_name: customer.first_name, last_name: customer.last_name, company: null, address1: address.address1,
    address2: address.address2, city: address.city, state: address.state, state_code: address.state, zip: address.zip,
    country: address.country, country_code: address.country_code, email: order.email, phone: address.phone,
  };
}

export function line_item_view(call: Call, order: Order, line: OrderLine) {
  const time = wire_time(order.created_at);
  const product = product_by_sku(call, line.sku);
  return {
    id: encode_id("LineItem", line.shiphero_line_id), legacy_id: line.shiphero_line_id, sku: line.sku,
    partner_line_item_id: line.shopify_line_id, quantity: line.quantity, price: money(line.price_minor),
    product_name: line.title, option_title: product?.variant.title ?? null, fulfillment_status: "fulfilled",
    quantity_pending_fulfillment: 0, quantity_shipped: line.quantity, quantity_allocated: 0, backorder_quantity: 0,
    custom_barcode: null, barcode: product?.variant.barcode ?? null, eligible_for_return: true, customs_value: "0.00",
    subtotal: money(line.price_minor * line.quantity), promotion_discount: "0.00", created_at: time, updated_at: time,
    order_id: encode_id("Order", order.shiphero_id),
    product_id: product ? encode_id("Product", product.legacy_id) : null,
    warehouse_id: encode_id("Warehouse", call.state.warehouses[0]!.legacy_id),
    product: () => (product ? product_view(call, product) : null),
  };
}

// Every order of the shop went out in one parcel from the first warehouse.
function shipment_view(call: Call, order: Order) {
  const warehouse = call.state.warehouses[0]!;
  return {
    id: encode_id("Shipment", order.shiphero_id), legacy_id: order.shiphero_id, order_id: encode_id("Order", order.shiphero_id),
    warehouse_id: encode_id("Warehouse", warehouse.legacy_id),
    warehouse: () => warehouse_view(call, warehouse_by_id(call, warehouse.legacy_id)!),
    created_date: wire_time(order.created_at), delivered: true, dropshipment: false, shipped_off_shiphero: false,
    line_items: connection(order.lines, (line) =>
      ({ line_item_id: encode_id("LineItem", line.shiphero_line_id), quantity: line.quantity })),
  };
}

export function product_by_sku(call: Call, sku: string): ProductRow | null {
  return call.tables.products_by_sku.get(same_sku(sku)) ?? null;
}

// Products have no dates in the shop; the emulator gives all of them this one.
export const product_created_at = "2025-01-02T09:00:00";

export function product_view(call: Call, row: ProductRow) {
  const { product, variant } = row;
  return {
    id: encode_id("Product", row.legacy_id), legacy_id: row.legacy_id,
    account_id: encode_id("Account", call.state.merchant.legacy_id),
    name: `${product.title} ${variant.title}`.trim(), sku: variant.sku, barcode: variant.barcode,
    dimensions: { weight: "16", height: "4", width: "8", length: "10" },
    kit: false, kit_build: false, kit_components: [], is_assembly: false, virtual: false, final_sale: false,
    dropship: false, needs_lot_tracking: false, needs_serial_number: false, active: true, tags: [],
    created_at: product_created_at, updated_at: product_created_at,
    warehouse_products: () => call.state.warehouses.map((warehouse) => ({
      warehouse_id: encode_id("Warehouse", warehouse.legacy_id), warehouse_identifier: warehouse.identifier,
      on_hand: 100, available: 100, price: money(variant.price_minor), active: true,
    })),
  };
}
