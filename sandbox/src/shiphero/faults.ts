// The switches of the emulated ShipHero. Each stands for a fault that can happen on the wire, or for a point where
// the public documentation is silent and the emulator had to choose. Rates are 0..1.

import { default_common_faults, type CommonFaults } from "../faults.ts";

// Operations, for `only`, are the names of top-level GraphQL fields, and "auth_token" and "auth_refresh".
export interface ShipHeroFaults extends CommonFaults {
  /** A network filter answers 403 with HTML before the API is reached; the credentials are fine. */
  blocked_403: number;

  // Credits and request ceiling.
  bucket_size: number;
  refill_per_second: number;
  mutation_cost: number;
  /** "every_connection" sums all connections; "deepest_only" counts a nesting by its innermost connection. */
  cost_rule: "every_connection" | "deepest_only";
  requests_per_5_minutes: number;
  retry_after_header: boolean;
  /** `user_quota` reports a full bucket whatever is left. */
  user_quota_wrong: boolean;

  // Tokens and accounts.
  token_lifetime_s: number;
  auth_failure_status: number;
  /** Tokens are still issued but every call with them is refused. */
  account_inactive: boolean;
  /** A refresh also answers a new refresh token, and the old one stops working. */
  rotate_refresh_token: boolean;
  /** The token belongs to a 3PL and the shop is its customer account. */
  child_account_rule: boolean;

  // GraphQL.
  validation_error_status: number;
  introspection: boolean;
  /** The `code` of refusals whose number is not documented; 0 leaves the key out. */
  other_error_code: number;
  /** Bare legacy ids are accepted wherever an id is expected, not only by `order` and `return`. */
  legacy_ids_everywhere: boolean;
  accept_zoned_datetime: boolean;
  /** `order`, `return` and their like answer `data: null` without an error for an unknown id. */
  return_null_with_no_error: boolean;
  pii_null: boolean;

  // Orders.
  /** Rate at which a look-up of an order which is there does not find it. */
  order_missing: number;
  /** Names of orders which never reached ShipHero. */
  order_not_imported: string[];
  /** What the import put into `partner_order_id`. */
  order_id_field: "shopify_id" | "name" | "none";

  // Returns.
  status_unknown_rejected: boolean;
  status_spelling_api: "as_set" | "lower" | "underscore";
  status_spelling_webhook: "as_set" | "lower" | "underscore";
  /** A return of more units than the order has left is refused. */
  reject_duplicate_rma: boolean;
  /** Whether `return_receive_line_item` adds to what was received before or replaces it. */
  receive_mode: "add" | "set";

  // Webhooks.
  /** Changes made through the API cause webhooks, as changes made in the warehouse do. */
  echo: boolean;
  webhook_probe: boolean;
  webhook_default_enabled: boolean;
  update_url_keeps_secret: boolean;
  /** A 2xx counts only with a JSON body whose `code` is "200". */
  strict_ack_body: boolean;
  webhook_retries: number;
  webhook_retry_base_ms: number;
  webhook_timeout_ms: number;
  same_message_id_on_retry: boolean;
  /** Events in a row that failed for good until WARNING, and until UNHEALTHY, which disables; 0 is never. */
  warning_after: number;
  unhealthy_after: number;
  discard_while_disabled: boolean;
}

export function default_shiphero_faults(): ShipHeroFaults {
  return {
    ...default_common_faults(), blocked_403: 0,

    bucket_size: 4004, refill_per_second: 60, mutation_cost: 10, cost_rule: "every_connection",
    requests_per_5_minutes: 7000, retry_after_header: false, user_quota_wrong: false,

    token_lifetime_s: 2_419_200, auth_failure_status: 401, account_inactive: false, rotate_refresh_token: false,
    child_account_rule: false,

    validation_error_status: 400, introspection: true, other_error_code: 0, legacy_ids_everywhere: false,
    accept_zoned_datetime: false, return_null_with_no_error: false, pii_null: false,

    order_missing: 0, order_not_imported: [], order_id_field: "shopify_id",

    status_unknown_rejected: true, status_spelling_api: "as_set", status_spelling_webhook: "lower",
    reject_duplicate_rma: false, receive_mode: "add",

    echo: true, webhook_probe: true, webhook_default_enabled: true, update_url_keeps_secret: true,
    strict_ack_body: false, webhook_retries: 5, webhook_retry_base_ms: 10_000, webhook_timeout_ms: 10_000,
    same_message_id_on_retry: true, warning_after: 3, unhealthy_after: 10, discard_while_disabled: true,
  };
}

/** The texts a switch may hold, for those that are one of a few. */
export const shiphero_fault_choices: Record<string, string[]> = {
  cost_rule: ["every_connection", "deepest_only"],
  order_id_field: ["shopify_id", "name", "none"],
  status_spelling_api: ["as_set", "lower", "underscore"],
  status_spelling_webhook: ["as_set", "lower", "underscore"],
  receive_mode: ["add", "set"],
};
