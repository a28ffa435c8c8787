// What a resolver has at hand for one HTTP request, and the look-ups most of them share.

import type { Order, World } from "../world.ts";
import { not_found, other_error } from "./errors.ts";
import type { ShipHeroFaults } from "./faults.ts";
import { decode_either_id, decode_id, type EntityType } from "./ids.ts";
import type { Quota } from "./quota.ts";
import type { ReturnRow, ShipHeroState, WarehouseRow } from "./state.ts";
import { tables_of, type Tables } from "./tables.ts";
import { parse_time, wire_time } from "./time.ts";

export interface Call {
  world: World; state: ShipHeroState; faults: ShipHeroFaults; tables: Tables; quota: Quota;
  request_id: string;
  /** What the request is about, for the request log. */
  ref: string;
  /** Without it personal fields are null, silently. */
  show_pii: boolean;
  /** By response key of the top-level field: what it was estimated to cost, what was taken, rows answered. */
  meters: Map<string | number, Meter>;
}
export interface Meter { estimate: number; reserved: number; rows: number; refundable: boolean }

export function new_call(world: World, quota: Quota): Call {
  const { faults: { shiphero: faults }, shiphero: state } = world;
  return {
    world, state, faults, quota, tables: tables_of(world), request_id: new_request_id(world), ref: "",
    show_pii: !faults.pii_null && state.scopes.includes("view:pii"), meters: new Map(),
  };
}

/** 24 hex digits: seconds, then chance. */
export function new_request_id(world: World): string {
  const seconds = Math.floor(world.clock.now().getTime() / 1000).toString(16).padStart(8, "0");
  return seconds + random_hex(world, 16);
}

export function random_hex(world: World, digits: number): string {
  let text = "";
  while (text.length < digits) text += Math.floor(world.random() * 0x10000).toString(16).padStart(4, "0");
  return text.slice(0, digits);
}

/** An id given where only opaque ids are documented. */
export function read_id(call: Call, type: EntityType, id: string): number | null {
  return call.faults.legacy_ids_everywhere ? decode_either_id(type, id) : decode_id(type, id);
}

export function now_iso(call: Call): string {
  return call.world.clock.now().toISOString();
}

/** In wire form and UTC, or null when the argument was not given. */
export function read_time(call: Call, name: string, text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const time = parse_time(text);
  if (time === null || (time.zoned && !call.faults.accept_zoned_datetime)) {
    throw other_error(call.faults, `Invalid value for ${name}: expected YYYY-mm-dd, YYYY-mm-dd HH:MM:SS or YYYY-mm-ddTHH:MM:SS`);
  }
  return time.text;
}

/** Whether a time of the state lies between two arguments. Both ends belong to the range, in whole seconds. */
export function read_range(call: Call, args: object, from_name: string, to_name: string): (iso: string) => boolean {
  const given = args as Record<string, string | null | undefined>;
  const from = read_time(call, from_name, given[from_name]);
  const to = read_time(call, to_name, given[to_name]);
  return (iso) => (from === null || iso >= from) && (to === null || wire_time(iso) <= to);
}

/** The account the token belongs to: the shop's own, or the 3PL's when the shop is its customer. */
export function own_account_id(call: Call): number {
  return call.faults.child_account_rule ? call.state.three_pl.legacy_id : call.state.merchant.legacy_id;
}

/** The account acted for. Without an argument it is the token's own; an account that is not ours is not found. */
export function acting_account_id(call: Call, customer_account_id: string | null | undefined): number {
  if (customer_account_id === null || customer_account_id === undefined) return own_account_id(call);
  const id = read_id(call, "Account", customer_account_id);
  if (id !== call.state.merchant.legacy_id && id !== own_account_id(call)) throw not_found("Account");
  return id;
}

export function visible_warehouses(call: Call, account_id: number): WarehouseRow[] {
  if (account_id === call.state.merchant.legacy_id) return call.state.warehouses;
  return call.state.warehouses.filter((warehouse) => warehouse.owner === "three_pl");
}

export function warehouse_by_id(call: Call, legacy_id: number): WarehouseRow | null {
  return call.state.warehouses.find((warehouse) => warehouse.legacy_id === legacy_id) ?? null;
}

/** A 3PL sees its customer's return only when it comes to a warehouse of the 3PL, unless it acts for the customer. */
export function return_is_visible(call: Call, row: ReturnRow, account_id: number): boolean {
  if (account_id === call.state.merchant.legacy_id) return true;
  return warehouse_by_id(call, row.warehouse_id)?.owner === "three_pl";
}

/** Whether the order ever reached ShipHero. */
export function order_is_present(call: Call, order: Order): boolean {
  return !not_imported(call.faults).has(order.name);
}

/** The switch `order_missing` is drawn at every look-up of an order that is there. */
export function order_goes_missing(call: Call): boolean {
  return call.faults.order_missing > 0 && call.world.random() < call.faults.order_missing;
}

const not_imported_sets = new WeakMap<string[], { size: number; names: Set<string> }>();

function not_imported(faults: ShipHeroFaults): Set<string> {
  const list = faults.order_not_imported;
  let kept = not_imported_sets.get(list);
  if (!kept || kept.size !== list.length) {
    kept = { size: list.length, names: new Set(list) };
    not_imported_sets.set(list, kept);
  }
  return kept.names;
}

export function find_order(call: Call, legacy_id: number | null): Order | null {
  const order = legacy_id === null ? undefined : call.tables.orders_by_id.get(legacy_id);
  return order && order_is_present(call, order) && !order_goes_missing(call) ? order : null;
}

export function find_return(call: Call, legacy_id: number | null): ReturnRow | null {
  const row = legacy_id === null ? undefined : call.tables.returns_by_id.get(legacy_id);
  return row && return_is_visible(call, row, own_account_id(call)) ? row : null;
}
