// The list of returns with its state filter and search.
import { api, by_id, draw, h, live, picture, when } from "./kit.js";
import { label_chip, outcome_text, show_review_count, state_chip, type AdminReturn } from "./admin_tabs.js";

const root = by_id("returns");
const states = ["", "open", "review", "closed", "cancelled", "expired"];
const names: Record<string, string> = { "": "All", open: "Open", review: "Needs review", closed: "Closed", cancelled: "Cancelled", expired: "Expired" };
let state = new URLSearchParams(location.search).get("state") ?? "";

const search = h("input", { type: "search", id: "search", placeholder: "Return, order, SKU or tracking number", "aria-label": "Search returns", oninput: () => void refresh() });
const filters = h("div", { class: "tabs", role: "group", "aria-label": "State" });
const rows = h("div", {});
root.append(h("section", { class: "card tight" }, h("div", { class: "card-head" }, filters, h("div", { style: "flex: 1 1 16rem; max-width: 24rem" }, search)), rows));

async function refresh(): Promise<void> {
  const query = new URLSearchParams({ ...(state ? { state } : {}), ...(search.value ? { q: search.value } : {}) });
  const { counts, returns, found } = await api<{ counts: Record<string, number>; returns: AdminReturn[]; found: number }>("GET", `/admin/api/returns?${query}`);
  draw(filters, [counts, state], () => states.map((s) => h("button", {
    type: "button", id: `state-${s || "all"}`, "aria-pressed": s === state ? "true" : "false", onclick: () => { state = s; void refresh(); },
  }, names[s], h("span", { class: "count" }, counts[s || "all"] ?? 0))));
  draw(rows, [returns, found], () => (returns.length === 0 ? [empty(counts["all"] ?? 0)] : [table(returns), more(found - returns.length)]));
}

function empty(all: number): HTMLElement {
  if (all > 0) return h("div", { class: "empty" }, h("strong", {}, "Nothing matches"), h("p", {}, "Try another state or clear the search."));
  return h("div", { class: "empty" }, h("strong", {}, "No returns yet"), h("p", {}, "Play the shopper and send something back."), h("a", { class: "button primary", href: "/portal" }, "Open the portal"));
}

function more(hidden: number): HTMLElement | string {
  return hidden > 0 ? h("p", { class: "muted small", style: "padding: .8rem 1.2rem" }, `${hidden} older returns are not shown; search for them.`) : "";
}

function table(returns: AdminReturn[]): HTMLElement {
  const header = ["Return", "Items", "Outcome", "State", "Label", "Created"];
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, header.map((name) => h("th", { scope: "col", class: name === "Items" ? "hide-small" : null }, name)))),
    h("tbody", {}, returns.map((ret) => h("tr", { class: "link", onclick: () => location.assign(`/admin/returns/${ret.id}`) },
      h("td", {}, h("a", { class: "main-link", href: `/admin/returns/${ret.id}` }, ret.id), h("div", { class: "muted small" }, `${ret.order_name} · ${ret.customer}`)),
      h("td", { class: "hide-small" }, h("span", { class: "row", style: "flex-wrap: nowrap; gap: .3rem" }, ret.lines.slice(0, 3).map((line) => picture(line.sku, 44)),
        ret.lines.length > 3 ? h("span", { class: "muted small" }, `+${ret.lines.length - 3}`) : null)),
      h("td", {}, outcome_text(ret.outcome), h("div", { class: "muted small" }, `$${ret.total}`)),
      h("td", {}, state_chip(ret)),
      h("td", {}, label_chip(ret)),
      h("td", { class: "muted small" }, when(ret.created_at)))))));
}

live(async () => {
  await Promise.all([refresh(), show_review_count()]);
});
