// Sends "Return Update" and keeps each webhook's health. The delivery itself (attempts, backoff, injected loss, copies
// and reordering) is the shared engine's; what is ShipHero's own is here.

import { createHmac } from "node:crypto";
import type { Delivery, DeliveryLogEntry, DeliveryResult } from "../delivery.ts";
import type { World } from "../world.ts";
import { random_hex } from "./call.ts";
import { encode_id } from "./ids.ts";
import { display_form, spell_status } from "./spelling.ts";
import { take_id, type ReturnRow, type WebhookRow } from "./state.ts";
import { line_of, tables_of } from "./tables.ts";
import { webhook_time } from "./time.ts";
import { partner_order_id_of } from "./views.ts";

// The documentation gives a week of logs; at a test's pace that is a count, not a time.
const call_logs_kept = 2000;
// Only with `discard_while_disabled` off, which is not what ShipHero does.
const held_max = 1000;

/** Tells every webhook that may know: registered for this type, and on the account the return belongs to. */
export function send_return_update(world: World, row: ReturnRow): void {
  let body: string | null = null;
  for (const webhook of world.shiphero.webhooks) {
    if (webhook.name !== "Return Update" || webhook.account_id !== row.account_id) continue;
    body ??= JSON.stringify(return_update_body(world, row));
    if (webhook.enabled) deliver(world, webhook, String(row.legacy_id), body);
    else if (!world.faults.shiphero.discard_while_disabled && world.shiphero.held.length < held_max) {
      world.shiphero.held.push({ webhook_id: webhook.legacy_id, subject: String(row.legacy_id), body });
    }
  }
}

export function release_held(world: World, webhook: WebhookRow): void {
  const mine = world.shiphero.held.filter((held) => held.webhook_id === webhook.legacy_id);
  world.shiphero.held = world.shiphero.held.filter((held) => held.webhook_id !== webhook.legacy_id);
  for (const held of mine) deliver(world, webhook, held.subject, held.body);
}

/** Lets deliveries that were unfinished when the world was saved go on after a load. */
export function resume_deliveries(world: World): void {
  world.engine.on_resume("shiphero", (entry: DeliveryLogEntry) => {
    const webhook = world.shiphero.webhooks.find((row) => row.legacy_id === entry.memo.webhook_id);
    return webhook ? delivery(world, webhook, entry.subject, entry.body, entry.headers) : null;
  });
}

function deliver(world: World, webhook: WebhookRow, subject: string, body: string): void {
  const headers = {
    "content-type": "application/json",
    "x-shiphero-hmac-sha256": createHmac("sha256", webhook.secret).update(body, "utf8").digest("base64"),
    "X-Shiphero-Message-ID": new_message_id(world),
  };
  world.engine.enqueue(delivery(world, webhook, subject, body, headers));
}

function delivery(world: World, webhook: WebhookRow, subject: string, body: string, headers: Record<string, string>): Delivery {
  const faults = world.faults.shiphero;
  return {
    vendor: "shiphero", url: webhook.url, body, headers, topic: webhook.name, subject,
    max_attempts: 1 + faults.webhook_retries, timeout_ms: faults.webhook_timeout_ms,
    retry_on: () => true,
    // 10 s, 20 s, 40 s, 80 s, 160 s by default; the real spacing is not documented.
    retry_delay_ms: (attempt) => faults.webhook_retry_base_ms * 2 ** (attempt - 1),
    accept: (status, answer) => status >= 200 && status < 300 && (!world.faults.shiphero.strict_ack_body || acknowledges(answer)),
    headers_for: (attempt): Record<string, string> =>
      attempt > 1 && !world.faults.shiphero.same_message_id_on_retry ? { "X-Shiphero-Message-ID": new_message_id(world) } : {},
    on_result: (result) => note_result(world, webhook.legacy_id, result),
    memo: { webhook_id: webhook.legacy_id },
  };
}

function acknowledges(answer: string): boolean {
  try {
    return String((JSON.parse(answer) as { code?: unknown } | null)?.code) === "200";
  } catch {
    return false;
  }
}

function new_message_id(world: World): string {
  const hex = random_hex(world, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function note_result(world: World, webhook_id: number, result: DeliveryResult): void {
  const { shiphero: state, faults: { shiphero: faults } } = world;
  const webhook = tables_of(world).webhooks_by_id.get(webhook_id);
  if (!webhook) return; // deleted meanwhile
  const at = world.clock.now().toISOString();
  state.call_logs.push({
    legacy_id: take_id(state, "call_log"), webhook_id, webhook_type: webhook.name, url: webhook.url, at,
    status_code: result.status, response: result.body,
  });
  if (state.call_logs.length > call_logs_kept) state.call_logs.splice(0, state.call_logs.length - call_logs_kept);
  if (result.ok) {
    webhook.failures_in_a_row = 0;
    if (webhook.enabled) webhook.health = "HEALTHY";
  } else if (result.final) {
    webhook.failures_in_a_row++;
    if (reached(webhook, faults.unhealthy_after)) {
      webhook.health = "UNHEALTHY";
      if (webhook.enabled) {
        webhook.enabled = false;
        webhook.last_enabled_change = webhook.updated_at = at;
        world.record({ vendor: "shiphero", what: "webhook.auto_disabled", ref: String(webhook_id), detail: { url: webhook.url } });
      }
    } else if (reached(webhook, faults.warning_after)) {
      webhook.health = "WARNING";
    }
  }
}

const reached = (webhook: WebhookRow, threshold: number): boolean => threshold > 0 && webhook.failures_in_a_row >= threshold;

/** The documented body. Note what it lacks: the partner id, the account, a condition, any time of the change. */
export function return_update_body(world: World, row: ReturnRow) {
  const faults = world.faults.shiphero;
  const order = tables_of(world).orders_by_id.get(row.order_id);
  return {
    test: "0", webhook_type: "Return Update",
    return_id: row.legacy_id, return_uuid: encode_id("Return", row.legacy_id),
    status: spell_status(row.status, faults.status_spelling_webhook), reason: row.reason,
    items: row.items.map((item) => ({
      id: item.legacy_id, uuid: encode_id("ReturnItem", item.legacy_id), quantity: item.quantity,
      quantity_received: item.quantity_received, sku: item.sku, item_reason: item.reason, restock: item.restock,
      partner_line_item_id: (order && line_of(order, item.order_line_id)?.shopify_line_id) ?? null,
      warehouse_id: row.warehouse_id,
    })),
    order_id: row.order_id, order_uuid: encode_id("Order", row.order_id),
    partner_order_id: order ? partner_order_id_of(faults, order) : null, order_number: order?.name ?? null,
    shop_name: world.shop.domain, created_at: webhook_time(row.created_at),
    label_type: display_form(row.label_type), label_cost: row.label_cost, picked_up: false,
    tracking_number: row.labels[0]?.tracking_number ?? "", date_used: null,
  };
}
