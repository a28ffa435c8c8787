// Exchanges made inside ShipHero: a new order linked to the original one. With Loop in the picture exchange orders come
// from Shopify, so whoever uses this gets two; the books show it.

import type { Order } from "../world.ts";
import type { Call } from "./call.ts";
import { not_found } from "./errors.ts";
import { record_on_return } from "./returns_store.ts";
import { take_id, type ExchangeRow, type ReturnRow } from "./state.ts";
import { same_sku } from "./tables.ts";

export interface WantedExchange { return_item_id: number; exchange_product_sku: string; quantity: number }

export function add_exchange(call: Call, row: ReturnRow, wanted: WantedExchange[]): ExchangeRow {
  const { state, tables } = call;
  const original = tables.orders_by_id.get(row.order_id)!;
  const products = wanted.map((item) => {
    const product = tables.products_by_sku.get(same_sku(item.exchange_product_sku));
    if (!product) throw not_found("Product");
    return product;
  });
  const id = take_id(state, "exchange_order");
  const order: Order = {
    ...original, shopify_id: "", name: `${original.name}-EX${row.exchanges.length + 1}`, shiphero_id: id,
    created_at: call.world.clock.now().toISOString(),
    lines: wanted.map((item, i) => ({
      shopify_line_id: "", sku: products[i]!.variant.sku, variant_id: products[i]!.variant.id, product_id: products[i]!.product.id,
      title: products[i]!.product.title, quantity: item.quantity, price_minor: 0, shiphero_line_id: id * 100 + i,
    })),
  };
  state.exchange_orders.push(order);
  tables.add_order(order);
  const exchange: ExchangeRow = {
    legacy_id: take_id(state, "exchange"), exchange_order_id: id,
    items: wanted.map((item, i) => ({
      legacy_id: take_id(state, "exchange_item"), return_item_id: item.return_item_id, sku: products[i]!.variant.sku, quantity: item.quantity,
    })),
  };
  row.exchanges.push(exchange);
  record_on_return(call.world, row, "rma.exchange_order", { by: "api", exchange_order: order.name });
  return exchange;
}
