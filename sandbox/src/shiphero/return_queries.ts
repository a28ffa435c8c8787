// return, returns, return_exchange.

import { acting_account_id, find_return, own_account_id, read_id, read_range, return_is_visible, type Call } from "./call.ts";
import { connection, type SortKeys } from "./connection.ts";
import { not_found } from "./errors.ts";
import { decode_either_id } from "./ids.ts";
import type { OperationDefinition } from "./operations.ts";
import { unknown_object } from "./order_operations.ts";
import { exchange_view, return_view } from "./return_view.ts";
import type { ReturnRow } from "./state.ts";

interface ReturnsArgs {
  order_id?: string | null; warehouse_id?: string | null; date_from?: string | null; date_to?: string | null;
  updated_from?: string | null; updated_to?: string | null; customer_account_id?: string | null; tracking_number?: string | null;
}

const sort_keys: SortKeys<ReturnRow> = {
  id: (row) => row.legacy_id, created_at: (row) => row.created_at, status: (row) => row.status,
};

export const return_queries: Record<string, OperationDefinition> = {
  return: {
    kind: "query", scopes: ["view:returns"], into: "data",
    run: (args: { id: string }, call) => {
      const row = find_return(call, decode_either_id("Return", args.id));
      return row ? return_view(call, row) : unknown_object(call, "Return");
    },
  },
  returns: {
    kind: "query", scopes: ["view:returns"], into: "data",
    run: (args: ReturnsArgs, call) => connection(matching(call, args), (row) => return_view(call, row), sort_keys),
  },
  return_exchange: {
    kind: "query", scopes: ["view:returns"], into: "data",
    run: (args: { id: string }, call) => {
      const id = read_id(call, "ReturnExchange", args.id);
      const row = call.state.returns.find((r) => r.exchanges.some((exchange) => exchange.legacy_id === id));
      if (!row || !return_is_visible(call, row, own_account_id(call))) return unknown_object(call, "Return exchange");
      return exchange_view(call, row, row.exchanges.find((exchange) => exchange.legacy_id === id)!);
    },
  },
};

function matching(call: Call, args: ReturnsArgs): ReturnRow[] {
  const account_id = acting_account_id(call, args.customer_account_id);
  const warehouse_id = args.warehouse_id ? read_id(call, "Warehouse", args.warehouse_id) : null;
  if (args.warehouse_id && warehouse_id === null) throw not_found("Warehouse");
  const created = read_range(call, args, "date_from", "date_to");
  const updated = read_range(call, args, "updated_from", "updated_to");
  return candidates(call, args).filter((row) =>
    return_is_visible(call, row, account_id)
    && (warehouse_id === null || row.warehouse_id === warehouse_id)
    && created(row.created_at)
    && updated(row.updated_at));
}

function candidates(call: Call, args: ReturnsArgs): ReturnRow[] {
  const { tables, state } = call;
  const by_tracking = args.tracking_number ? (tables.returns_by_tracking.get(args.tracking_number.trim()) ?? []) : null;
  if (!args.order_id) return by_tracking ?? state.returns;
  const order_id = read_id(call, "Order", args.order_id);
  if (order_id === null) throw not_found("Order");
  if (by_tracking) return by_tracking.filter((row) => row.order_id === order_id);
  return tables.returns_by_order.get(order_id) ?? [];
}
