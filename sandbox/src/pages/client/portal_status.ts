// The shopper's page about one return: where it is, its label, what comes of it. Follows along by itself.
import { api, by_id, chip, draw, h, live, page_data, picture, when } from "./kit.js";

interface Return {
  id: string; state: string; flagged: boolean; queued: boolean; order_name: string; customer: string; refund: string; credit: string;
  label_mode: string; processed_at: string | null;
  lines: { line_item_id: string; sku: string; title: string; outcome: string; exchange_sku: string | null; reason: string; parent_reason: string; comment: string }[];
  labels: { id: number; status: string; carrier: string; tracking_number: string; url: string }[];
  timeline: { at: string; text: string; by: string }[];
}

const { id } = page_data<{ id: string }>();
const root = by_id("status");

const moving = ["in_transit", "out_for_delivery"];

/** How far along the five steps it is: submitted, label, on its way, arrived, done. */
function progress(ret: Return): number {
  const status = ret.labels.at(-1)?.status;
  if (ret.state === "closed") return 5;
  if (status === "delivered") return 4;
  if (status && moving.includes(status)) return 3;
  return ret.labels.length > 0 ? 2 : 1;
}

function headline(ret: Return): [title: string, text: string, kind: string] {
  if (ret.state === "cancelled") return ["This return is cancelled", "Nothing is refunded, and the items can be returned again.", "bad"];
  if (ret.state === "expired") return ["This label has expired", "It was not used in time. Please contact the shop.", "warn"];
  if (ret.state === "closed") {
    const parts = [
      Number(ret.refund) > 0 ? `$${ret.refund} back to how you paid` : "",
      Number(ret.credit) > 0 ? `$${ret.credit} store credit` : "",
      ret.lines.some((l) => l.outcome === "exchange") ? "your exchange is ordered" : "",
    ].filter(Boolean);
    return ret.processed_at ? ["All done", `${sentence(parts)}.`, "good"] : ["This return is closed", "The shop closed it without a refund.", "warn"];
  }
  if (ret.state === "review" || ret.flagged) return ["We are having a closer look", "A person at the shop is checking your return.", "warn"];
  if (ret.queued) return ["Almost there", "Your return is accepted and is being paid out.", "good"];
  const status = ret.labels.at(-1)?.status;
  if (status === "delivered") return ["It has arrived", "The warehouse has your parcel and will check it.", "info"];
  if (status && moving.includes(status)) return ["It is on its way", "The carrier has your parcel.", "info"];
  if (ret.labels.length > 0) return ["Print the label and send it off", "Put the items in any box, stick the label on it and drop it off.", "info"];
  return ret.label_mode === "none" ? ["Keep the items", "You need not send anything back.", "info"] : ["Thank you, we have it", "Your label is being made. It appears here in a moment.", "info"];
}

function sentence(parts: string[]): string {
  const text = parts.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function label_card(ret: Return): HTMLElement {
  const label = ret.labels.at(-1);
  if (!label) {
    const expected = ret.label_mode !== "none" && ret.state !== "cancelled" && ret.state !== "expired";
    return h("section", { class: "card" }, h("h2", {}, "Label"), expected
      ? h("div", { class: "waiting-label" }, h("span", { class: "spinner", "aria-hidden": "true" }), h("span", {}, "The label is being made"))
      : h("p", { class: "muted" }, "This return has no label."));
  }
  return h("section", { class: "card" },
    h("div", { class: "card-head" }, h("h2", {}, "Label"), chip(label.status === "new" ? "ready" : label.status.replaceAll("_", " "), label.status === "delivered" ? "good" : "info")),
    h("img", { class: "label-picture", src: label.url, alt: `Shipping label, ${label.carrier} ${label.tracking_number}`, width: 400, height: 500 }),
    h("p", { class: "small muted mono" }, `${label.carrier} ${label.tracking_number}`),
    h("div", { class: "row no-print" }, h("a", { class: "button", href: label.url, target: "_blank" }, "Open to print"),
      ret.state === "open" ? h("a", { class: "button primary", href: "/floor" }, "Drop it off") : null));
}

function line_item(line: Return["lines"][number]): HTMLElement {
  const wish = line.outcome === "exchange" ? `Exchange for ${line.exchange_sku}` : line.outcome === "credit" ? "Store credit" : "Refund";
  return h("li", { class: "line" }, picture(line.sku, 72), h("div", {}, h("b", {}, line.title),
    h("div", { class: "muted small" }, `${line.parent_reason}: ${line.reason.toLowerCase()} · ${wish}`),
    line.comment ? h("div", { class: "small" }, `“${line.comment}”`) : null));
}

live(async () => {
  const ret = await api<Return>("GET", `/portal/api/returns/${id}`);
  draw(root, ret, () => {
    const [title, text, kind] = headline(ret);
    const step = progress(ret);
    const names = ["Submitted", "Label ready", "On its way", "Arrived", "Done"];
    const steps = h("ol", { class: "steps", "aria-label": "Progress" }, names.map((name, i) =>
      h("li", { class: i === step - 1 ? "done now" : i < step ? "done" : "", "aria-current": i === step - 1 ? "step" : null }, name)));
    const shown_steps = ret.state === "cancelled" || ret.state === "expired" ? null : steps;
    return [
      h("div", { class: "head" }, h("span", { class: "eyebrow" }, `Return ${ret.id} · order ${ret.order_name}`), h("h1", {}, title), h("p", { "aria-live": "polite" }, text)),
      h("section", { class: "card" }, shown_steps ?? h("p", { class: `notice ${kind}` }, text)),
      h("div", { class: "split" },
        h("div", { class: "stack" },
          h("section", { class: "card" }, h("h2", {}, ret.lines.length === 1 ? "1 item" : `${ret.lines.length} items`), h("ul", { class: "lines" }, ret.lines.map(line_item))),
          h("section", { class: "card no-print" }, h("h2", {}, "What happened"),
            h("ol", { class: "timeline" }, [...ret.timeline].reverse().map((entry) => h("li", {}, h("span", {}, entry.text), h("time", { datetime: entry.at }, when(entry.at))))))),
        label_card(ret)),
      h("p", { class: "muted small no-print" }, h("a", { href: "/portal" }, "Start another return"), " · ", h("a", { href: `/admin/returns/${ret.id}` }, "See it as the merchant does")),
    ];
  });
});
