// Section 4.2: the detailed list, details of one return, and the advanced shipping notice.
import type { World } from "../world.ts";
import { parse_date } from "./dates.ts";
import type { Call, Gate } from "./gate.ts";
import { money, WireNumber } from "./json.ts";
import { currency, order_of, overall_outcome, return_payload } from "./payloads.ts";
import { invalid, type Reply } from "./refusals.ts";
import { find_return, returns_of } from "./returns.ts";
import type { LoopLine, LoopReturn, ReturnState } from "./state.ts";

const day_ms = 24 * 3_600_000;
const longest_window_ms = 120 * day_ms;
const states: ReturnState[] = ["open", "closed", "cancelled", "expired", "review"];
// Cancelled returns and those in review are left out unless asked for by name.
const default_states: ReturnState[] = ["open", "closed", "expired"];

export function register_data_routes(gate: Gate, world: World): void {
  const scope = "returns";
  gate({ name: "list", method: "GET", path: "/warehouse/return/list", scope }, (call) => list(world, call));
  gate({ name: "details", method: "GET", path: "/warehouse/return/details", scope }, (call) => details(world, call));
  gate({ name: "asn", method: "GET", path: "/warehouse/reporting/asn", scope }, (call) => asn(world, call));
}

interface ListQuery {
  from: number;
  to: number;
  filter: "created_at" | "updated_at";
  states: ReturnState[];
}

function list(world: World, call: Call): Reply {
  const query = read_list_query(world, call.query);
  if ("status" in query) return query;
  const { from, to, filter } = query;
  const descending = world.faults.loop.list_order === "desc" ? -1 : 1;
  const found = world.loop.return_ids
    .map((id) => world.loop.returns[id]!)
    .filter((ret) => query.states.includes(ret.state))
    .filter((ret) => { const t = Date.parse(ret[filter]); return t >= from && t <= to; })
    .sort((a, b) => descending * compare(a, b, filter));
  if (!/^(true|1)$/i.test(call.query["paginate"] ?? "")) {
    return { status: 200, body: found.map((ret) => return_payload(world, ret, "list")) };
  }
  return page(world, call, found);
}

function read_list_query(world: World, query: Record<string, string>): ListQuery | Reply {
  const now = world.clock.now().getTime();
  const from = query["from"] ? parse_date(query["from"]) : undefined;
  const to = query["to"] ? parse_date(query["to"]) : undefined;
  if (from === null) return invalid({ from: ["The from is not a valid date."] });
  if (to === null) return invalid({ to: ["The to is not a valid date."] });
  const state = query["state"];
  if (state && !states.includes(state as ReturnState)) return invalid({ state: ["The selected state is invalid."] });
  const filter = query["filter"] || "created_at";
  if (filter !== "created_at" && filter !== "updated_at") return invalid({ filter: ["The selected filter is invalid."] });
  const wanted = state ? [state as ReturnState] : default_states;
  // `to` without `from` is ignored; `from` alone means the day after it.
  if (!from) return { from: now - day_ms, to: now, filter, states: wanted };
  const end = to ? to.getTime() : from.getTime() + day_ms;
  if (end < from.getTime()) return invalid({ to: ["The to must be a date after from."] });
  if (end - from.getTime() > longest_window_ms) return invalid({ to: ["The date range may not be greater than 120 days."] });
  return { from: from.getTime(), to: end, filter, states: wanted };
}

function compare(a: LoopReturn, b: LoopReturn, filter: "created_at" | "updated_at"): number {
  return a[filter].localeCompare(b[filter]) || a.id.length - b.id.length || a.id.localeCompare(b.id);
}

/** A cursor is a position in the result as it is now, so rows that move between pages can be seen twice or missed. */
function page(world: World, call: Call, found: LoopReturn[]): Reply {
  const most = world.faults.loop.list_page_size_max;
  const asked = call.query["pageSize"] ? Number(call.query["pageSize"]) : Math.min(100, most);
  if (!Number.isInteger(asked) || asked < 1) return invalid({ pageSize: ["The page size must be an integer."] });
  const size = Math.min(asked, most);
  const start = call.query["cursor"] ? read_cursor(call.query["cursor"]) : 0;
  if (start === null) return invalid({ cursor: ["The cursor is invalid."] });
  const url_at = (position: number) => {
    const query = new URLSearchParams({ paginate: "true", pageSize: String(size), cursor: write_cursor(position) });
    if (world.faults.loop.next_url_keeps_filters) {
      for (const key of ["from", "to", "filter", "state"]) if (call.query[key]) query.set(key, call.query[key]);
    }
    return `${world.base_url}${call.path}?${query}`;
  };
  return {
    status: 200,
    body: {
      returns: found.slice(start, start + size).map((ret) => return_payload(world, ret, "list")),
      nextPageUrl: start + size < found.length ? url_at(start + size) : null,
      previousPageUrl: start > 0 ? url_at(Math.max(0, start - size)) : null,
    },
  };
}

function write_cursor(position: number): string {
  return Buffer.from(JSON.stringify({ position })).toString("base64url");
}

function read_cursor(cursor: string): number | null {
  try {
    const position = (JSON.parse(Buffer.from(cursor, "base64url").toString()) as { position: unknown }).position;
    return typeof position === "number" && position >= 0 ? position : null;
  } catch {
    return null;
  }
}

function details(world: World, call: Call): Reply {
  const given = (["return_id", "order_id", "order_name"] as const).filter((key) => call.query[key]);
  if (given.length !== 1) return invalid({ return_id: ["Exactly one of return_id, order_id and order_name is required."] });
  const currency_type = call.query["currency_type"];
  if (currency_type && currency_type !== "shop" && currency_type !== "presentment") {
    return invalid({ currency_type: ["The selected currency type is invalid."] });
  }
  const key = given[0]!;
  const ret = key === "return_id" ? find_return(world, call.query[key]!) : return_of_order(world, key, call.query[key]!);
  if (!ret) {
    const message = "No return found with this ID.";
    return { status: 200, body: { error: { message } }, refused: message };
  }
  return { status: 200, body: return_payload(world, ret, "details") };
}

function return_of_order(world: World, key: "order_id" | "order_name", value: string): LoopReturn | undefined {
  const order = world.shop.orders.find((o) => (key === "order_id" ? o.shopify_id : o.name) === value);
  const found = order ? returns_of(world, order.name) : [];
  return world.faults.loop.details_of_order === "first" ? found[0] : found.at(-1);
}

/** One row per returned line item. Only the members whose names are known are written. */
function asn(world: World, call: Call): Reply {
  const now = world.clock.now();
  const midnight = (date: Date) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  // A date that cannot be read silently becomes the Unix epoch.
  const day = (text: string) => midnight(parse_date(text) ?? new Date(0));
  const from = call.query["from"] ? day(call.query["from"]) : midnight(now) - 7 * day_ms;
  const to = (call.query["to"] ? day(call.query["to"]) : midnight(now)) + day_ms;
  const column = world.faults.loop.asn_window;
  const rows = world.loop.return_ids
    .map((id) => world.loop.returns[id]!)
    .filter((ret) => { const t = Date.parse(ret[column]); return t >= from && t < to; })
    .flatMap((ret) => ret.lines.map((line) => asn_row(world, ret, line)));
  return { status: 200, body: rows };
}

function asn_row(world: World, ret: LoopReturn, line: LoopLine) {
  const order = order_of(world, ret);
  const label = ret.labels.at(-1);
  const id = (digits: string) => (world.faults.loop.asn_ids === "number" ? new WireNumber(digits) : digits);
  return {
    id: id(ret.id),
    return_line_item_id: id(line.line_item_id),
    order_id: id(String(order.loop_id)),
    order_name: order.name,
    state: ret.state,
    customer_email: order.email,
    title: line.title,
    purchase_price: money(line.price_minor),
    sku: line.sku,
    barcode: line.barcode,
    carrier: label?.carrier ?? "",
    label_status: label?.status ?? "pending",
    tracking_number: label?.tracking_number ?? "N/A",
    restock_status: null,
    currency,
    closed_at: ret.closed_at,
    updated_at: ret.updated_at,
    created_at: ret.created_at,
    outcome: overall_outcome(ret),
  };
}
