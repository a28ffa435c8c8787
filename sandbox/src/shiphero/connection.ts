// Relay paging as ShipHero does it: cursors are offsets, so rows shift between pages while data changes.

import type { GraphQLResolveInfo } from "graphql";
import type { Call } from "./call.ts";
import { other_error } from "./errors.ts";

export interface PageArgs { first?: number | null; last?: number | null; before?: string | null; after?: string | null; sort?: string | null }
export type SortKeys<Row> = Record<string, (row: Row) => string | number>;

export const page_size_max = 100;

/** The field resolver of a connection over these rows. Rows not asked for are never turned into objects. */
export function connection<Row>(rows: readonly Row[], view: (row: Row) => unknown, sort_keys: SortKeys<Row> = {}) {
  return (args: PageArgs, call: Call, info: GraphQLResolveInfo) => {
    const ordered = args.sort ? sorted(call, rows, args.sort, sort_keys) : rows;
    const { from, to } = window_of(call, args, ordered.length);
    count_rows(call, info, to - from);
    const edges = ordered.slice(from, to).map((row, i) => ({ cursor: to_cursor(from + i), node: () => view(row) }));
    return {
      total_count: ordered.length,
      edges,
      pageInfo: {
        hasNextPage: to < ordered.length, hasPreviousPage: from > 0,
        startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  };
}

export function window_of(call: Call, args: PageArgs, length: number): { from: number; to: number } {
  for (const name of ["first", "last"] as const) {
    if ((args[name] ?? 0) < 0) throw other_error(call.faults, `Argument "${name}" must be a non-negative integer`);
  }
  let from = args.after ? Math.min(from_cursor(call, args.after) + 1, length) : 0;
  let to = args.before ? Math.min(from_cursor(call, args.before), length) : length;
  if (args.first === null || args.first === undefined) {
    const size = Math.min(args.last ?? page_size_max, page_size_max);
    if (args.last !== null && args.last !== undefined) from = Math.max(from, to - size);
    else to = Math.min(to, from + size);
  } else {
    to = Math.min(to, from + Math.min(args.first, page_size_max));
  }
  return { from, to: Math.max(from, to) };
}

/** Unused rows are credited back, so every connection says how many it gave. */
export function count_rows(call: Call, info: GraphQLResolveInfo, rows: number): void {
  let path = info.path;
  while (path.prev) path = path.prev;
  const meter = call.meters.get(path.key);
  if (meter) meter.rows += rows;
}

const cursor_prefix = "arrayconnection:";

export function to_cursor(offset: number): string {
  return Buffer.from(cursor_prefix + offset, "latin1").toString("base64");
}

function from_cursor(call: Call, cursor: string): number {
  const text = Buffer.from(cursor, "base64").toString("latin1");
  const offset = text.startsWith(cursor_prefix) ? Number(text.slice(cursor_prefix.length)) : NaN;
  if (!Number.isInteger(offset) || offset < 0) throw other_error(call.faults, "Invalid cursor");
  return offset;
}

function sorted<Row>(call: Call, rows: readonly Row[], sort: string, keys: SortKeys<Row>): Row[] {
  const key = keys[sort.replace(/^-/, "")];
  if (!key) throw other_error(call.faults, `Cannot sort by "${sort}"`);
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x < y ? -sign : x > y ? sign : 0;
  });
}
