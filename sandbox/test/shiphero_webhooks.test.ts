import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { start_receiver, until, type Receiver } from "./harness.ts";
import { b64, create_input, create_mutation, posts, start, webhook_create, type Client, type Json } from "./shiphero_kit.ts";

async function register(client: Client, receiver: Receiver, more: Record<string, unknown> = {}): Promise<Json> {
  const { data, errors } = await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url, ...more } });
  assert.equal(errors, undefined);
  return data.webhook_create.webhook;
}

async function make_return(client: Client, more: Record<string, unknown> = {}): Promise<Json> {
  const { data } = await client.gql(create_mutation, { d: create_input(client.order("#1001"), [{ sku: "TEE-BLK-M", quantity: 2 }], more) });
  return data.return_create.return;
}

const idle = (client: Client): Promise<Json> => client.control("POST", "/idle", { timeout_ms: 5000 });
const set_status = (client: Client, id: string, status: string): Promise<Json> => client.control("POST", `/shiphero/returns/${id}/status`, { status });
const list = "{ webhooks { data(first: 10) { edges { node { id name url enabled health shop_name shared_signature_secret } } } } }";

test("registering probes with HEAD and shows the secret this one time", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  const webhook = await register(client, receiver);
  assert.deepEqual(receiver.received.map((one) => one.method), ["HEAD"]);
  assert.ok(webhook.shared_signature_secret.length >= 32);
  const [listed] = (await client.gql(list)).data.webhooks.data.edges;
  assert.deepEqual(listed.node, { ...webhook, shared_signature_secret: null });
  receiver.answer = () => ({ status: 404 });
  const refused = await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url, shop_name: "other" } });
  assert.match(refused.errors![0]!.message, /HEAD/);
  client.faults({ webhook_probe: false });
  assert.equal((await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url, shop_name: "other" } })).errors, undefined);
});

test("a type is registered once per shop_name, deleted by name, and unknown types are refused", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  await register(client, receiver);
  const again = await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url } });
  assert.equal(again.errors?.[0]?.message, "Webhook already exists");
  const tagged = await register(client, receiver, { shop_name: "backhaul" });
  assert.ok((await client.gql(webhook_create, { d: { name: "return update", url: receiver.url } })).errors);
  const remove = "mutation($d: DeleteWebhookInput!) { webhook_delete(data: $d) { request_id complexity } }";
  const removed = await client.gql(remove, { d: { name: "Return Update" } });
  assert.match(removed.data.webhook_delete.request_id, /^[0-9a-f]{24}$/);
  assert.deepEqual((await client.gql(list)).data.webhooks.data.edges.map((edge: Json) => edge.node.id), [tagged.id]);
  assert.equal((await client.gql(remove, { d: { name: "Return Update" } })).errors?.[0]?.code, 5);
});

test("creating a return echoes the documented body, signed over its bytes", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  const { shared_signature_secret: secret } = await register(client, receiver);
  const made = await make_return(client, { tracking_number: "9400TEST0001" });
  await idle(client);
  const [got] = posts(receiver);
  const expected = createHmac("sha256", secret).update(got!.body).digest("base64");
  assert.equal(got!.headers["x-shiphero-hmac-sha256"], expected);
  assert.equal(expected.length, 44);
  assert.match(String(got!.headers["x-shiphero-message-id"]), /^[0-9a-f-]{36}$/);
  const order = client.order("#1001");
  assert.deepEqual(JSON.parse(got!.body), {
    test: "0", webhook_type: "Return Update", return_id: made.legacy_id, return_uuid: made.id, status: "pending", reason: "Too small",
    items: [{ id: made.line_items[0].legacy_id, uuid: made.line_items[0].id, quantity: 2, quantity_received: 0, sku: "TEE-BLK-M", item_reason: "Too small",
      restock: 0, partner_line_item_id: order.lines[0]!.shopify_line_id, warehouse_id: 42 }],
    order_id: order.shiphero_id, order_uuid: made.order_id, partner_order_id: order.shopify_id, order_number: "#1001",
    shop_name: client.world.shop.domain, created_at: made.created_at.replace("T", " "), label_type: "Self Return", label_cost: "0.00",
    picked_up: false, tracking_number: "9400TEST0001", date_used: null,
  });
});

test("the echo can be switched off; the warehouse is heard all the same", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  await register(client, receiver);
  client.faults({ echo: false, status_spelling_webhook: "underscore" });
  const made = await make_return(client);
  await client.gql("mutation($d: UpdateReturnStatusInput!) { return_update_status(data: $d) { return { id } } }", { d: { return_id: made.id, status: "Issue" } });
  await idle(client);
  assert.equal(posts(receiver).length, 0);
  await set_status(client, made.id, "Warehouse Complete");
  await idle(client);
  assert.deepEqual(posts(receiver).map((one) => one.json.status), ["warehouse_complete"]);
});

test("a delivery is tried six times in all with the same message id, then the log shows it", async () => {
  const [client, receiver] = [await start({ scale: 10_000 }), await start_receiver()];
  const webhook = await register(client, receiver);
  receiver.answer = () => ({ status: 503, body: "later" });
  await make_return(client);
  await idle(client);
  assert.equal(posts(receiver).length, 6);
  assert.equal(new Set(posts(receiver).map((one) => one.headers["x-shiphero-message-id"])).size, 1);
  assert.equal(new Set(posts(receiver).map((one) => one.body)).size, 1);
  const query = "query($w: String!, $a: String) { webhooks_call_logs(webhook_id: $w, first: 4, after: $a) { complexity data { edges { cursor node { webhook_type url status_code response } } page_info { has_next_page end_cursor } } } }";
  const { data } = await client.gql(query, { w: webhook.id });
  assert.equal(data.webhooks_call_logs.complexity, 5);
  const { edges, page_info } = data.webhooks_call_logs.data;
  assert.deepEqual(edges[0].node, { webhook_type: "Return Update", url: receiver.url, status_code: 503, response: "later" });
  assert.deepEqual([edges.length, page_info.has_next_page], [4, true]);
  const rest = (await client.gql(query, { w: webhook.id, a: page_info.end_cursor })).data.webhooks_call_logs.data;
  assert.deepEqual([rest.edges.length, rest.page_info.has_next_page], [2, false]);
});

test("each attempt can have its own message id, and the first success ends the attempts", async () => {
  const [client, receiver] = [await start({ scale: 10_000 }), await start_receiver()];
  await register(client, receiver);
  client.faults({ same_message_id_on_retry: false });
  receiver.answer = () => ({ status: posts(receiver).length < 3 ? 500 : 200 });
  await make_return(client);
  await idle(client);
  assert.equal(posts(receiver).length, 3);
  assert.equal(new Set(posts(receiver).map((one) => one.headers["x-shiphero-message-id"])).size, 3);
});

test("with the strict switch a 200 counts only with the documented body", async () => {
  const [client, receiver] = [await start({ scale: 10_000 }), await start_receiver()];
  await register(client, receiver);
  client.faults({ strict_ack_body: true });
  receiver.answer = () => ({ status: 200, body: posts(receiver).length < 2 ? "ok" : '{"code": "200", "Status": "Success"}' });
  await make_return(client);
  await idle(client);
  assert.equal(posts(receiver).length, 2);
});

test("a slow receiver is a failed attempt", async () => {
  const [client, receiver] = [await start({ scale: 10_000 }), await start_receiver()];
  await register(client, receiver);
  client.faults({ webhook_timeout_ms: 60 });
  receiver.answer = () => ({ status: 200, delay_ms: posts(receiver).length < 2 ? 500 : 0 });
  await make_return(client);
  await idle(client);
  assert.deepEqual(client.world.shiphero.call_logs.map((row) => row.status_code), [0, 200]);
});

test("failing on and on leads over WARNING to UNHEALTHY, which disables and discards; enabling starts afresh", async () => {
  const [client, receiver] = [await start({ scale: 100_000 }), await start_receiver()];
  const webhook = await register(client, receiver);
  client.faults({ warning_after: 2, unhealthy_after: 3, webhook_retries: 0 });
  const state = async () => (await client.gql(list)).data.webhooks.data.edges[0].node;
  const made = await make_return(client);
  await idle(client);
  receiver.answer = () => ({ status: 500 });
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    await set_status(client, made.id, "Issue");
    await idle(client);
    const { health, enabled } = await state();
    seen.push([health, enabled]);
  }
  assert.deepEqual(seen, [["HEALTHY", true], ["WARNING", true], ["UNHEALTHY", false]]);
  const before = posts(receiver).length;
  await set_status(client, made.id, "Complete");
  await idle(client);
  receiver.answer = () => ({ status: 200 });
  const enabled = await client.gql("mutation($d: EnableWebhookInput!) { webhook_enable(data: $d) { webhook { enabled health } } }", { d: { webhook_id: webhook.id } });
  assert.deepEqual(enabled.data.webhook_enable.webhook, { enabled: true, health: "HEALTHY" });
  await idle(client);
  assert.equal(posts(receiver).length, before, "what happened while it was disabled is gone");
  await set_status(client, made.id, "Damaged");
  await idle(client);
  assert.equal(posts(receiver).at(-1)!.json.status, "damaged");
});

test("with discarding switched off, a disabled webhook gets its events when it is enabled", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  const webhook = await register(client, receiver);
  client.faults({ discard_while_disabled: false });
  await client.gql("mutation($d: DisableWebhookInput!) { webhook_disable(data: $d) { webhook { enabled } } }", { d: { webhook_id: webhook.id } });
  await make_return(client);
  await idle(client);
  assert.equal(posts(receiver).length, 0);
  await client.gql("mutation($d: EnableWebhookInput!) { webhook_enable(data: $d) { webhook { enabled } } }", { d: { webhook_id: webhook.id } });
  await idle(client);
  assert.equal(posts(receiver).length, 1);
});

test("a new address keeps the secret, or by switch gets a new one and shows it", async () => {
  const [client, receiver, second] = [await start(), await start_receiver(), await start_receiver()];
  const webhook = await register(client, receiver);
  const update = "mutation($d: UpdateWebhookUrlInput!) { webhook_update_url(data: $d) { webhook { url shared_signature_secret } } }";
  const kept = await client.gql(update, { d: { webhook_id: webhook.id, new_url: second.url } });
  assert.deepEqual(kept.data.webhook_update_url.webhook, { url: second.url, shared_signature_secret: null });
  await make_return(client);
  await idle(client);
  const [got] = posts(second);
  assert.equal(got!.headers["x-shiphero-hmac-sha256"], createHmac("sha256", webhook.shared_signature_secret).update(got!.body).digest("base64"));
  client.faults({ update_url_keeps_secret: false });
  const changed = await client.gql(update, { d: { webhook_id: webhook.id, new_url: second.url } });
  assert.notEqual(changed.data.webhook_update_url.webhook.shared_signature_secret, webhook.shared_signature_secret);
});

test("for a 3PL, Return Update fires only where it was registered on the child account", async () => {
  const [client, on_parent, on_child] = [await start(), await start_receiver(), await start_receiver()];
  client.faults({ child_account_rule: true });
  await register(client, on_parent);
  const child = b64(`Account:${client.world.shiphero.merchant.legacy_id}`);
  await register(client, on_child, { customer_account_id: child });
  await make_return(client, { customer_account_id: child });
  await idle(client);
  assert.deepEqual([posts(on_parent).length, posts(on_child).length], [0, 1]);
});

test("the injected faults of delivery apply: lost, doubled, and a load takes unfinished deliveries up again", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  await register(client, receiver);
  client.world.faults.delivery.shiphero.lose = 1;
  const made = await make_return(client);
  await idle(client);
  assert.equal(posts(receiver).length, 0);
  Object.assign(client.world.faults.delivery.shiphero, { lose: 0, copies: 3 });
  await set_status(client, made.id, "Issue");
  await idle(client);
  assert.equal(posts(receiver).length, 3);
  assert.equal(new Set(posts(receiver).map((one) => one.body)).size, 1);

  client.world.faults.delivery.shiphero.copies = 1;
  receiver.answer = () => ({ status: 500 });
  await set_status(client, made.id, "Damaged");
  await until("the first attempt has failed", () => client.world.engine.log().at(-1)!.state === "waiting" && posts(receiver).length === 4);
  const snapshot = client.world.snapshot();
  receiver.answer = () => ({ status: 200 });
  client.world.clock.scale = 1;
  client.world.restore(structuredClone(snapshot));
  await until("it is tried again", () => posts(receiver).length === 5);
  assert.equal(posts(receiver).at(-1)!.body, posts(receiver).at(-2)!.body);
});
