// One return in Loop's admin: lines with their grades, label, notes, and what happened when.
import { detail_buttons } from "./admin_actions.js";
import { outcome_text, outcome_words, show_review_count, state_chip, type AdminLine, type AdminReturn } from "./admin_tabs.js";
import { act, api, by_id, chip, dollars, draw, h, live, page_data, picture, when } from "./kit.js";

const { id } = page_data<{ id: string }>();
const root = by_id("detail");
const actors: Record<string, string> = { shopper: "shopper", api: "by API", admin: "in the admin", loop: "Loop", carrier: "carrier" };

// The note form is made once and kept, so that a half-written note survives a refresh.
const note = h("textarea", { id: "note", maxlength: 254, required: true });
const note_form = h("form", { onsubmit: (event) => { event.preventDefault(); void add_note(); } },
  h("div", { class: "stack", style: "gap: .6rem" },
    h("div", { class: "field" }, h("label", { for: "note" }, "Add a note"), note),
    h("div", {}, h("button", { class: "small", type: "submit", id: "add-note" }, "Add note"))));

async function add_note(): Promise<void> {
  const done = await act(by_id<HTMLButtonElement>("add-note"), () => api("POST", `/_control/loop/returns/${id}/note`, { content: note.value }), "Note added");
  if (done) note.value = "";
}

live(async () => {
  const ret = await api<AdminReturn>("GET", `/_control/loop/returns/${id}`);
  draw(root, ret, () => [
    h("div", { class: "row between" },
      h("div", { class: "head" }, h("h1", {}, `Return ${ret.id}`), h("p", {}, `Order ${ret.order_name} · ${ret.customer} · ${ret.email}`)), state_chip(ret)),
    h("div", { class: "card" }, detail_buttons(ret)),
    h("div", { class: "split" },
      h("div", { class: "stack" }, lines_card(ret), notes_card(ret)),
      h("div", { class: "stack" }, summary_card(ret), label_card(ret), timeline_card(ret))),
  ]);
  await show_review_count();
});

function lines_card(ret: AdminReturn): HTMLElement {
  return h("section", { class: "card" }, h("h2", {}, ret.lines.length === 1 ? "1 item" : `${ret.lines.length} items`),
    ret.lines.length === 0 ? h("p", { class: "muted" }, "Every line was removed.") : h("ul", { class: "lines" }, ret.lines.map(line_row)));
}

function line_row(line: AdminLine): HTMLElement {
  const grade = line.condition ? String(line.condition["condition_category"] ?? "graded").replaceAll("_", " ") : null;
  const disposition = line.disposition ? String(line.disposition["disposition_outcome"] ?? "assessed") : null;
  return h("li", { class: "line" }, picture(line.sku, 76), h("div", { style: "flex: 1" },
    h("div", { class: "row between" }, h("b", {}, line.title), h("span", {}, dollars(line.price_minor))),
    h("div", { class: "muted small" }, h("span", { class: "mono" }, line.sku), ` · line ${line.line_item_id}`),
    h("div", { class: "small" }, `${line.parent_reason}: ${line.reason.toLowerCase()} · ${outcome_words[line.outcome] ?? line.outcome}${line.exchange_sku ? ` for ${line.exchange_sku}` : ""}`),
    line.comment ? h("div", { class: "small muted" }, `“${line.comment}”`) : null,
    grade || disposition ? h("div", { class: "row", style: "margin-top: .3rem" },
      grade ? chip(grade, /grade a|grade b/.test(grade) ? "good" : "warn") : null, disposition ? chip(disposition, "info") : null,
      h("span", { class: "small muted" }, String(line.condition?.["description"] ?? line.condition?.["note"] ?? ""))) : null));
}

function notes_card(ret: AdminReturn): HTMLElement {
  return h("section", { class: "card" }, h("h2", {}, "Notes"),
    ret.notes.length === 0 ? h("p", { class: "muted" }, "No notes yet.")
      : h("ul", { class: "lines" }, ret.notes.map((one) => h("li", {}, h("div", {}, one.content), h("time", { class: "muted small", datetime: one.created_at }, when(one.created_at))))),
    note_form);
}

function summary_card(ret: AdminReturn): HTMLElement {
  const facts: [string, string][] = [["Outcome", outcome_text(ret.outcome)], ["Value", `$${ret.total}`]];
  if (Number(ret.refund) > 0) facts.push([ret.processed_at ? "Refunded" : "Refund", `$${ret.refund}`]);
  if (Number(ret.credit) > 0) facts.push([ret.processed_at ? "Credited" : "Store credit", `$${ret.credit}`]);
  facts.push(["Destination", ret.destination_id === null ? "default" : String(ret.destination_id)], ["Created", when(ret.created_at)]);
  if (ret.processed_at) facts.push(["Processed", when(ret.processed_at)]);
  for (const [key, value] of Object.entries(ret.additional_details ?? {})) facts.push([key, String(value)]);
  return h("section", { class: "card" }, h("h2", {}, "Summary"), h("dl", { class: "facts" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

function label_card(ret: AdminReturn): HTMLElement {
  const label = ret.labels.at(-1);
  return h("section", { class: "card" }, h("h2", {}, "Label"), label
    ? h("div", { class: "stack", style: "gap: .6rem" },
      h("div", { class: "row between" }, h("span", {}, label.carrier), chip(label.status.replaceAll("_", " "), label.status === "delivered" ? "good" : "info")),
      h("a", { class: "mono", href: label.url, target: "_blank" }, label.tracking_number))
    : h("p", { class: "muted" }, ret.label_mode === "none" ? "This return gets no label." : "Not made yet."));
}

function timeline_card(ret: AdminReturn): HTMLElement {
  return h("section", { class: "card" }, h("h2", {}, "Timeline"), h("ol", { class: "timeline" },
    [...ret.timeline].reverse().map((entry) => h("li", {}, h("span", {}, entry.text), h("time", { datetime: entry.at }, `${when(entry.at)} · ${actors[entry.by] ?? entry.by}`)))));
}
