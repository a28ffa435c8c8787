// Buttons with which a person in Loop Admin decides about a return.
import { act, api, h } from "./kit.js";
import type { AdminReturn } from "./admin_tabs.js";

function button(ret: AdminReturn, label: string, kind: string, path: string, done: string, question?: string): HTMLButtonElement {
  const element = h("button", { type: "button", class: kind }, label);
  element.addEventListener("click", () => {
    if (question && !confirm(question)) return;
    void act(element, () => api("POST", `/_control/loop/returns/${ret.id}/${path}`), done);
  });
  return element;
}

function review_buttons(ret: AdminReturn): HTMLElement {
  return h("div", { class: "row" },
    button(ret, "Process", "primary", "process", `Return ${ret.id} is being processed`),
    button(ret, "Lift flag", "", "lift-flag", `Return ${ret.id} is open again`),
    button(ret, "Reject", "danger", "reject", `Return ${ret.id} is rejected and cancelled`, "Reject this return? It will be cancelled without a refund."));
}

/** What may be done to the return now; a sentence when nothing may. */
export function detail_buttons(ret: AdminReturn): HTMLElement {
  if (ret.queued) return h("p", { class: "notice" }, "This return is in the processing queue.");
  if (ret.state === "review" || ret.flagged) return review_buttons(ret);
  if (ret.state === "open") {
    return h("div", { class: "row" },
      button(ret, "Process", "primary", "process", `Return ${ret.id} is being processed`),
      ret.labels.length === 0 && ret.label_mode !== "none" ? button(ret, "Make label", "", "label", "The label is made") : "",
      button(ret, "Close", "", "close", `Return ${ret.id} is closed`, "Close this return? The items cannot be returned again, and nothing is paid."),
      button(ret, "Let it expire", "quiet", "expire", `Return ${ret.id} has expired`),
      button(ret, "Cancel", "danger", "cancel", `Return ${ret.id} is cancelled`, "Cancel this return? The shopper may submit the items again."));
  }
  if (ret.state === "expired") return h("div", { class: "row" }, button(ret, "Close", "", "close", `Return ${ret.id} is closed`), button(ret, "Cancel", "danger", "cancel", `Return ${ret.id} is cancelled`));
  return h("p", { class: "muted" }, ret.state === "closed" ? (ret.processed_at ? "Processed. Nothing more can be done." : "Closed by hand. Nothing was paid.") : "Cancelled. Nothing more can be done.");
}
