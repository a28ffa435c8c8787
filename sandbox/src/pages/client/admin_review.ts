// The review queue: every return that waits for a person, with the notes that say why.
import { detail_buttons } from "./admin_actions.js";
import { api, by_id, draw, h, live, picture, when } from "./kit.js";
import { outcome_text, show_review_count, type AdminReturn } from "./admin_tabs.js";

const root = by_id("review");

live(async () => {
  const { returns } = await api<{ returns: AdminReturn[] }>("GET", "/admin/api/returns?state=review");
  draw(root, returns, () => (returns.length === 0
    ? [h("div", { class: "card empty" }, h("strong", {}, "Nothing needs review"), h("p", {}, "Returns come here when the hub or a rule flags them."))]
    : returns.map(card)));
  await show_review_count();
});

function card(ret: AdminReturn): HTMLElement {
  const why = ret.notes.length === 0
    ? [h("p", { class: "muted" }, "Nobody left a note saying why.")]
    : [...ret.notes].reverse().slice(0, 3).map((note) => h("p", { class: "notice warn" }, note.content));
  return h("section", { class: "card", "aria-label": `Return ${ret.id}` },
    h("div", { class: "card-head" },
      h("div", {}, h("h2", {}, h("a", { class: "main-link", href: `/admin/returns/${ret.id}` }, `Return ${ret.id}`)),
        h("p", { class: "muted small" }, `${ret.order_name} · ${ret.customer} · ${outcome_text(ret.outcome)} $${ret.total} · ${ret.flagged ? "flagged" : "held"} ${when(ret.updated_at)}`)),
      h("div", { class: "row" }, ret.lines.slice(0, 5).map((line) => picture(line.sku, 52)))),
    ...why,
    detail_buttons(ret));
}
