// Loop's webhooks: who hears of what, the bodies per topic, signing, and Loop's way of trying again.
//
// `trigger` decides when a subscription fires, `topic` which body it gets. A topic that has nothing to say about a
// trigger gets the `empty_payload`.
import type { Delivery, DeliveryLogEntry, DeliveryResult } from "../delivery.ts";
import type { World } from "../world.ts";
import { encode, money, WireNumber, type JsonStyle } from "./json.ts";
import { currency, order_of, return_payload, totals, webhook_date } from "./payloads.ts";
import { sign } from "./signature.ts";
import type { LoopLabel, LoopReturn, Webhook } from "./state.ts";

export const topics = ["return", "return.processing", "label", "label.request", "restock", "giftcard", "happy.returns.shipment"];
export const triggers = [
  "return.created", "return.updated", "return.closed", "return.processing.failed", "label.created", "label.updated",
  "label.request.issued", "label.request.cancelled", "restock.requested", "giftcard.requested", "shipment.processed",
];

export interface LoopEvent {
  trigger: string;
  ret: LoopReturn;
  label?: LoopLabel;
  failure?: { message: string | null; source: string | null };
}

/** Delivers the event to every active subscription to its trigger. */
export function emit(world: World, event: LoopEvent): void {
  for (const hook of world.loop.webhooks) {
    if (hook.status !== "active" || hook.trigger !== event.trigger) continue;
    const payload = topic_payload(world, hook.topic, event);
    const body = payload === null ? world.faults.loop.empty_payload : encode(payload, body_style(world));
    world.engine.enqueue(delivery(world, hook.id, {
      url: hook.url, body, topic: `${hook.topic} / ${event.trigger}`, subject: event.ret.id,
      headers: { "Content-Type": "application/json", "X-Loop-Signature": sign(world.loop.webhook_secret, body) },
    }));
  }
}

export function body_style(world: World): JsonStyle {
  return { escape_slashes: !world.faults.loop.plain_slashes, escape_unicode: true };
}

/** Lets Loop's unfinished deliveries go on after a saved world was loaded. */
export function resume_deliveries(world: World): void {
  world.engine.on_resume("loop", (entry: DeliveryLogEntry) => {
    const id = entry.memo["webhook_id"];
    return typeof id === "number" ? delivery(world, id, entry) : null;
  });
}

type Message = Pick<Delivery, "url" | "body" | "topic" | "subject" | "headers">;

function delivery(world: World, webhook_id: number, message: Message): Delivery {
  const { url, body, topic, subject, headers } = message;
  return {
    vendor: "loop", url, body, topic, subject, headers,
    max_attempts: world.faults.loop.webhook_max_attempts,
    retry_delay_ms: (attempt) => backoff_ms(world.faults.loop.webhook_backoff_ms, attempt, world.random()),
    retry_on: (status) => may_retry(status, world.faults.loop.retry_unlisted),
    retry_after_max_ms: 30 * 60_000,
    timeout_ms: world.faults.loop.webhook_timeout_ms,
    memo: { webhook_id },
    on_result: (result) => count_failures(world, webhook_id, result),
  };
}

/** base, 2 base, 4 base, ... each up to a fifth shorter or longer. `chance` is 0..1. */
export function backoff_ms(base: number, attempt: number, chance: number): number {
  return Math.round(base * 2 ** (attempt - 1) * (0.8 + 0.4 * chance));
}

export function may_retry(status: number, retry_unlisted: boolean): boolean {
  if (status === 0 || status === 500 || status === 503) return true;
  return retry_unlisted && (status === 408 || status === 409 || status === 429 || status >= 500);
}

function count_failures(world: World, webhook_id: number, result: DeliveryResult): void {
  const hook = world.loop.webhooks.find((h) => h.id === webhook_id);
  if (!hook) return;
  hook.failures = result.ok ? 0 : hook.failures + 1;
  const limit = world.faults.loop.deactivate_after;
  if (limit > 0 && hook.failures >= limit && hook.status === "active") {
    hook.status = "inactive";
    world.record({ vendor: "loop", what: "webhook.deactivated", ref: String(hook.id), detail: { failures: hook.failures } });
  }
}

function topic_payload(world: World, topic: Webhook["topic"], event: LoopEvent): Record<string, unknown> | null {
  const { ret, trigger } = event;
  if (topic === "return") {
    return { topic, trigger, shop_id: world.loop.shop_id, ...return_payload(world, ret, "webhook") };
  }
  if (topic === "return.processing" && event.failure) {
    return { topic, trigger, return_id: new WireNumber(ret.id), return_state: ret.state, ...event.failure };
  }
  if (topic === "label" && event.label) return { topic, trigger, ...label_payload(world, ret, event.label) };
  if (topic === "restock" && trigger === "restock.requested") return { topic, trigger, ...restock_payload(world, ret) };
  if (topic === "giftcard" && trigger === "giftcard.requested") return { topic, trigger, ...giftcard_payload(world, ret) };
  return null;
}

function label_payload(world: World, ret: LoopReturn, label: LoopLabel) {
  const order = order_of(world, ret);
  const key = world.faults.loop.label_payload_key;
  const id = new WireNumber(ret.id);
  return {
    shop_id: world.loop.shop_id,
    ...(key !== "return_id" ? { id } : {}),
    ...(key !== "id" ? { return_id: id } : {}),
    order_id: order.loop_id,
    provider_order_id: order.shopify_id,
    carrier: label.carrier,
    tracking_number: label.tracking_number,
    label_status: label.status,
    label_updated_at: webhook_date(world, label.updated_at),
    shipment_id: `shp_${label.id}`,
  };
}

function restock_payload(world: World, ret: LoopReturn) {
  const order = order_of(world, ret);
  return {
    id: ret.id,
    order_id: String(order.loop_id),
    provider_order_id: order.shopify_id,
    restock_items: ret.lines.map((line) => ({
      location_id: "61000000001", variant_id: line.variant_id, inventory_item_id: `47${line.variant_id.slice(2)}`,
      available_adjustment: "1", inventory_management: "shopify",
    })),
  };
}

function giftcard_payload(world: World, ret: LoopReturn) {
  const order = order_of(world, ret);
  const credit = money(totals(world, ret).credit);
  return {
    id: new WireNumber(ret.id),
    total_credit_issued: credit, gift_card_subtotal: credit, gift_card_tax: "0.00", gift_card_bonus_credit: "0.00",
    currency, return_id: ret.id, email: order.email,
    first_name: order.customer.first_name, last_name: order.customer.last_name,
    external_order_id: new WireNumber(order.shopify_id), external_order_name: order.name, external_order_number: order.number,
  };
}
