// The switches: faults to cause, and choices where Loop's documentation is silent. What differs from normal stands out.
import { act, api, h, page_data } from "./kit.js";

export type Switches = Record<string, unknown>;

const { defaults, choices, common, delivery_defaults } = page_data<{
  defaults: Switches; choices: Record<string, string[]>; common: string[]; delivery_defaults: Switches;
}>();

export function switches_card(faults: Switches, delivery: Switches, scale: number): HTMLElement {
  const names = Object.keys(defaults);
  const changed = (now: Switches, normal: Switches) => Object.keys(normal).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(normal[name])).length;
  const count = changed(faults, defaults) + changed(delivery, delivery_defaults);
  const restore = h("button", { type: "button", class: "small", disabled: count === 0 }, "Restore defaults");
  restore.addEventListener("click", () => void act(restore, () => api("DELETE", "/_control/faults"), "All switches of both vendors are back to normal"));
  const put_loop = (name: string, value: unknown) => api("PUT", "/_control/faults", { loop: { [name]: value } });
  const put_delivery = (name: string, value: unknown) => api("PUT", "/_control/faults", { delivery: { loop: { [name]: value } } });
  const group = (title: string, hint: string, rows: HTMLElement[], open = false) =>
    h("details", { open }, h("summary", {}, title, h("span", { class: "hint" }, ` ${hint}`)), h("div", { class: "switches" }, rows));
  const scale_input = h("input", { type: "number", id: "scale", min: 0.01, step: "any", value: scale, onchange: (event) => {
    void act(null, () => api("PUT", "/_control/clock", { scale: Number((event.target as HTMLInputElement).value) }), "Clock changed");
  } });
  return h("section", { class: "card" },
    h("div", { class: "card-head" }, h("h2", {}, "Faults and switches"),
      h("span", { class: "row" }, h("span", { class: count > 0 ? "chip warn" : "chip" }, count === 0 ? "all normal" : `${count} changed`), restore)),
    h("div", { class: "switches" }, h("label", { class: scale === 1 ? "switch" : "switch changed" }, h("span", {}, "vendor time is this many times faster"), scale_input)),
    group("API faults", "rates from 0 to 1", common.map((name) => row("f", name, faults[name], defaults[name], put_loop)), true),
    group("Delivery faults", "for webhooks", Object.keys(delivery_defaults).map((name) => row("d", name, delivery[name], delivery_defaults[name], put_delivery)), true),
    group("Where Loop's documentation is silent", "what this sandbox does", names.filter((name) => !common.includes(name)).map((name) => row("s", name, faults[name], defaults[name], put_loop))));
}

function row(prefix: string, name: string, value: unknown, normal: unknown, put: (name: string, value: unknown) => Promise<unknown>): HTMLElement {
  const id = `${prefix}-${name}`;
  const set = (next: unknown) => void act(null, () => put(name, next));
  const is_changed = JSON.stringify(value) !== JSON.stringify(normal);
  return h("label", { class: is_changed ? "switch changed" : "switch", for: id }, h("span", {}, name.replaceAll("_", " ")), control(id, name, value, normal, set));
}

function control(id: string, name: string, value: unknown, normal: unknown, set: (value: unknown) => void): HTMLElement {
  const words = choices[name];
  if (words) {
    const select = h("select", { id, onchange: (event) => set((event.target as HTMLSelectElement).value) }, words.map((word) => h("option", { value: word }, word)));
    select.value = String(value);
    return select;
  }
  if (typeof normal === "boolean") return h("input", { type: "checkbox", id, checked: value === true, onchange: (event) => set((event.target as HTMLInputElement).checked) });
  if (Array.isArray(value)) {
    return h("input", { type: "text", id, value: value.join(", "), placeholder: "all", onchange: (event) => set((event.target as HTMLInputElement).value.split(",").map((s) => s.trim()).filter(Boolean)) });
  }
  if (typeof normal === "number") return h("input", { type: "number", id, min: 0, step: "any", value: Number(value), onchange: (event) => set(Number((event.target as HTMLInputElement).value)) });
  return h("input", { type: "text", id, value: value === null ? "" : String(value), onchange: (event) => set((event.target as HTMLInputElement).value) });
}
