// order, orders, product, products. Orders and products are the shop's, as its import brought them here.

import type { Order } from "../world.ts";
import {
  acting_account_id, find_order, order_goes_missing, order_is_present, read_id, read_range, warehouse_by_id, type Call,
} from "./call.ts";
import { connection, type SortKeys } from "./connection.ts";
import { not_found } from "./errors.ts";
import { decode_either_id } from "./ids.ts";
import type { OperationDefinition } from "./operations.ts";
import { same_sku, type ProductRow } from "./tables.ts";
import { order_view, partner_order_id_of, product_created_at, product_view } from "./views.ts";

interface OrdersArgs {
  ids?: (string | null)[] | null; shop_name?: string | null; partner_order_id?: string | null; order_number?: string | null;
  warehouse_id?: string | null; allocated_warehouse_id?: string | null; fulfillment_status?: string | null;
  fulfillment_status_not_in?: string[] | null; sku?: string | null; email?: string | null; updated_from?: string | null;
  updated_to?: string | null; order_date_from?: string | null; order_date_to?: string | null; created_from?: string | null;
  created_to?: string | null; customer_account_id?: string | null; tag?: string | null; is_wholesale_order?: boolean | null;
}
interface ProductsArgs {
  sku?: string | null; created_from?: string | null; created_to?: string | null; updated_from?: string | null;
  updated_to?: string | null; customer_account_id?: string | null; has_kits?: boolean | null; tag?: string | null;
}

export const order_operations: Record<string, OperationDefinition> = {
  order: {
    kind: "query", scopes: ["view:orders"], into: "data",
    run: (args: { id: string }, call) => {
      const order = find_order(call, decode_either_id("Order", args.id));
      return order ? order_view(call, order) : unknown_object(call, "Order");
    },
  },
  orders: {
    kind: "query", scopes: ["view:orders"], into: "data",
    run: (args: OrdersArgs, call) => connection(matching_orders(call, args), (order) => order_view(call, order), order_sort),
  },
  product: {
    kind: "query", scopes: ["view:products"], into: "data",
    run: (args: { id?: string | null; sku?: string | null; barcode?: string | null; customer_account_id?: string | null }, call) => {
      acting_account_id(call, args.customer_account_id);
      const { products_by_id, products_by_sku, products_by_barcode } = call.tables;
      const row = args.id ? products_by_id.get(read_id(call, "Product", args.id) ?? -1)
        : args.sku ? products_by_sku.get(same_sku(args.sku)) : products_by_barcode.get(args.barcode ?? "");
      return row ? product_view(call, row) : unknown_object(call, "Product");
    },
  },
  products: {
    kind: "query", scopes: ["view:products"], into: "data",
    run: (args: ProductsArgs, call) => connection(matching_products(call, args), (row) => product_view(call, row), product_sort),
  },
};

/** What a look-up by id answers for an id that leads nowhere. */
export function unknown_object(call: Call, what: string): null {
  if (call.faults.return_null_with_no_error) return null;
  throw not_found(what);
}

const order_sort: SortKeys<Order> = {
  id: (order) => order.shiphero_id, created_at: (order) => order.created_at, updated_at: (order) => order.created_at,
  order_date: (order) => order.created_at, order_number: (order) => order.name,
};
const product_sort: SortKeys<ProductRow> = { id: (row) => row.legacy_id, sku: (row) => row.variant.sku, name: (row) => row.product.title };

function matching_orders(call: Call, args: OrdersArgs): Order[] {
  acting_account_id(call, args.customer_account_id);
  const tests = order_tests(call, args);
  return candidates(call, args).filter((order) => order_is_present(call, order) && tests.every((test) => test(order))
    && !order_goes_missing(call));
}

/** As few orders as the arguments allow without looking at each: the tables know ids, Shopify ids and names. */
function candidates(call: Call, args: OrdersArgs): Order[] {
  const { tables } = call;
  const one = (order: Order | undefined): Order[] => (order ? [order] : []);
  if (args.ids) return args.ids.flatMap((id) => one(tables.orders_by_id.get(read_id(call, "Order", id ?? "") ?? -1)));
  if (args.partner_order_id) {
    if (call.faults.order_id_field === "shopify_id") return one(tables.orders_by_shopify_id.get(args.partner_order_id));
    return tables.orders_by_name.get(args.partner_order_id) ?? [];
  }
  if (args.order_number) return tables.orders_by_name.get(args.order_number) ?? [];
  return [...tables.orders_by_id.values()];
}

function order_tests(call: Call, args: OrdersArgs): ((order: Order) => boolean)[] {
  const tests: ((order: Order) => boolean)[] = [];
  for (const name of ["created", "updated", "order_date"]) {
    const in_range = read_range(call, args, `${name}_from`, `${name}_to`);
    tests.push((order) => in_range(order.created_at));
  }
  if (args.partner_order_id) tests.push((order) => partner_order_id_of(call.faults, order) === args.partner_order_id);
  if (args.order_number) tests.push((order) => order.name === args.order_number);
  if (args.shop_name) tests.push(() => args.shop_name === call.world.shop.domain);
  if (args.email) tests.push((order) => order.email.toLowerCase() === args.email!.trim().toLowerCase());
  if (args.sku) tests.push((order) => order.lines.some((line) => same_sku(line.sku) === same_sku(args.sku!)));
  if (args.fulfillment_status) tests.push(() => args.fulfillment_status === "fulfilled");
  if (args.fulfillment_status_not_in?.includes("fulfilled")) tests.push(() => false);
  if (args.tag || args.is_wholesale_order) tests.push(() => false); // no order of the shop is tagged or wholesale
  for (const id of [args.warehouse_id, args.allocated_warehouse_id]) {
    const warehouse = id ? warehouse_by_id(call, read_id(call, "Warehouse", id) ?? -1) : null;
    if (id) tests.push(() => warehouse === call.state.warehouses[0]);
  }
  return tests;
}

function matching_products(call: Call, args: ProductsArgs): ProductRow[] {
  acting_account_id(call, args.customer_account_id);
  const outside = ["created", "updated"].some((name) => !read_range(call, args, `${name}_from`, `${name}_to`)(product_created_at));
  if (outside || args.has_kits === true || args.tag) return [];
  if (!args.sku) return call.tables.products;
  const row = call.tables.products_by_sku.get(same_sku(args.sku));
  return row ? [row] : [];
}
