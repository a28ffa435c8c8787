// One order line in the portal: tick it, say how many, why, and what you want instead.
import { dollars, h, picture } from "./kit.js";

export interface OrderLine {
  sku: string; title: string; price_minor: number; ordered: number; left: number; variants: { sku: string; title: string }[];
}

/** One unit to send back, as the server wants it, plus its price for the summary. */
export interface Unit {
  sku: string; parent_reason: string; reason: string; comment: string; outcome: "refund" | "credit" | "exchange";
  exchange_sku?: string; price_minor: number;
}

/** `id` tells the form's elements apart from those of other lines. `changed` gets the line's units after every change. */
export function item_form(id: string, line: OrderLine, reasons: Record<string, string[]>, changed: (units: Unit[]) => void): HTMLElement {
  const tick = h("input", { type: "checkbox", id: `take-${id}`, disabled: line.left === 0 });
  const head = h("label", { class: "line", for: `take-${id}` }, tick, picture(line.sku, 84),
    h("div", {}, h("b", {}, line.title), h("div", { class: "muted small" }, `${dollars(line.price_minor)} · ${left_words(line)}`)));

  const quantity = h("select", { id: `quantity-${id}` }, Array.from({ length: Math.max(1, line.left) }, (_, i) => h("option", { value: i + 1 }, String(i + 1))));
  const parent = h("select", { id: `parent-${id}` }, h("option", { value: "" }, "Please choose"), Object.keys(reasons).map((r) => h("option", { value: r }, r)));
  const reason = h("select", { id: `reason-${id}` });
  const comment = h("textarea", { id: `comment-${id}`, maxlength: 500, placeholder: "Anything we should know?" });
  const exchange = h("select", { id: `exchange-${id}` }, line.variants.filter((v) => v.sku !== line.sku).map((v) => h("option", { value: v.sku }, v.title)));
  const exchange_field = field("Exchange for", exchange);
  const outcomes = h("div", { class: "choices", role: "radiogroup", "aria-label": `What would you like for ${line.title}?` }, [
    option("refund", "Refund", "to how you paid", true),
    option("credit", "Store credit", "as a gift card"),
    line.variants.length > 1 ? option("exchange", "Exchange", "another size or colour") : null,
  ]);

  function option(value: string, title: string, hint: string, checked = false): HTMLElement {
    return h("label", { class: "option" }, h("input", { type: "radio", name: `outcome-${id}`, value, checked }),
      h("span", {}, h("b", {}, title), h("span", { class: "hint" }, hint)));
  }
  const outcome = () => outcomes.querySelector<HTMLInputElement>("input:checked")?.value as Unit["outcome"];

  const fill_reasons = () => {
    const children = reasons[parent.value] ?? [];
    reason.replaceChildren(...(children.length === 0 ? [h("option", { value: "" }, "First say what happened")] : children.map((r) => h("option", { value: r }, r))));
    reason.disabled = children.length === 0;
  };
  const options = h("div", { class: "unit-options", hidden: true },
    h("div", { class: "form-row" },
      line.left > 1 ? field("How many", quantity) : null,
      field("What happened", parent), field("More exactly", reason)),
    h("fieldset", {}, h("legend", {}, "What would you like"), outcomes),
    exchange_field,
    field("Comment", comment, "optional"));

  exchange_field.hidden = true;
  const report = () => {
    options.hidden = !tick.checked;
    exchange_field.hidden = outcome() !== "exchange";
    if (!tick.checked) return changed([]);
    const unit: Unit = {
      sku: line.sku, parent_reason: parent.value, reason: reason.value, comment: comment.value.trim(), outcome: outcome(),
      price_minor: line.price_minor, ...(outcome() === "exchange" ? { exchange_sku: exchange.value } : {}),
    };
    changed(Array.from({ length: line.left > 1 ? Number(quantity.value) : 1 }, () => ({ ...unit })));
  };
  parent.addEventListener("change", fill_reasons);
  fill_reasons();
  return h("div", { class: "unit", onchange: report, oninput: report }, head, options);
}

function left_words(line: OrderLine): string {
  if (line.left === 0) return line.ordered === 1 ? "already returned" : "all already returned";
  if (line.left < line.ordered) return `${line.left} of ${line.ordered} left to return`;
  return line.ordered === 1 ? "1 bought" : `${line.ordered} bought`;
}

function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: control.id }, label, hint ? h("span", { class: "hint" }, ` (${hint})`) : null), control);
}
