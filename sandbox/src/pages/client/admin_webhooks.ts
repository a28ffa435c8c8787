// Webhooks on the developer page: add, edit in place, switch on and off, delete.
import { act, api, chip, h, page_data } from "./kit.js";

export interface Hook { id: number; topic: string; trigger: string; url: string; status: "active" | "inactive"; failures: number }

const { topics, triggers } = page_data<{ topics: string[]; triggers: string[] }>();

export function webhooks_card(hooks: Hook[]): HTMLElement {
  return h("section", { class: "card" },
    h("div", { class: "card-head" }, h("h2", {}, "Webhooks"), h("span", { class: "muted small" }, "topic chooses the body, trigger chooses when")),
    hooks.length === 0 ? h("p", { class: "muted" }, "No webhooks. The hub registers its own when it connects, or add one here.")
      : h("ul", { class: "lines" }, hooks.map(hook_row)),
    h("details", {}, h("summary", {}, "Add a webhook"), hook_form({ id: 0, topic: "return", trigger: "return.created", url: "", status: "active", failures: 0 }, "Add webhook")));
}

function hook_row(hook: Hook): HTMLElement {
  const other = hook.status === "active" ? "inactive" : "active";
  const toggle = h("button", { type: "button", class: "small" }, hook.status === "active" ? "Switch off" : "Switch on");
  toggle.addEventListener("click", () => void act(toggle, () => api("PUT", `/_control/loop/webhooks/${hook.id}`, { status: other }), `Webhook ${hook.id} is ${other}`));
  const remove = h("button", { type: "button", class: "small danger" }, "Delete");
  remove.addEventListener("click", () => void act(remove, () => api("DELETE", `/_control/loop/webhooks/${hook.id}`), `Webhook ${hook.id} is deleted`));
  return h("li", {},
    h("div", { class: "row between" },
      h("div", { class: "row" }, h("b", {}, hook.trigger), h("span", { class: "muted small" }, `topic ${hook.topic}`), chip(hook.status, hook.status),
        hook.failures > 0 ? chip(`${hook.failures} failed in a row`, "bad") : null),
      h("div", { class: "row" }, toggle, remove)),
    h("div", { class: "mono muted", style: "overflow-wrap: anywhere" }, hook.url),
    h("details", {}, h("summary", { class: "small" }, "Edit"), hook_form(hook, "Save")));
}

function hook_form(hook: Hook, verb: string): HTMLElement {
  const picker = (id: string, values: string[], value: string) => {
    const element = h("select", { id }, values.map((v) => h("option", { value: v }, v)));
    element.value = value;
    return element;
  };
  const trigger = picker(`trigger-${hook.id}`, triggers, hook.trigger);
  const topic = picker(`topic-${hook.id}`, topics, hook.topic);
  const url = h("input", { type: "url", id: `url-${hook.id}`, value: hook.url, required: true, placeholder: "http://127.0.0.1:8080/…" });
  const save = h("button", { class: "primary", type: "submit" }, verb);
  const field = (label: string, control: HTMLElement) => h("div", { class: "field" }, h("label", { for: control.id }, label), control);
  return h("form", { class: "form-row", onsubmit: (event) => {
    event.preventDefault();
    const body = { topic: topic.value, trigger: trigger.value, url: url.value, status: hook.status };
    void act(save, () => (hook.id === 0 ? api("POST", "/_control/loop/webhooks", body) : api("PUT", `/_control/loop/webhooks/${hook.id}`, body)), hook.id === 0 ? "Webhook added" : "Webhook saved");
  } }, field("Trigger", trigger), field("Topic", topic), field("Address", url), save);
}
