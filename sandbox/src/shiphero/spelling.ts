// Statuses are free text and their spelling is not stable between the API, the webhooks and the warehouse's screens.

import type { ShipHeroFaults } from "./faults.ts";

export function spell_status(status: string, spelling: ShipHeroFaults["status_spelling_api"]): string {
  if (spelling === "lower") return status.toLowerCase();
  if (spelling === "underscore") return status.toLowerCase().replace(/[\s-]+/g, "_");
  return status;
}

/** The configured status this text names, in the account's spelling; only case and outer blanks may differ. */
export function configured_status(statuses: string[], text: string): string | null {
  const wanted = text.trim().toLowerCase();
  return statuses.find((status) => status.toLowerCase() === wanted) ?? null;
}

/** "SELF_RETURN" -> "Self Return", as webhooks spell label types. */
export function display_form(label_type: string): string {
  return label_type.split("_").map((word) => word[0]! + word.slice(1).toLowerCase()).join(" ");
}
