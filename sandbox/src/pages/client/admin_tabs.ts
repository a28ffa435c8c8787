// What every admin page shows: how many returns wait for a person. And the shapes the admin pages share.
import { api, chip, h } from "./kit.js";

export interface AdminReturn {
  id: string; state: string; flagged: boolean; queued: boolean; order_name: string; customer: string; email: string;
  outcome: string; total: string; refund: string; credit: string; created_at: string; updated_at: string; processed_at: string | null;
  label_mode: string; destination_id: number | null; additional_details: Record<string, unknown> | null;
  tracking_number: string | null; label_status: string | null;
  lines: AdminLine[];
  labels: { id: number; status: string; carrier: string; tracking_number: string; url: string }[];
  notes: { id: number; content: string; created_at: string }[];
  timeline: { at: string; text: string; by: string }[];
}

export interface AdminLine {
  line_item_id: string; sku: string; title: string; price_minor: number; outcome: string; exchange_sku: string | null;
  reason: string; parent_reason: string; comment: string;
  condition: Record<string, unknown> | null; disposition: Record<string, unknown> | null;
}

export async function show_review_count(): Promise<void> {
  const counts = await api<Record<string, number>>("GET", "/admin/api/counts");
  const badge = document.getElementById("review-count");
  if (!badge) return;
  badge.textContent = String(counts["review"] ?? 0);
  badge.hidden = !counts["review"];
}

/** The state as a person reads it: a flag beside an open return, and processing under way, are worth saying. */
export function state_chip(ret: Pick<AdminReturn, "state" | "flagged" | "queued">): HTMLElement {
  if (ret.queued) return chip("processing", "info");
  if (ret.state === "review") return chip("needs review", "review");
  if (ret.flagged) return chip(`${ret.state}, flagged`, "review");
  return chip(ret.state, ret.state);
}

export function label_chip(ret: Pick<AdminReturn, "label_status" | "label_mode">): HTMLElement {
  if (ret.label_status === null) return h("span", { class: "muted" }, ret.label_mode === "none" ? "no label" : "label pending");
  return chip(ret.label_status.replaceAll("_", " "), ret.label_status === "delivered" ? "good" : "");
}

export const outcome_words: Record<string, string> = { refund: "refund", credit: "store credit", exchange: "exchange" };

export function outcome_text(outcome: string): string {
  return outcome.split("+").map((o) => outcome_words[o] ?? o).join(" + ");
}
