// Section 4.4: programmatic webhooks. The signing secret is never shown here, only on Loop Admin's developer page.
import type { World } from "../world.ts";
import type { Gate } from "./gate.ts";
import { invalid, type Reply } from "./refusals.ts";
import type { Webhook } from "./state.ts";
import { topics, triggers } from "./webhooks.ts";

export interface WebhookFields { topic: string; trigger: string; url: string; status?: Webhook["status"] }

export function register_webhook_routes(gate: Gate, world: World): void {
  const scope = "developer_tools";
  gate({ name: "webhooks.list", method: "GET", path: "/webhooks", scope }, () => ({
    status: 200, body: { webhooks: world.loop.webhooks.map((hook) => show(world, hook)) },
  }));
  gate({ name: "webhooks.create", method: "POST", path: "/webhooks", scope }, (call) => {
    const fields = read_fields(call.body);
    if ("errors" in fields) return invalid(fields.errors);
    return { status: 201, body: show(world, add_webhook(world, fields, "api")) };
  });
  gate({ name: "webhooks.update", method: "PUT", path: "/webhooks/:id", scope }, (call) => {
    const hook = find_webhook(world, call.params["id"]);
    if (!hook) return webhook_not_found;
    const fields = read_fields(call.body);
    if ("errors" in fields) return invalid(fields.errors);
    change_webhook(world, hook, fields, "api");
    return { status: 204 };
  });
  gate({ name: "webhooks.delete", method: "DELETE", path: "/webhooks/:id", scope }, (call) => {
    const hook = find_webhook(world, call.params["id"]);
    if (!hook) return webhook_not_found;
    delete_webhook(world, hook, "api");
    return { status: 204 };
  });
}

const webhook_not_found: Reply = { status: 404, body: { errors: { code: "NOT_FOUND" } }, refused: "no such webhook" };

export function find_webhook(world: World, id: string | undefined): Webhook | undefined {
  return world.loop.webhooks.find((hook) => String(hook.id) === id);
}

/** Any topic goes with any trigger, as the documentation says they are set independently. */
export function read_fields(body: unknown): WebhookFields | { errors: Record<string, string[]> } {
  const given = (body ?? {}) as Record<string, unknown>;
  const errors: Record<string, string[]> = {};
  const { topic, trigger, url, status } = given;
  if (typeof topic !== "string" || !topics.includes(topic)) errors["topic"] = [topic ? "The selected topic is invalid." : "The topic field is required."];
  if (typeof trigger !== "string" || !triggers.includes(trigger)) errors["trigger"] = [trigger ? "The selected trigger is invalid." : "The trigger field is required."];
  if (typeof url !== "string" || !is_http_address(url)) errors["url"] = [url ? "The url format is invalid." : "The url field is required."];
  if (status !== undefined && status !== "active" && status !== "inactive") errors["status"] = ["The selected status is invalid."];
  if (Object.keys(errors).length > 0) return { errors };
  return { topic, trigger, url, ...(status ? { status } : {}) } as WebhookFields;
}

export function add_webhook(world: World, fields: WebhookFields, by: "api" | "admin"): Webhook {
  const { topic, trigger, url } = fields;
  const status = fields.status ?? world.faults.loop.webhook_default_status;
  const hook: Webhook = { id: world.loop.next.webhook_id++, topic, trigger, url, status, failures: 0 };
  world.loop.webhooks.push(hook);
  world.record({ vendor: "loop", what: "webhook.created", ref: String(hook.id), detail: { topic, trigger, url, status, by } });
  return hook;
}

export function change_webhook(world: World, hook: Webhook, fields: Partial<WebhookFields>, by: "api" | "admin"): void {
  if (fields.status === "active" && hook.status === "inactive") hook.failures = 0;
  Object.assign(hook, fields);
  world.record({ vendor: "loop", what: "webhook.updated", ref: String(hook.id), detail: { ...fields, by } });
}

export function delete_webhook(world: World, hook: Webhook, by: "api" | "admin"): void {
  world.loop.webhooks = world.loop.webhooks.filter((other) => other !== hook);
  world.record({ vendor: "loop", what: "webhook.deleted", ref: String(hook.id), detail: { topic: hook.topic, trigger: hook.trigger, by } });
}

function show(world: World, hook: Webhook) {
  const { id, topic, trigger, url, status } = hook;
  return { id, shop_id: world.loop.shop_id, topic, trigger, url, status };
}

function is_http_address(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
