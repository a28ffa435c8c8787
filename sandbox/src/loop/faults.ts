// Every switch of the Loop emulator. Where Loop's documentation is silent there is a switch here whose default is the
// contract's "emulator default"; a fault is a switch that is off by default.
import { default_common_faults, type CommonFaults } from "../faults.ts";

export interface LoopFaults extends CommonFaults {
  // Answers
  /** 401 body: {"error":{...}} of the gateway, or {"errors":"Unauthorized."}. */
  auth_shape: "gateway" | "errors";
  /** Answer "true" in quotes where Loop answers true. */
  action_success_string: boolean;
  /** Shape of a refused action: as documented per case, or always the same one. */
  refusal_shape: "documented" | "errors" | "message" | "content";
  notes_shape: "object" | "array";
  unknown_version_404: boolean;
  /** 18-digit ids for everything made from now on: beyond what a double holds. */
  ids_18_digit: boolean;
  asn_ids: "number" | "string";
  asn_window: "created_at" | "updated_at";

  // Actions
  /** A flag moves the return to `review`, or leaves it `open` with the flag beside it. */
  flag_mode: "review" | "flagged";
  /** The shop setting "Allow flagged returns to process". */
  allow_flagged_to_process: boolean;
  flag_twice: "true" | "refuse";
  cancel_twice: "true" | "refuse";
  second_process_while_queued: "true" | "refuse";
  /** Process, cancel, close and flag work on an expired return. */
  expired_allows: boolean;
  close_in_review: "true" | "refuse";
  remove_in_review: "true" | "refuse";
  /** Answer to grading or assessing a line item id this shop does not have. */
  unknown_line_item: "403" | "422";
  disposition_outcomes: string[];

  // Background processing
  process_delay_ms: number;
  /** Rate 0..1, or the ids of the returns that fail. */
  process_fails: number | string[];
  process_failure_message: string | null;
  restock_mode: "off" | "shopify" | "webhook";
  /** Who issues store credit; a third party hears of it by giftcard.requested. */
  giftcard_mode: "shopify" | "third_party";
  /** The label status at which the shop lets Loop process by itself. */
  auto_process_on: "manual" | "pre_transit" | "in_transit" | "out_for_delivery" | "delivered";
  /** How long after the shopper submits in the portal the label is there. */
  label_delay_ms: number;
  label_generation_fails: boolean;

  // Lists
  list_page_size_max: number;
  list_order: "asc" | "desc";
  /** Whether nextPageUrl repeats from, to, filter and state. */
  next_url_keeps_filters: boolean;
  /** Which return `details` shows when an order has several. */
  details_of_order: "latest" | "first";

  // Rate limit
  rate_limit_per_minute: number;
  rate_headers: boolean;

  // Webhooks
  webhook_default_status: "active" | "inactive";
  /** Write / as it is instead of \/. */
  plain_slashes: boolean;
  close_order: "updated-first" | "closed-first";
  webhook_id_type: "string" | "number";
  webhook_dates: "z" | "offset";
  label_payload_key: "id" | "return_id" | "both";
  /** Sent when the topic has nothing to say about the trigger. */
  empty_payload: string;
  webhook_timeout_ms: number;
  webhook_max_attempts: number;
  webhook_backoff_ms: number;
  /** Whether statuses the documentation does not list (408, 409, 429, 5xx but 500 and 503) are tried again. */
  retry_unlisted: boolean;
  /** Consecutive failed deliveries after which a webhook becomes inactive; 0 = never, as today's documentation has it. */
  deactivate_after: number;
  destination_limit: number;
}

export function default_loop_faults(): LoopFaults {
  return {
    ...default_common_faults(),
    auth_shape: "gateway",
    action_success_string: false,
    refusal_shape: "documented",
    notes_shape: "object",
    unknown_version_404: false,
    ids_18_digit: false,
    asn_ids: "number",
    asn_window: "created_at",
    flag_mode: "review",
    allow_flagged_to_process: false,
    flag_twice: "true",
    cancel_twice: "refuse",
    second_process_while_queued: "true",
    expired_allows: false,
    close_in_review: "true",
    remove_in_review: "refuse",
    unknown_line_item: "403",
    disposition_outcomes: ["restock", "refurbish", "donate", "dispose"],
    process_delay_ms: 2000,
    process_fails: 0,
    process_failure_message: "The refund could not be completed.",
    restock_mode: "off",
    giftcard_mode: "shopify",
    auto_process_on: "manual",
    label_delay_ms: 2500,
    label_generation_fails: false,
    list_page_size_max: 750,
    list_order: "asc",
    next_url_keeps_filters: true,
    details_of_order: "latest",
    rate_limit_per_minute: 300,
    rate_headers: false,
    webhook_default_status: "inactive",
    plain_slashes: false,
    close_order: "updated-first",
    webhook_id_type: "string",
    webhook_dates: "z",
    label_payload_key: "id",
    empty_payload: "{}",
    webhook_timeout_ms: 10_000,
    webhook_max_attempts: 6,
    webhook_backoff_ms: 10_000,
    retry_unlisted: true,
    deactivate_after: 0,
    destination_limit: 20,
  };
}

/** The allowed words of the switches that take one, for checking what tests set. */
export const loop_fault_choices: Partial<Record<keyof LoopFaults, string[]>> = {
  auth_shape: ["gateway", "errors"],
  refusal_shape: ["documented", "errors", "message", "content"],
  notes_shape: ["object", "array"],
  asn_ids: ["number", "string"],
  asn_window: ["created_at", "updated_at"],
  flag_mode: ["review", "flagged"],
  flag_twice: ["true", "refuse"],
  cancel_twice: ["true", "refuse"],
  second_process_while_queued: ["true", "refuse"],
  close_in_review: ["true", "refuse"],
  remove_in_review: ["true", "refuse"],
  unknown_line_item: ["403", "422"],
  restock_mode: ["off", "shopify", "webhook"],
  giftcard_mode: ["shopify", "third_party"],
  auto_process_on: ["manual", "pre_transit", "in_transit", "out_for_delivery", "delivered"],
  list_order: ["asc", "desc"],
  details_of_order: ["latest", "first"],
  webhook_default_status: ["active", "inactive"],
  close_order: ["updated-first", "closed-first"],
  webhook_id_type: ["string", "number"],
  webhook_dates: ["z", "offset"],
  label_payload_key: ["id", "return_id", "both"],
};
