// The carrier's board: four columns from the shopper's door to the dock.
import { act, api, by_id, chip, draw, h, picture } from "./kit.js";
import type { FloorData, Parcel } from "./floor_types.js";

interface Column { title: string; empty: string; statuses: string[]; next: [status: string, words: string] | null }

const columns: Column[] = [
  { title: "With the shopper", empty: "No label waiting to be used", statuses: ["new", "pending", "pre_transit", "N/A", "no_label"], next: ["in_transit", "Pick up"] },
  { title: "In transit", empty: "Nothing on the road", statuses: ["in_transit", "error", "failure"], next: ["out_for_delivery", "On the van"] },
  { title: "Out for delivery", empty: "No van on its way", statuses: ["out_for_delivery"], next: ["delivered", "Deliver"] },
  { title: "At the dock", empty: "The dock is clear", statuses: ["delivered", "unknown"], next: null },
];
const other_scans = ["pre_transit", "in_transit", "out_for_delivery", "delivered", "failure", "error"];

export function draw_board(data: FloorData, open_rma: (id: number) => void): void {
  draw(by_id("board"), [data.parcels, data.open?.legacy_id], () => columns.map((column) => {
    const parcels = data.parcels.filter((parcel) => column.statuses.includes(parcel.status)
      || (column === columns[1] && !columns.some((one) => one.statuses.includes(parcel.status))));
    const title = `column-${columns.indexOf(column)}`;
    return h("section", { class: "column", "aria-labelledby": title },
      h("h3", { id: title }, column.title, h("span", { class: "count" }, parcels.length)),
      parcels.length === 0
        ? h("p", { class: "column-empty" }, column.empty)
        : h("ul", { class: "parcels" }, parcels.map((parcel) => card(parcel, column, open_rma))));
  }));
  const at_dock = data.parcels.filter((parcel) => parcel.status === "delivered").length;
  by_id("board-note").textContent = data.parcels.length === 0 ? "Make a return as the shopper and its parcel appears here."
    : `${count(data.parcels.length, "parcel")}, ${at_dock} at the dock`;
}

export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

function card(parcel: Parcel, column: Column, open_rma: (id: number) => void): HTMLElement {
  const name = `parcel ${parcel.tracking_number}`;
  return h("li", { class: "parcel" },
    h("div", { class: "parcel-top" },
      h("b", {}, parcel.order_name),
      parcel.rma_id === null ? chip("no RMA", "warn") : h("span", { class: "muted small" }, `RMA ${parcel.rma_id}`)),
    h("p", { class: "muted small" }, parcel.customer),
    h("div", { class: "parcel-pictures" }, parcel.units.slice(0, 4).map((unit) =>
      h("span", { class: "unit-picture", title: `${unit.quantity} x ${unit.sku}` }, picture(unit.sku, 44),
        unit.quantity > 1 ? h("span", { class: "times" }, `x${unit.quantity}`) : null))),
    h("p", { class: "mono small tracking" }, parcel.tracking_number),
    column.title === "In transit" && parcel.status !== "in_transit" ? chip(parcel.status.replaceAll("_", " "), "bad") : null,
    parcel.loop_id === null ? h("p", { class: "muted small" }, "No Loop return has this label") : null,
    h("div", { class: "parcel-actions" }, next_step(parcel, column, name, open_rma), parcel.loop_id === null ? null : other_scan(parcel, name)));
}

function next_step(parcel: Parcel, column: Column, name: string, open_rma: (id: number) => void): HTMLElement | null {
  if (column.next === null) {
    const { rma_id } = parcel;
    if (rma_id === null) return h("span", { class: "small muted" }, "Waiting for an RMA");
    return h("button", { class: "primary small", id: `receive-${parcel.tracking_number}`, "aria-label": `Receive ${name}`, onclick: () => open_rma(rma_id) }, "Receive");
  }
  const [status, words] = column.next;
  return h("button", {
    class: "small", id: `next-${parcel.tracking_number}`, "aria-label": `${words}: ${name}`,
    onclick: (event) => void act(event.currentTarget as HTMLButtonElement, () => carrier_scan(parcel, status)),
  }, words);
}

/** Carriers skip scans, repeat them and lose parcels. */
function other_scan(parcel: Parcel, name: string): HTMLElement {
  return h("select", {
    class: "other-scan", "aria-label": `Another carrier scan for ${name}`,
    onchange: (event) => {
      const select = event.currentTarget as HTMLSelectElement;
      const status = select.value;
      select.value = "";
      void act(null, () => carrier_scan(parcel, status));
    },
  }, h("option", { value: "" }, "Scan…"), other_scans.map((status) => h("option", { value: status }, status.replaceAll("_", " "))));
}

const carrier_scan = (parcel: Parcel, status: string): Promise<unknown> =>
  api("POST", `/_control/loop/returns/${parcel.loop_id}/label-status`, { status });
