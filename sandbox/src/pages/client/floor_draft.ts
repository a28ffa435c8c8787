// What has been counted at the desk and not saved yet. It survives live updates, and is dropped with the RMA.
import type { CatalogItem, OpenRma, RmaItem } from "./floor_types.js";

export interface DraftLine {
  sku: string;
  title: string;
  received: number;
  restock: number;
  condition: string;
  /** Changed here; only such lines are saved. */
  touched: boolean;
  /** Until a person says otherwise, what is received goes back to stock. */
  restock_touched: boolean;
}

export interface Desk {
  rma: OpenRma | null;
  lines: Map<number, DraftLine>;
  extras: DraftLine[];
  /** Null = leave it as it is. */
  status: string | null;
  extras_open: boolean;
  history_open: boolean;
  /** Goes up when something that is drawn has changed. */
  version: number;
}

export const desk: Desk = { rma: null, lines: new Map(), extras: [], status: null, extras_open: false, history_open: true, version: 0 };

/** Takes in what the server says now; counts of the same RMA that were changed here are kept. Null forgets the draft. */
export function keep_draft(rma: OpenRma | null): void {
  if (rma === null || desk.rma?.legacy_id !== rma.legacy_id) {
    desk.lines = new Map();
    desk.extras = [];
    desk.status = null;
    desk.extras_open = false;
    desk.version++;
  }
  if (rma !== null) {
    for (const [id, line] of desk.lines) if (!line.touched) desk.lines.delete(id);
  }
  desk.rma = rma;
}

export function line_of(item: RmaItem): DraftLine {
  let line = desk.lines.get(item.legacy_id);
  if (!line) {
    line = {
      sku: item.sku, title: item.title, received: item.quantity_received, restock: item.restock, condition: item.condition ?? "",
      touched: false, restock_touched: item.restock !== item.quantity_received,
    };
    desk.lines.set(item.legacy_id, line);
  }
  return line;
}

export function count_unit(item: RmaItem, by: number): void {
  const line = line_of(item);
  line.received = Math.max(0, line.received + by);
  line.restock = line.restock_touched ? Math.min(line.restock, line.received) : line.received;
  line.touched = true;
  desk.version++;
}

export function set_all_fine(rma: OpenRma): void {
  for (const item of rma.items) {
    const line = line_of(item);
    line.received = line.restock = item.quantity;
    line.touched = true;
    line.restock_touched = false;
  }
  desk.status = "Warehouse Complete";
  desk.version++;
}

export function add_extra(item: CatalogItem): void {
  const there = desk.extras.find((line) => line.sku === item.sku);
  if (there) there.received++;
  else desk.extras.push({ sku: item.sku, title: `${item.title}, ${item.variant}`, received: 1, restock: 0, condition: "", touched: true, restock_touched: true });
  desk.version++;
}

/** The lines as the control API takes them: totals so far, of lines changed here. */
export function changed_lines(rma: OpenRma) {
  const one = (line: DraftLine) => ({
    sku: line.sku, received: line.received, restock: line.restock, ...(line.condition.trim() === "" ? {} : { condition: line.condition.trim() }),
  });
  const on_rma = rma.items.filter((item) => desk.lines.get(item.legacy_id)?.touched).map((item) => ({ id: item.legacy_id, ...one(line_of(item)) }));
  const extras = desk.extras.filter((line) => line.received > 0).map((line) => ({ ...one(line), extra: true }));
  return [...on_rma, ...extras];
}
