// The portal's three steps: which order, which items and why, check and send.
import { act, api, by_id, chip, dollars, h, page_data, picture, toast } from "./kit.js";
import { item_form, type OrderLine, type Unit } from "./portal_items.js";

interface Sample { name: string; email: string; customer: string; skus: string[]; left: number; created_at: string }
interface Order {
  name: string; email: string; customer: { first_name: string }; created_at: string; lines: OrderLine[];
  returns: { id: string; state: string; items: number; created_at: string }[];
}

const { reasons } = page_data<{ reasons: Record<string, string[]> }>();
const root = by_id("portal");

async function choose_order(): Promise<void> {
  const name = h("input", { type: "text", id: "order", name: "order", placeholder: "#1001", autocomplete: "off", required: true });
  const proof = h("input", { type: "text", id: "proof", name: "proof", placeholder: "you@example.com or 43215", autocomplete: "off", required: true });
  const button = h("button", { class: "primary", type: "submit" }, "Find my order");
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const find = async () => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await choose_items(await api<Order>("POST", "/portal/api/find", { order_name: name.value, proof: proof.value }), proof.value);
    } catch (error) {
      problem.textContent = (error as Error).message;
      problem.hidden = false;
      name.focus();
    }
    button.disabled = false;
  };
  const form = h("form", { class: "card", onsubmit: (event) => { event.preventDefault(); void find(); } },
    h("h2", {}, "Find your order"),
    h("div", { class: "form-row" },
      h("div", { class: "field" }, h("label", { for: "order" }, "Order number"), name),
      h("div", { class: "field" }, h("label", { for: "proof" }, "E-mail or postal code"), proof),
      button),
    problem);
  const { orders } = await api<{ orders: Sample[] }>("GET", "/portal/api/samples");
  const cards = orders.map((order) => h("button", {
    class: "order-card", type: "button", disabled: order.left === 0,
    onclick: () => { name.value = order.name; proof.value = order.email; void find(); },
  },
    h("span", { class: "pictures" }, order.skus.slice(0, 4).map((sku) => picture(sku, 48))),
    h("span", { class: "row between" }, h("b", {}, order.name), h("span", { class: "muted small" }, order.left === 0 ? "all returned" : `${order.left} to return`)),
    h("span", { class: "muted small" }, `${order.customer}, ordered ${new Date(order.created_at).toLocaleDateString("en-GB", { day: "numeric", month: "short" })}`)));
  const samples = h("section", { class: "stack", "aria-label": "Sample orders" },
    h("div", { class: "head" }, h("h2", {}, "Or take one of these"), h("p", { class: "small" }, "The sandbox's shop has made these orders, so that nobody needs to guess a number.")),
    h("div", { class: "order-cards" }, cards));
  root.replaceChildren(form, samples);
}

async function choose_items(order: Order, proof: string): Promise<void> {
  // Per order line and not per SKU: an order can have two lines of the same SKU.
  const chosen: Unit[][] = order.lines.map(() => []);
  const summary = h("div", { class: "stack" });
  const forms = order.lines.map((line, i) => h("li", {}, item_form(`line-${i}`, line, reasons, (units) => {
    chosen[i] = units;
    draw_summary();
  })));

  const draw_summary = () => {
    const units = chosen.flat();
    const of = (outcome: Unit["outcome"]) => units.filter((u) => u.outcome === outcome);
    const sum = (list: Unit[]) => list.reduce((total, u) => total + u.price_minor, 0);
    const row = (label: string, value: string) => h("div", { class: "row between" }, h("span", { class: "muted" }, label), h("span", {}, value));
    const submit = h("button", { class: "primary", type: "button", disabled: units.length === 0 }, units.length === 0 ? "Choose an item" : `Send ${units.length} ${units.length === 1 ? "item" : "items"} back`);
    submit.addEventListener("click", () => void send(order, proof, units, submit));
    summary.replaceChildren(
      h("h2", {}, "Summary"),
      units.length === 0 ? h("p", { class: "muted" }, "Nothing chosen yet. Tick what you want to send back.") : "",
      of("refund").length > 0 ? row("Refund", dollars(sum(of("refund")))) : "",
      of("credit").length > 0 ? row("Store credit", dollars(sum(of("credit")))) : "",
      of("exchange").length > 0 ? row("Exchange", `${of("exchange").length} ${of("exchange").length === 1 ? "item" : "items"}`) : "",
      units.length > 0 ? row("Return shipping", "free") : "",
      submit);
  };
  draw_summary();

  const earlier = order.returns.length === 0 ? "" : h("section", { class: "card" }, h("h2", {}, "Returns of this order"),
    h("ul", { class: "lines" }, order.returns.map((ret) => h("li", { class: "row between" },
      h("a", { href: `/portal/returns/${ret.id}` }, `Return ${ret.id}`),
      h("span", { class: "row" }, h("span", { class: "muted small" }, `${ret.items} ${ret.items === 1 ? "item" : "items"}`), chip(ret.state, ret.state))))));
  const heading = h("h2", { tabindex: "-1" }, `Hello ${order.customer.first_name}, what goes back?`);
  root.replaceChildren(
    h("div", { class: "row between" }, heading, h("button", { class: "quiet", type: "button", onclick: () => void choose_order() }, "Another order")),
    h("div", { class: "split" },
      h("div", { class: "stack" }, h("section", { class: "card" }, h("h3", {}, `Order ${order.name}`), h("ul", { class: "lines" }, forms)), earlier),
      h("aside", { class: "card sticky", "aria-live": "polite" }, summary)));
  heading.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

async function send(order: Order, proof: string, units: Unit[], button: HTMLButtonElement): Promise<void> {
  if (units.some((unit) => unit.reason === "")) return toast("Please give a reason for every item.", "bad");
  await act(button, async () => {
    const lines = units.map(({ price_minor: _, ...unit }) => {
      const { exchange_sku, comment, ...rest } = unit;
      return { ...rest, ...(comment ? { comment } : {}), ...(exchange_sku ? { exchange_sku } : {}) };
    });
    const { id } = await api<{ id: string }>("POST", "/portal/api/returns", { order_name: order.name, proof, lines });
    location.assign(`/portal/returns/${id}`);
  });
}

void choose_order().catch((error: Error) => toast(error.message, "bad"));
