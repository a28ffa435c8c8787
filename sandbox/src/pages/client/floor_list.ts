// All RMAs, newest first, with what is left to do on each.
import { by_id, chip, draw, h, picture, when } from "./kit.js";
import type { FloorData, RmaSummary } from "./floor_types.js";

type Tab = RmaSummary["stage"] | "all";
const tabs: [Tab, string][] = [["waiting", "Expected"], ["started", "Started"], ["finished", "Finished"], ["all", "All"]];

let tab: Tab = "all";
let latest: FloorData | null = null;
let open_one: (id: number) => void = () => undefined;

export function draw_list(data: FloorData, open_rma: (id: number) => void): void {
  latest = data;
  open_one = open_rma;
  redraw();
}

by_id("filter").addEventListener("input", redraw);

function redraw(): void {
  const data = latest;
  if (!data) return;
  const counts = new Map(tabs.map(([name]) => [name, name === "all" ? data.rmas.length : data.rmas.filter((rma) => rma.stage === name).length]));
  draw(by_id("tabs"), [tab, [...counts]], () => tabs.map(([name, words]) =>
    h("button", { type: "button", id: `tab-${name}`, "aria-pressed": String(name === tab), onclick: () => { tab = name; redraw(); } },
      words, h("span", { class: "count" }, counts.get(name) ?? 0))));
  const wanted = by_id<HTMLInputElement>("filter").value.trim().toLowerCase();
  const rows = data.rmas.filter((rma) => (tab === "all" || rma.stage === tab) && (wanted === "" || words_of(rma).includes(wanted)));
  draw(by_id("rows"), [rows, tab, wanted, data.open?.legacy_id], () => (rows.length === 0 ? [empty(data)] : [table(rows, data)]));
}

function words_of(rma: RmaSummary): string {
  return [rma.legacy_id, rma.order_name, rma.customer, rma.partner_id, rma.status, rma.tracking_number, ...rma.units.map((unit) => unit.sku)]
    .join(" ").toLowerCase();
}

function empty(data: FloorData): HTMLElement {
  return data.rma_count === 0
    ? h("div", { class: "empty" }, h("strong", {}, "No RMA yet"),
      h("span", {}, "They appear when somebody calls return_create: the hub, as soon as a shopper makes a return."))
    : h("div", { class: "empty" }, h("strong", {}, "None of them fits"), h("span", {}, "Try another tab or filter."));
}

function table(rows: RmaSummary[], data: FloorData): HTMLElement {
  const more = data.rma_count > data.rmas.length ? h("p", { class: "muted small list-note" }, `The newest ${data.rmas.length} of ${data.rma_count}.`) : null;
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["RMA", "Order", "Items", "Received", "Status", "Reference", "Changed"].map((name) =>
      h("th", { scope: "col", class: name === "Reference" || name === "Changed" ? "hide-small" : null }, name)))),
    h("tbody", {}, rows.map((rma) => h("tr", { class: rma.legacy_id === data.open?.legacy_id ? "link current" : "link", onclick: () => open_one(rma.legacy_id) },
      h("td", {}, h("a", { class: "main-link", id: `rma-${rma.legacy_id}`, href: `?rma=${rma.legacy_id}`, onclick: (event) => {
        event.preventDefault();
        event.stopPropagation();
        open_one(rma.legacy_id);
      } }, rma.legacy_id)),
      h("td", {}, rma.order_name, h("div", { class: "muted small" }, rma.customer)),
      h("td", {}, h("div", { class: "row-pictures" }, rma.units.slice(0, 4).map((unit) => picture(unit.sku, 38)))),
      h("td", {}, progress(rma)),
      h("td", {}, status_chip(rma.status)),
      h("td", { class: "mono small hide-small wrap" }, rma.partner_id ?? "none"),
      h("td", { class: "muted small hide-small" }, when(rma.updated_at)))))), more);
}

function progress(rma: RmaSummary): HTMLElement {
  const part = rma.expected === 0 ? 1 : Math.min(1, rma.received / rma.expected);
  const kind = rma.received > rma.expected ? "over" : part === 1 ? "full" : "part";
  return h("div", { class: "progress" },
    h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, h("span", { style: `width: ${Math.round(part * 100)}%` })),
    h("span", { class: "small" }, `${rma.received} of ${rma.expected}`));
}

export function status_chip(status: string): HTMLElement {
  const plain = status.toLowerCase().replace(/[_-]+/g, " ").trim();
  const kind = plain === "pending" ? "info" : plain === "complete" || plain.startsWith("warehouse complete") ? "good"
    : plain === "issue" || plain === "damaged" ? "bad" : "warn";
  return chip(status, kind);
}
