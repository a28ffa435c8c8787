// The developer page: key and secret, webhooks, deliveries, requests, and the switches.
import { deliveries_card, requests_card, type DeliveryEntry, type RequestEntry } from "./admin_logs.js";
import { switches_card, type Switches } from "./admin_switches.js";
import { show_review_count } from "./admin_tabs.js";
import { webhooks_card, type Hook } from "./admin_webhooks.js";
import { act, api, by_id, chip, draw, h, live, page_data } from "./kit.js";

interface Developer {
  keys: Record<string, { scopes: string[]; revoked: boolean }>; secret: string; webhooks: Hook[]; faults: Switches; delivery: Switches; scale: number;
  deliveries: DeliveryEntry[]; requests: RequestEntry[];
}

const { scopes } = page_data<{ scopes: string[] }>();
const root = by_id("developer");
// Each card is drawn by itself, so that a delivery arriving does not disturb a form being filled in.
const parts = { keys: h("div", {}), webhooks: h("div", {}), deliveries: h("div", {}), switches: h("div", {}), requests: h("div", {}) };
root.append(...Object.values(parts));

live(async () => {
  const now = await api<Developer>("GET", "/admin/api/developer");
  draw(parts.keys, [now.keys, now.secret], () => [keys_card(now)]);
  draw(parts.webhooks, now.webhooks, () => [webhooks_card(now.webhooks)]);
  draw(parts.deliveries, now.deliveries, () => [deliveries_card(now.deliveries)]);
  draw(parts.switches, [now.faults, now.delivery, now.scale], () => [switches_card(now.faults, now.delivery, now.scale)]);
  draw(parts.requests, now.requests, () => [requests_card(now.requests)]);
  await show_review_count();
});

function keys_card(now: Developer): HTMLElement {
  const new_key = h("input", { type: "text", id: "new-key", class: "mono", required: true, placeholder: "my-other-key", autocomplete: "off" });
  const add = h("button", { type: "submit" }, "Add key");
  const secret = h("input", { type: "text", id: "secret", value: now.secret, class: "mono", autocomplete: "off" });
  const save = h("button", { type: "submit" }, "Change secret");
  return h("section", { class: "card" }, h("h2", {}, "API keys"),
    h("ul", { class: "lines" }, Object.entries(now.keys).map(([key, value]) => key_row(key, value))),
    h("form", { class: "form-row", onsubmit: (event) => {
      event.preventDefault();
      void act(add, () => api("PUT", "/_control/loop/keys", { [new_key.value.trim()]: { scopes } }), "Key added, with every scope");
    } },
      h("div", { class: "field" }, h("label", { for: "new-key" }, "New key"), new_key),
      h("div", {}, add)),
    h("form", { class: "form-row", onsubmit: (event) => {
      event.preventDefault();
      void act(save, () => api("PUT", "/_control/loop/secret", { webhook_secret: secret.value }), "Webhook secret changed");
    } },
      h("div", { class: "field" }, h("label", { for: "secret" }, "Webhook secret", h("span", { class: "hint" }, " signs every webhook of this shop")), secret),
      h("div", {}, save)));
}

function key_row(key: string, value: { scopes: string[]; revoked: boolean }): HTMLElement {
  const put = (changed: { scopes: string[]; revoked: boolean }) => api("PUT", "/_control/loop/keys", { [key]: changed });
  const revoke = h("button", { type: "button", class: value.revoked ? "small" : "small danger" }, value.revoked ? "Give back" : "Revoke");
  revoke.addEventListener("click", () => void act(revoke, () => put({ ...value, revoked: !value.revoked }), value.revoked ? "The key works again" : "The key is revoked"));
  return h("li", {},
    h("div", { class: "row between" }, h("code", {}, key), h("span", { class: "row" }, value.revoked ? chip("revoked", "bad") : chip("valid", "good"), revoke)),
    h("details", { style: "margin-top: .5rem" }, h("summary", {}, `${value.scopes.length} of ${scopes.length} scopes`),
      h("div", { class: "choices wide" }, scopes.map((scope) => h("label", { class: "option" },
        h("input", { type: "checkbox", checked: value.scopes.includes(scope), onchange: (event) => {
          const on = (event.target as HTMLInputElement).checked;
          void act(null, () => put({ ...value, scopes: scopes.filter((s) => (s === scope ? on : value.scopes.includes(s))) }));
        } }), h("span", { class: "mono" }, scope))))));
}
