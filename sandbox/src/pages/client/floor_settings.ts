// ShipHero as its settings page and its technicians see it: credits, tokens, webhooks, and the switches of the emulator.
import { act, api, by_id, chip, draw, h } from "./kit.js";
import { switch_groups } from "./floor_switches.js";
import type { FloorData, FloorWebhook, Switches } from "./floor_types.js";

export function draw_settings(data: FloorData): void {
  const { credits, webhooks, refresh_revoked } = data.account;
  draw(by_id("panels"), [credits.size, credits.per_second, webhooks, refresh_revoked, data.account.requests_allowed], () => [
    credits_panel(data), tokens_panel(refresh_revoked), webhooks_panel(webhooks),
  ]);
  // The numbers move all the time; only they are written, so that nothing else is redrawn.
  by_id("credits-left").textContent = credits.remaining.toLocaleString("en");
  by_id("credits-bar").style.width = `${Math.round((100 * credits.remaining) / Math.max(1, credits.size))}%`;
  by_id("requests-seen").textContent = data.account.requests_in_5_minutes.toLocaleString("en");
  draw(by_id("switches"), [data.switches], () => switches_panel(data));
}

function credits_panel(data: FloorData): HTMLElement {
  const { credits, requests_allowed } = data.account;
  return h("section", { class: "card", "aria-labelledby": "credits-title" }, h("h3", { id: "credits-title" }, "API credits"),
    h("p", { class: "big" }, h("span", { id: "credits-left" }), h("span", { class: "muted small" }, ` of ${credits.size.toLocaleString("en")}`)),
    h("div", { class: "meter", "aria-hidden": "true" }, h("span", { id: "credits-bar" })),
    h("p", { class: "muted small" }, `${credits.per_second} come back every second. `, h("span", { id: "requests-seen" }), ` of ${requests_allowed.toLocaleString("en")} requests in five minutes.`));
}

function tokens_panel(refresh_revoked: boolean): HTMLElement {
  const button = (id: string, words: string, path: string, body: object, done: string) => h("button", {
    type: "button", class: "small", id, onclick: (event) => void act(event.currentTarget as HTMLButtonElement, () => api("POST", `/_control/shiphero/tokens/${path}`, body), done),
  }, words);
  return h("section", { class: "card", "aria-labelledby": "tokens-title" }, h("h3", { id: "tokens-title" }, "Developer user"),
    h("p", { class: "muted small" }, refresh_revoked ? "The refresh token is revoked: no new access tokens." : "The refresh token works. Access tokens live for 28 days."),
    h("div", { class: "row" },
      button("expire", "Expire access tokens", "expire", {}, "Access tokens have expired"),
      button("revoke", "Revoke access tokens", "revoke", {}, "Access tokens are revoked"),
      refresh_revoked ? button("restore", "Restore refresh token", "restore", {}, "The refresh token works again")
        : button("revoke-refresh", "Revoke refresh token", "revoke", { kind: "refresh" }, "The refresh token is revoked")));
}

function webhooks_panel(webhooks: FloorWebhook[]): HTMLElement {
  return h("section", { class: "card webhooks", "aria-labelledby": "webhooks-title" }, h("h3", { id: "webhooks-title" }, "Webhooks"),
    webhooks.length === 0 ? h("p", { class: "muted small" }, "None registered. Whoever wants to hear of changes calls webhook_create.")
      : h("ul", { class: "lines" }, webhooks.map((webhook) => h("li", { class: "webhook" },
        h("div", { class: "row between" }, h("b", {}, webhook.name),
          h("span", { class: "row" }, webhook.enabled ? chip("enabled", "info") : chip("disabled", "warn"),
            chip(webhook.health.toLowerCase(), webhook.health === "HEALTHY" ? "good" : webhook.health === "WARNING" ? "warn" : "bad"))),
        h("p", { class: "mono small address" }, webhook.url),
        webhook.answers.length === 0 ? h("p", { class: "muted small" }, "Nothing sent yet")
          : h("div", { class: "answers", "aria-label": "Answers to the newest attempts, oldest first", role: "img" },
            webhook.answers.map((status) => h("span", { class: status >= 200 && status < 300 ? "answer good" : "answer bad", title: status === 0 ? "no answer" : String(status) }, status === 0 ? "–" : status)))))));
}

function switches_panel(data: FloorData): HTMLElement[] {
  const { switches, switch_defaults } = data;
  const changed = Object.keys(switches).filter((key) => JSON.stringify(switches[key]) !== JSON.stringify(switch_defaults[key]));
  const reset = h("button", { type: "button", class: "small", id: "switches-reset", disabled: changed.length === 0, onclick: (event) =>
    void act(event.currentTarget as HTMLButtonElement, () => put(Object.fromEntries(changed.map((key) => [key, switch_defaults[key]!]))), "ShipHero behaves again") }, "Back to normal");
  const told = new Set(switch_groups.flatMap((group) => group.switches.map(([key]) => key)));
  const untold = Object.keys(switches).filter((key) => !told.has(key)).map((key): [string, string] => [key, key]);
  const groups = untold.length === 0 ? switch_groups : [...switch_groups, { title: "More", switches: untold }];
  return [
    h("div", { class: "card-head" }, h("h3", {}, "Trouble and unknowns"), h("span", { class: "row" },
      changed.length > 0 ? chip(changed.length === 1 ? "1 switch changed" : `${changed.length} switches changed`, "warn") : null, reset)),
    h("p", { class: "muted small" }, "Faults that happen on the wire, and points where ShipHero's documentation is silent. Rates go from 0 (never) to 1 (always)."),
    ...groups.map((group) => {
      const open = open_groups.has(group.title) || group.switches.some(([key]) => changed.includes(key));
      return h("details", { id: `switches-${group.title}`, open, ontoggle: (event) => {
        if ((event.currentTarget as HTMLDetailsElement).open) open_groups.add(group.title);
        else open_groups.delete(group.title);
      } }, h("summary", {}, group.title), h("div", { class: "switches" }, group.switches.filter(([key]) => key in switches).map(([key, words]) =>
        one_switch(key, words, switches[key]!, changed.includes(key), data.switch_choices[key]))));
    }),
  ];
}

const open_groups = new Set<string>();

function one_switch(key: string, words: string, value: Switches[string], changed: boolean, choices: string[] | undefined): HTMLElement {
  const id = `switch-${key}`;
  const set = (read: (input: HTMLInputElement) => Switches[string]) => (event: Event) =>
    void act(null, () => put({ [key]: read(event.currentTarget as HTMLInputElement) }));
  const control = choices ? h("select", { id, onchange: set((input) => input.value) }, choices.map((choice) => h("option", { value: choice, selected: choice === value }, choice.replaceAll("_", " "))))
    : typeof value === "boolean" ? h("input", { type: "checkbox", id, checked: value, onchange: set((input) => input.checked) })
    : typeof value === "number" ? h("input", { type: "number", id, value, min: 0, step: "any", onchange: set((input) => Number(input.value)) })
    : h("input", { type: "text", id, value: Array.isArray(value) ? value.join(", ") : value, placeholder: key === "only" ? "all" : "none",
      onchange: set((input) => (Array.isArray(value) ? input.value.split(",").map((part) => part.trim()).filter((part) => part !== "") : input.value)) });
  return h("label", { class: changed ? "switch changed" : "switch", for: id, title: key }, h("span", {}, words), control);
}

const put = (shiphero: Switches): Promise<unknown> => api("PUT", "/_control/faults", { shiphero });
