// Look-up tables over the shop and over ShipHero's state, so that a busy test costs the same per request as a quiet one.
// They hold no data of their own: after a reset or a load they are built again from what is there.

import type { Order, OrderLine, Product, Shop, Variant, World } from "../world.ts";
import type { ReturnRow, ShipHeroState, WebhookRow } from "./state.ts";

export interface ProductRow { legacy_id: number; product: Product; variant: Variant }

const first_product_id = 600001;

export const same_sku = (sku: string): string => sku.trim().toLowerCase();

export class Tables {
  readonly orders_by_id = new Map<number, Order>();
  readonly orders_by_shopify_id = new Map<string, Order>();
  readonly orders_by_name = new Map<string, Order[]>();
  readonly products: ProductRow[] = [];
  readonly products_by_id = new Map<number, ProductRow>();
  readonly products_by_sku = new Map<string, ProductRow>();
  readonly products_by_barcode = new Map<string, ProductRow>();
  readonly returns_by_id = new Map<number, ReturnRow>();
  readonly returns_by_order = new Map<number, ReturnRow[]>();
  readonly returns_by_partner_id = new Map<string, ReturnRow[]>();
  readonly returns_by_tracking = new Map<string, ReturnRow[]>();
  readonly webhooks_by_id = new Map<number, WebhookRow>();
  private shop_orders_seen = 0;

  constructor(readonly shop: Shop, readonly state: ShipHeroState) {
    for (const product of shop.products) for (const variant of product.variants) this.add_product(product, variant);
    for (const order of state.exchange_orders) this.add_order(order);
    for (const row of state.returns) this.add_return(row);
    for (const row of state.webhooks) this.webhooks_by_id.set(row.legacy_id, row);
    this.catch_up();
  }

  /** The shop gains orders while the emulator runs; they are only ever appended. */
  catch_up(): void {
    const { orders } = this.shop;
    while (this.shop_orders_seen < orders.length) this.add_order(orders[this.shop_orders_seen++]!);
  }

  add_order(order: Order): void {
    this.orders_by_id.set(order.shiphero_id, order);
    if (order.shopify_id !== "") this.orders_by_shopify_id.set(order.shopify_id, order);
    push(this.orders_by_name, order.name, order);
  }

  add_return(row: ReturnRow): void {
    this.returns_by_id.set(row.legacy_id, row);
    push(this.returns_by_order, row.order_id, row);
    if (row.partner_id !== null) push(this.returns_by_partner_id, row.partner_id, row);
    for (const label of row.labels) push(this.returns_by_tracking, label.tracking_number, row);
  }

  private add_product(product: Product, variant: Variant): void {
    const row = { legacy_id: first_product_id + this.products.length, product, variant };
    this.products.push(row);
    this.products_by_id.set(row.legacy_id, row);
    this.products_by_sku.set(same_sku(variant.sku), row);
    if (variant.barcode !== "") this.products_by_barcode.set(variant.barcode, row);
  }
}

const kept = new WeakMap<World, Tables>();

export function tables_of(world: World): Tables {
  let tables = kept.get(world);
  if (!tables || tables.shop !== world.shop || tables.state !== world.shiphero) {
    tables = new Tables(world.shop, world.shiphero);
    kept.set(world, tables);
  }
  tables.catch_up();
  return tables;
}

export function line_of(order: Order, shiphero_line_id: number | null): OrderLine | null {
  return order.lines.find((line) => line.shiphero_line_id === shiphero_line_id) ?? null;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
