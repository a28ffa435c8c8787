// The receiving desk: one RMA open, its items counted, its status set, saved as often as one likes.
import { act, api, by_id, draw, h, picture, when } from "./kit.js";
import { add_extra, changed_lines, count_unit, desk, keep_draft, line_of, set_all_fine, type DraftLine } from "./floor_draft.js";
import { status_chip } from "./floor_list.js";
import { count } from "./floor_parcels.js";
import type { CatalogItem, FloorData, OpenRma } from "./floor_types.js";

let redraw: () => void = () => undefined;

export const shown_rma = (): number | null => desk.rma?.legacy_id ?? null;

/** Counts one unit of the open RMA when the code is one of its products; says so, or null when it is not. */
export function count_scanned(code: string): string | null {
  const wanted = code.toLowerCase();
  const item = desk.rma?.items.find((one) => one.barcode === code || one.sku.toLowerCase() === wanted);
  if (!item) return null;
  const same = desk.rma!.items.filter((one) => one.sku === item.sku);
  // Lines of one SKU are filled one after the other; what is too much goes to the last.
  const target = same.find((one) => line_of(one).received < one.quantity) ?? same.at(-1)!;
  count_unit(target, 1);
  redraw();
  return `${item.title} ${item.variant}: ${line_of(target).received} of ${target.quantity}`;
}

export function draw_desk(data: FloorData, catalog: CatalogItem[], close: () => void): void {
  keep_draft(data.open);
  const section = by_id("desk");
  section.hidden = data.open === null;
  if (data.open === null) return;
  const rma = data.open;
  redraw = () => draw(section, [rma.legacy_id, rma.updated_at, desk.version, data.account.statuses], () => [
    heading(rma, close), items(rma), extras(catalog), finish(rma, data.account.statuses), history(rma),
  ]);
  redraw();
}

function heading(rma: OpenRma, close: () => void): HTMLElement {
  return h("div", { class: "desk-head" },
    h("div", { class: "stack desk-title" },
      h("div", { class: "row" }, h("h2", { id: "desk-title" }, `RMA ${rma.legacy_id}`), status_chip(rma.status)),
      h("p", { class: "muted" }, `Order ${rma.order_name}, ${rma.customer}. ${rma.reason}`.trim())),
    h("dl", { class: "facts small" },
      h("dt", {}, "Tracking"), h("dd", { class: "mono" }, rma.tracking_number ?? "none"),
      h("dt", {}, "Reference"), h("dd", { class: "mono" }, rma.partner_id ?? "none"),
      h("dt", {}, "Warehouse"), h("dd", {}, rma.warehouse)),
    h("button", { class: "quiet small", type: "button", id: "close-desk", onclick: close }, "Close"));
}

function items(rma: OpenRma): HTMLElement {
  return h("div", { class: "stack" },
    h("div", { class: "row between" },
      h("h3", {}, "What was in the parcel"),
      h("button", { type: "button", class: "small", id: "all-fine", onclick: () => { set_all_fine(rma); redraw(); } }, "Everything came, all sellable")),
    h("ul", { class: "lines" }, rma.items.map((item) => {
      const line = line_of(item);
      return h("li", { class: "item" }, picture(item.sku, 84),
        h("div", { class: "item-words" },
          h("b", {}, item.title), h("span", { class: "muted small" }, `${item.variant} · ${item.sku}`),
          item.reason ? h("span", { class: "small" }, `“${item.reason}”`) : null,
          item.quantity === 0 ? h("span", { class: "small over-note" }, "Nobody announced this one") : difference(line, item.quantity)),
        stepper(`received-${item.legacy_id}`, "Received", line.received, item.quantity === 0 ? "extra" : `of ${item.quantity}`, (n) => {
          count_unit(item, n - line.received);
          redraw();
        }),
        stepper(`restock-${item.legacy_id}`, "To restock", line.restock, "back to stock", (n) => {
          line.restock = Math.min(n, line.received);
          line.restock_touched = line.touched = true;
          desk.version++;
          redraw();
        }),
        condition(item.legacy_id, line));
    }), desk.extras.map((line) => h("li", { class: "item" }, picture(line.sku, 84),
      h("div", { class: "item-words" }, h("b", {}, line.title), h("span", { class: "muted small" }, line.sku), h("span", { class: "small over-note" }, "Not on the RMA")),
      stepper(`extra-${line.sku}`, "Received", line.received, "extra", (n) => { line.received = n; line.restock = Math.min(line.restock, n); desk.version++; redraw(); }),
      stepper(`extra-restock-${line.sku}`, "To restock", line.restock, "back to stock", (n) => { line.restock = Math.min(n, line.received); desk.version++; redraw(); }),
      condition(`extra-${line.sku}`, line)))));
}

function difference(line: DraftLine, expected: number): HTMLElement | null {
  if (!line.touched && line.received === 0) return null;
  if (line.received === expected) return line.restock < line.received ? h("span", { class: "small short-note" }, `${line.received - line.restock} not sellable`) : null;
  return line.received < expected
    ? h("span", { class: "small short-note" }, `${count(expected - line.received, "unit")} missing`)
    : h("span", { class: "small over-note" }, `${line.received - expected} more than announced`);
}

function stepper(id: string, name: string, value: number, note: string, set: (n: number) => void): HTMLElement {
  const step = (by: number, sign: string, words: string) => h("button", {
    type: "button", id: `${id}-${words}`, "aria-label": `${name}: one ${words}`, disabled: value + by < 0, onclick: () => set(value + by),
  }, sign);
  return h("div", { class: "stepper", role: "group", "aria-label": name },
    h("span", { class: "stepper-name" }, name),
    h("div", { class: "stepper-keys" }, step(-1, "−", "less"),
      h("input", {
        type: "number", id, min: 0, value, inputmode: "numeric", "aria-label": name,
        onchange: (event) => set(Math.max(0, Math.floor(Number((event.currentTarget as HTMLInputElement).value) || 0))),
      }), step(1, "+", "more")),
    h("span", { class: "muted small" }, note));
}

const conditions = ["New", "Opened", "Worn", "Stained", "Damaged", "Wrong item"];

function condition(key: number | string, line: DraftLine): HTMLElement {
  return h("label", { class: "field condition" }, h("span", {}, "Condition"),
    h("input", {
      type: "text", id: `condition-${key}`, value: line.condition, list: "conditions", placeholder: "Not stated",
      oninput: (event) => { // no redraw: it would take the word away while it is typed
        line.condition = (event.currentTarget as HTMLInputElement).value;
        line.touched = true;
      },
    }));
}

function extras(catalog: CatalogItem[]): HTMLElement {
  const select = h("select", { id: "extra-sku", "aria-label": "Product nobody announced" },
    catalog.map((item) => h("option", { value: item.sku }, `${item.title}, ${item.variant} (${item.sku})`)));
  return h("details", { id: "extras", open: desk.extras_open, ontoggle: (event) => { desk.extras_open = (event.currentTarget as HTMLDetailsElement).open; } },
    h("summary", {}, "Something else was in the parcel"),
    h("datalist", { id: "conditions" }, conditions.map((value) => h("option", { value }))),
    h("div", { class: "row" }, h("div", { class: "extra-select" }, select),
      h("button", { type: "button", id: "add-extra", onclick: () => {
        add_extra(catalog.find((item) => item.sku === select.value)!);
        redraw();
      } }, "Add it")));
}

function finish(rma: OpenRma, statuses: string[]): HTMLElement {
  const chosen = desk.status ?? rma.status;
  const choose = (status: string | null) => { desk.status = status; desk.version++; redraw(); };
  const known = statuses.includes(rma.status) ? statuses : [...statuses, rma.status];
  const custom = desk.status !== null && !known.includes(desk.status);
  const save = h("button", { type: "submit", class: "primary", id: "save" }, chosen === rma.status ? "Save" : custom && chosen.trim() === "" ? "Save" : `Save as ${chosen}`);
  return h("form", { class: "finish", onsubmit: (event) => {
    event.preventDefault();
    void act(save, () => send(rma), "Saved. ShipHero tells its webhooks.");
  } },
  h("fieldset", {}, h("legend", {}, "Status after saving"),
    h("div", { class: "pills" }, known.map((status) => h("label", { class: "pill" },
      h("input", { type: "radio", name: "status", id: `status-${status}`, value: status, checked: !custom && status === chosen, onchange: () => choose(status) }), h("span", {}, status))),
    h("label", { class: "pill" }, h("input", { type: "radio", name: "status", id: "status-own", checked: custom, onchange: () => choose("") }), h("span", {}, "Other words"))),
    custom ? h("input", { type: "text", id: "own-status", class: "own-status", value: desk.status ?? "", placeholder: "Any text, as people type it", "aria-label": "Status in other words",
      oninput: (event) => { desk.status = (event.currentTarget as HTMLInputElement).value; } }) : null),
  h("div", { class: "row" }, save,
    rma.stage === "finished" ? h("button", { type: "button", id: "reopen", onclick: (event) => void act(event.currentTarget as HTMLButtonElement,
      () => api("POST", `/_control/shiphero/returns/${rma.legacy_id}/reopen`), "Open again") }, "Reopen") : null));
}

async function send(rma: OpenRma): Promise<void> {
  const lines = changed_lines(rma);
  const status = desk.status?.trim();
  const new_status = status !== undefined && status !== "" && status !== rma.status ? status : undefined;
  if (lines.length === 0 && new_status === undefined) throw new Error("Nothing has changed since the last save.");
  const path = `/_control/shiphero/returns/${rma.legacy_id}`;
  if (lines.length === 0) await api("POST", `${path}/status`, { status: new_status });
  else await api("POST", `${path}/receive`, { lines, ...(new_status === undefined ? {} : { status: new_status }) });
  keep_draft(null);
}

function history(rma: OpenRma): HTMLElement {
  const plain = (html: string) => new DOMParser().parseFromString(html, "text/html").body.textContent ?? "";
  return h("details", { id: "desk-history", open: desk.history_open, ontoggle: (event) => { desk.history_open = (event.currentTarget as HTMLDetailsElement).open; } },
    h("summary", {}, `History (${rma.history.length})`),
    h("ol", { class: "timeline" }, rma.history.map((entry) => h("li", {}, h("span", {}, plain(entry.body)), h("time", { datetime: entry.created_at }, when(entry.created_at))))));
}
