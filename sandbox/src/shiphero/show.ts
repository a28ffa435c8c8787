// Returns and the account as the control API and the floor page see them: everything in one spelling, names included.

import type { World } from "../world.ts";
import { encode_id } from "./ids.ts";
import type { Quota } from "./quota.ts";
import { totals } from "./return_view.ts";
import type { ReturnRow } from "./state.ts";
import { same_sku, tables_of } from "./tables.ts";

export function show_return(world: World, row: ReturnRow) {
  const tables = tables_of(world);
  const order = tables.orders_by_id.get(row.order_id);
  const warehouse = world.shiphero.warehouses.find((one) => one.legacy_id === row.warehouse_id);
  return {
    ...row,
    uuid: encode_id("Return", row.legacy_id),
    order_name: order?.name ?? "",
    shopify_order_id: order?.shopify_id ?? "",
    customer: order ? `${order.customer.first_name} ${order.customer.last_name}` : "",
    warehouse: warehouse?.identifier ?? "",
    tracking_number: row.labels[0]?.tracking_number ?? null,
    totals: totals(row),
    items: row.items.map((item) => {
      const product = tables.products_by_sku.get(same_sku(item.sku));
      return {
        ...item, uuid: encode_id("ReturnItem", item.legacy_id),
        title: product?.product.title ?? item.sku, variant: product?.variant.title ?? "", barcode: product?.variant.barcode ?? "",
      };
    }),
  };
}

export type ShownReturn = ReturnType<typeof show_return>;

export function show_account(world: World, quota: Quota) {
  const { shiphero: state, faults: { shiphero: faults } } = world;
  return {
    webhooks: state.webhooks.map(({ secret: _secret, ...shown }) => shown),
    credits: { remaining: Math.floor(quota.remaining()), size: faults.bucket_size, per_second: faults.refill_per_second },
    requests_in_5_minutes: quota.requests_in_window(),
    statuses: state.statuses, scopes: state.scopes, warehouses: state.warehouses,
    refresh_revoked: state.auth.refresh_revoked,
  };
}

export type ShownAccount = ReturnType<typeof show_account>;
