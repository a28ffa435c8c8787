// The seven webhook operations.

import type { GraphQLResolveInfo } from "graphql";
import { request } from "../post.ts";
import { acting_account_id, now_iso, own_account_id, random_hex, read_id, read_time, type Call } from "./call.ts";
import { connection, count_rows, to_cursor, window_of } from "./connection.ts";
import { not_found, other_error } from "./errors.ts";
import { encode_id } from "./ids.ts";
import type { OperationDefinition } from "./operations.ts";
import { take_id, type CallLogRow, type WebhookRow } from "./state.ts";
import { plus_seconds, wire_time } from "./time.ts";
import { release_held } from "./webhook_sender.ts";

export const webhook_types = [
  "Inventory Update", "Inventory Change", "Shipment Update", "Automation Rules", "Order Canceled", "Capture Payment", "PO Update",
  "Return Update", "Tote Complete", "Tote Cleared", "Order Packed Out", "Package Added", "Print Barcode", "Order Allocated",
  "Order Deallocated", "Shipment ASN", "Generate Label", "Product Update", "Work Order Status Update",
];

interface Named { name: string; shop_name?: string | null; customer_account_id?: string | null }
interface CreateInput extends Named { url: string; enabled?: boolean | null }
interface LogsArgs { webhook_id: string; date_from?: string | null; date_to?: string | null; first?: number | null; after?: string | null }

const query = (run: OperationDefinition["run"]): OperationDefinition =>
  ({ kind: "query", scopes: ["view:webhooks"], into: "data", run });
const mutation = (into: string, run: OperationDefinition["run"]): OperationDefinition =>
  ({ kind: "mutation", scopes: ["change:webhooks"], into, run });

export const webhook_operations: Record<string, OperationDefinition> = {
  webhooks: query((args: { customer_account_id?: string | null }, call) => {
    const account_id = acting_account_id(call, args.customer_account_id);
    return connection(call.state.webhooks.filter((row) => row.account_id === account_id), (row) => webhook_view(row));
  }),
  webhooks_call_logs: query(call_logs),

  webhook_create: mutation("webhook", (args: { data: CreateInput }, call) => create(call, args.data)),

  webhook_delete: mutation("", (args: { data: Named }, call) => {
    const account_id = acting_account_id(call, args.data.customer_account_id);
    const webhook = find_named(call, args.data, account_id);
    if (!webhook) throw not_found("Webhook");
    call.state.webhooks.splice(call.state.webhooks.indexOf(webhook), 1);
    call.tables.webhooks_by_id.delete(webhook.legacy_id);
    call.world.record({ vendor: "shiphero", what: "webhook.deleted", ref: String(webhook.legacy_id), detail: { name: webhook.name, url: webhook.url } });
    return null;
  }),

  webhook_enable: mutation("webhook", (args: { data: { webhook_id: string } }, call) => {
    const webhook = set_enabled(call, args.data.webhook_id, true);
    webhook.health = "HEALTHY";
    webhook.failures_in_a_row = 0;
    release_held(call.world, webhook);
    return webhook_view(webhook);
  }),
  webhook_disable: mutation("webhook", (args: { data: { webhook_id: string } }, call) =>
    webhook_view(set_enabled(call, args.data.webhook_id, false))),

  webhook_update_url: mutation("webhook", (args: { data: { webhook_id: string; new_url: string } }, call) => {
    const webhook = existing(call, args.data.webhook_id);
    webhook.url = args.data.new_url;
    webhook.updated_at = now_iso(call);
    const keeps = call.faults.update_url_keeps_secret;
    if (!keeps) webhook.secret = new_secret(call);
    return webhook_view(webhook, !keeps);
  }),
};

async function create(call: Call, data: CreateInput) {
  const account_id = acting_account_id(call, data.customer_account_id);
  if (!webhook_types.includes(data.name)) throw other_error(call.faults, `Invalid webhook type: ${data.name}`);
  const refuse_second = () => {
    if (find_named(call, data, account_id)) throw other_error(call.faults, "Webhook already exists");
  };
  refuse_second();
  if (call.faults.webhook_probe && !(await answers_head(data.url, call.faults.webhook_timeout_ms))) {
    throw other_error(call.faults, `Webhook URL ${data.url} did not answer a HEAD request with 2xx`);
  }
  refuse_second(); // the probe took time, and another call may have come first
  const now = now_iso(call);
  const webhook: WebhookRow = {
    legacy_id: take_id(call.state, "webhook"), account_id, shop_name: data.shop_name ?? null, name: data.name, url: data.url,
    enabled: data.enabled ?? call.faults.webhook_default_enabled, health: "HEALTHY", failures_in_a_row: 0,
    secret: new_secret(call), created_at: now, updated_at: now, last_enabled_change: now,
  };
  call.state.webhooks.push(webhook);
  call.tables.webhooks_by_id.set(webhook.legacy_id, webhook);
  call.world.record({
    vendor: "shiphero", what: "webhook.created", ref: String(webhook.legacy_id),
    detail: { name: webhook.name, url: webhook.url, shop_name: webhook.shop_name, account_id },
  });
  return webhook_view(webhook, true);
}

async function answers_head(url: string, timeout_ms: number): Promise<boolean> {
  const { status } = await request("HEAD", url, {}, "", timeout_ms);
  return status >= 200 && status < 300;
}

const new_secret = (call: Call): string => random_hex(call.world, 40);

function find_named(call: Call, named: Named, account_id: number): WebhookRow | null {
  return call.state.webhooks.find((row) =>
    row.account_id === account_id && row.name === named.name && row.shop_name === (named.shop_name ?? null)) ?? null;
}

function existing(call: Call, id: string): WebhookRow {
  const webhook = call.tables.webhooks_by_id.get(read_id(call, "Webhook", id) ?? -1);
  const reachable = [call.state.merchant.legacy_id, own_account_id(call)];
  if (!webhook || !reachable.includes(webhook.account_id)) throw not_found("Webhook");
  return webhook;
}

function set_enabled(call: Call, id: string, enabled: boolean): WebhookRow {
  const webhook = existing(call, id);
  const now = now_iso(call);
  if (webhook.enabled !== enabled) webhook.last_enabled_change = now;
  webhook.enabled = enabled;
  webhook.updated_at = now;
  return webhook;
}

/** The secret is in the answer that made it and in no other. */
function webhook_view(row: WebhookRow, with_secret = false) {
  return {
    id: encode_id("Webhook", row.legacy_id), legacy_id: row.legacy_id, account_id: encode_id("Account", row.account_id),
    shop_name: row.shop_name, name: row.name, url: row.url, source: "api", enabled: row.enabled, health: row.health,
    created_at: wire_time(row.created_at), updated_at: wire_time(row.updated_at),
    last_enabled_change: wire_time(row.last_enabled_change), shared_signature_secret: with_secret ? row.secret : null,
  };
}

const hour_s = 3600;
const week_s = 7 * 24 * hour_s;

function call_logs(args: LogsArgs, call: Call, info: GraphQLResolveInfo) {
  const webhook = existing(call, args.webhook_id);
  const to = read_time(call, "date_to", args.date_to) ?? wire_time(now_iso(call));
  const from = read_time(call, "date_from", args.date_from) ?? plus_seconds(to, -hour_s);
  if (plus_seconds(from, week_s) < to) throw other_error(call.faults, "The range between date_from and date_to can be one week at most");
  const rows = call.state.call_logs.filter((row) =>
    row.webhook_id === webhook.legacy_id && row.at >= from && wire_time(row.at) <= to);
  const window = window_of(call, { first: args.first, after: args.after }, rows.length);
  count_rows(call, info, window.to - window.from);
  const edges = rows.slice(window.from, window.to)
    .map((row, i) => ({ cursor: to_cursor(window.from + i), node: call_log_view(row) }));
  return {
    edges,
    page_info: {
      has_next_page: window.to < rows.length, has_previous_page: window.from > 0,
      start_cursor: edges[0]?.cursor ?? null, end_cursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function call_log_view(row: CallLogRow) {
  return {
    id: encode_id("WebhookCallLog", row.legacy_id), webhook_type: row.webhook_type, url: row.url, timestamp: wire_time(row.at),
    status_code: row.status_code, response: row.response,
  };
}
