// What the floor page shows: parcels as the carrier sees them joined with RMAs as ShipHero knows them.
import { default_shiphero_faults, shiphero_fault_choices } from "../shiphero/faults.ts";
import { show_account, show_return } from "../shiphero/show.ts";
import type { ReturnRow } from "../shiphero/state.ts";
import { tables_of } from "../shiphero/tables.ts";
import { find_order } from "../shop/orders.ts";
import type { World } from "../world.ts";
import type { FloorAccount, FloorData, Found, OpenRma, Parcel, RmaSummary, Switches } from "./client/floor_types.ts";

// A page a person looks at; a load test may make thousands.
const parcels_looked_at = 300;
const rmas_shown = 200;
const answers_shown = 10;

type ShowQuota = Parameters<typeof show_account>[1];

export function floor_data(world: World, quota: ShowQuota, open_id: number | null): FloorData {
  const open = open_id === null ? undefined : tables_of(world).returns_by_id.get(open_id);
  return {
    parcels: parcels(world),
    rmas: world.shiphero.returns.slice(-rmas_shown).reverse().map((row) => summary(world, row)),
    rma_count: world.shiphero.returns.length,
    open: open ? open_rma(world, open) : null,
    account: account(world, quota),
    switches: world.faults.shiphero as unknown as Switches,
    switch_defaults: default_shiphero_faults() as unknown as Switches,
    switch_choices: shiphero_fault_choices,
  };
}

function summary(world: World, row: ReturnRow): RmaSummary {
  const shown = show_return(world, row);
  const { expected, received, restocked } = shown.totals;
  return {
    legacy_id: row.legacy_id, order_name: shown.order_name, customer: shown.customer, partner_id: row.partner_id, status: row.status,
    stage: is_finished(row) ? "finished" : received > 0 ? "started" : "waiting", expected, received, restocked,
    tracking_number: shown.tracking_number, warehouse: shown.warehouse, updated_at: row.updated_at,
    units: row.items.map(({ sku, quantity }) => ({ sku, quantity })),
  };
}

function open_rma(world: World, row: ReturnRow): OpenRma {
  const shown = show_return(world, row);
  return {
    ...summary(world, row), uuid: shown.uuid, reason: row.reason, created_at: row.created_at,
    items: shown.items.map(({ legacy_id, sku, title, variant, barcode, quantity, quantity_received, restock, condition, reason }) =>
      ({ legacy_id, sku, title, variant, barcode, quantity, quantity_received, restock, condition, reason })),
    history: row.history.map(({ created_at, body }) => ({ created_at, body })).reverse(),
  };
}

function account(world: World, quota: ShowQuota): FloorAccount {
  const { statuses, webhooks, credits, requests_in_5_minutes, refresh_revoked } = show_account(world, quota);
  const answers = (id: number) => world.shiphero.call_logs.filter((log) => log.webhook_id === id).slice(-answers_shown).map((log) => log.status_code);
  return {
    statuses, credits, requests_in_5_minutes, refresh_revoked, requests_allowed: world.faults.shiphero.requests_per_5_minutes,
    webhooks: webhooks.map(({ legacy_id, name, url, enabled, health }) => ({ legacy_id, name, url, enabled, health, answers: answers(legacy_id) })),
  };
}

/** Everything still to come or standing at the dock. What has been dealt with is in the list of RMAs only. */
function parcels(world: World): Parcel[] {
  const tables = tables_of(world);
  const found: Parcel[] = [];
  const matched = new Set<number>();
  const by_loop_id = rmas_by_number(world);
  for (const id of world.loop.return_ids.slice(-parcels_looked_at)) {
    const ret = world.loop.returns[id]!;
    const label = ret.labels.at(-1);
    if (!label || ret.state === "cancelled") continue;
    const row = by_loop_id.get(id) ?? tables.returns_by_tracking.get(label.tracking_number)?.at(-1) ?? null;
    if (row) matched.add(row.legacy_id);
    if (row ? is_finished(row) : ret.state === "closed") continue;
    const order = find_order(world.shop, ret.order_name);
    found.push({
      tracking_number: label.tracking_number, carrier: label.carrier, status: label.status, loop_id: id, rma_id: row?.legacy_id ?? null,
      order_name: ret.order_name, customer: order ? `${order.customer.first_name} ${order.customer.last_name}` : "",
      units: count_units(ret.lines.map((line) => line.sku)),
    });
  }
  for (const row of world.shiphero.returns.slice(-parcels_looked_at)) {
    const label = row.labels.at(-1);
    if (!label || matched.has(row.legacy_id) || is_finished(row)) continue;
    const { order_name, customer, units } = summary(world, row);
    found.push({
      tracking_number: label.tracking_number, carrier: label.carrier, status: "unknown", loop_id: null, rma_id: row.legacy_id,
      order_name, customer, units,
    });
  }
  return found;
}

/** RMAs by every number in the client's reference: "1673", "loop-1673" and "loop-1673-2" all belong to Loop's 1673. */
function rmas_by_number(world: World): Map<string, ReturnRow> {
  const found = new Map<string, ReturnRow>();
  for (const row of world.shiphero.returns.slice(-parcels_looked_at)) {
    for (const digits of row.partner_id?.match(/\d+/g) ?? []) found.set(digits, row);
  }
  return found;
}

function is_finished(row: ReturnRow): boolean {
  return row.status.trim().toLowerCase() !== "pending";
}

function count_units(skus: string[]): { sku: string; quantity: number }[] {
  const counts = new Map<string, number>();
  for (const sku of skus) counts.set(sku, (counts.get(sku) ?? 0) + 1);
  return [...counts].map(([sku, quantity]) => ({ sku, quantity }));
}

/** A code from the scanner or the keyboard: tracking number, RMA number, the client's reference, or an order. */
export function find_by_code(world: World, code: string): Found {
  const { returns_by_tracking, returns_by_id, returns_by_partner_id, orders_by_name, returns_by_order } = tables_of(world);
  const wanted = code.trim();
  if (wanted === "") return { rma_id: null, message: "Scan or type a code first." };
  const named = orders_by_name.get(wanted) ?? orders_by_name.get(`#${wanted}`) ?? [];
  const row = returns_by_tracking.get(wanted)?.at(-1)
    ?? returns_by_tracking.get(wanted.toUpperCase())?.at(-1)
    ?? (/^\d{1,15}$/.test(wanted) ? returns_by_id.get(Number(wanted)) : undefined)
    ?? returns_by_partner_id.get(wanted)?.at(-1)
    ?? named.flatMap((order) => returns_by_order.get(order.shiphero_id) ?? []).at(-1);
  if (row) return { rma_id: row.legacy_id, message: `RMA ${row.legacy_id}` };
  const parcel = parcels(world).find((one) => one.tracking_number.toUpperCase() === wanted.toUpperCase());
  if (parcel) return { rma_id: null, message: `Parcel of order ${parcel.order_name}: ShipHero has no RMA for it yet.` };
  return { rma_id: null, message: `Nothing here is called ${wanted}.` };
}
