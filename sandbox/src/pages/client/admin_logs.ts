// What was delivered to the hub, attempt by attempt, and what the hub asked of the API.
import { act, api, chip, h, when } from "./kit.js";

export interface DeliveryEntry {
  id: string; at: string; url: string; topic: string; subject: string; state: string; body: string; headers: Record<string, string>;
  max_attempts: number; next_at: string | null; repeats: string | null;
  attempts: { attempt: number; copy: number; at: string; status: number; ms: number; error: string | null; response: string }[];
}

export interface RequestEntry {
  n: number; at: string; operation: string; ref: string; status: number; ms: number; fault: string | null; refused: boolean; message: string | null;
}

// Which entries are open has to survive the next drawing.
const opened = new Set<string>();

export function deliveries_card(deliveries: DeliveryEntry[]): HTMLElement {
  return h("section", { class: "card tight" },
    h("div", { class: "card-head" }, h("h2", {}, "Deliveries"), h("span", { class: "muted small" }, "newest first, the last 60")),
    deliveries.length === 0 ? h("div", { class: "empty" }, h("strong", {}, "Nothing delivered yet"), h("p", {}, "Add an active webhook and make a return."))
      : h("div", { class: "scroll tall" }, h("table", {},
        h("thead", {}, h("tr", {}, ["Topic / trigger", "Return", "State", "Attempts", "When", ""].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, deliveries.flatMap(delivery_rows)))));
}

function delivery_rows(entry: DeliveryEntry): HTMLElement[] {
  const more = h("tr", { hidden: !opened.has(entry.id) }, h("td", { colspan: 6 }, delivery_details(entry)));
  const show = h("button", { type: "button", class: "small quiet", id: `show-${entry.id}`, "aria-expanded": opened.has(entry.id) ? "true" : "false" }, "Details");
  show.addEventListener("click", () => {
    more.hidden = !more.hidden;
    show.setAttribute("aria-expanded", String(!more.hidden));
    if (more.hidden) opened.delete(entry.id);
    else opened.add(entry.id);
  });
  const again = h("button", { type: "button", class: "small" }, "Redeliver");
  again.addEventListener("click", () => void act(again, () => api("POST", `/_control/deliveries/${entry.id}/redeliver`), "Sent again"));
  const last = entry.attempts.at(-1);
  return [h("tr", {},
    h("td", {}, entry.topic, entry.repeats ? h("div", { class: "muted small" }, `repeats ${entry.repeats}`) : null),
    h("td", {}, h("a", { href: `/admin/returns/${entry.subject}` }, entry.subject)),
    h("td", {}, chip(entry.state, entry.state)),
    h("td", {}, `${entry.attempts.length}${entry.max_attempts > 1 ? ` of ${entry.max_attempts}` : ""}`, last ? h("div", { class: "muted small" }, last.status === 0 ? (last.error ?? "no answer") : `HTTP ${last.status}`) : null),
    h("td", { class: "muted small" }, when(entry.at)),
    h("td", {}, h("span", { class: "row", style: "flex-wrap: nowrap; justify-content: end" }, show, again))), more];
}

function delivery_details(entry: DeliveryEntry): HTMLElement {
  const attempts = entry.attempts.map((one) => h("li", {},
    h("span", {}, `${one.copy > 1 ? `Copy ${one.copy}, attempt` : "Attempt"} ${one.attempt}: ${one.status === 0 ? (one.error ?? "no answer") : `HTTP ${one.status}`} after ${one.ms} ms`),
    h("time", { datetime: one.at }, when(one.at)),
    one.response ? h("code", { class: "small" }, one.response.slice(0, 300)) : null));
  return h("div", { class: "stack" },
    h("dl", { class: "facts" }, h("dt", {}, "Sent to"), h("dd", { class: "mono" }, entry.url),
      ...Object.entries(entry.headers).flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value)]),
      ...(entry.next_at ? [h("dt", {}, "Next attempt"), h("dd", {}, when(entry.next_at))] : [])),
    attempts.length > 0 ? h("ol", { class: "timeline" }, attempts) : h("p", { class: "muted" }, "Never sent."),
    h("pre", {}, h("code", {}, readable(entry.body))));
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function requests_card(requests: RequestEntry[]): HTMLElement {
  return h("section", { class: "card tight" },
    h("div", { class: "card-head" }, h("h2", {}, "API requests"), h("span", { class: "muted small" }, "newest first, the last 60")),
    requests.length === 0 ? h("div", { class: "empty" }, h("strong", {}, "No requests yet"), h("p", {}, "Whatever a client asks of the API is listed here."))
      : h("div", { class: "scroll tall" }, h("table", {},
        h("thead", {}, h("tr", {}, ["Operation", "About", "Answer", "Took", "When"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, requests.map((one) => h("tr", {},
          h("td", { class: "mono" }, one.operation), h("td", {}, one.ref || "–"),
          h("td", {}, h("span", { class: "row" }, answer_chip(one), one.fault ? chip(one.fault.replaceAll("_", " "), "warn") : null, one.message ? h("span", { class: "small muted" }, one.message) : null)),
          h("td", { class: "muted small" }, `${one.ms} ms`), h("td", { class: "muted small" }, when(one.at))))))));
}

function answer_chip(one: RequestEntry): HTMLElement {
  if (one.status === 0) return chip("no answer", "bad");
  return chip(one.refused ? `${one.status}, refused` : String(one.status), one.status >= 400 ? "bad" : one.refused ? "warn" : "good");
}
