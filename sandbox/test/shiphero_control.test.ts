import assert from "node:assert/strict";
import { test } from "node:test";
import { start_receiver } from "./harness.ts";
import { create_input, create_mutation, posts, start, webhook_create, type Client, type Json } from "./shiphero_kit.ts";

async function make(client: Client, lines: { sku: string; quantity: number }[], more: Record<string, unknown> = {}): Promise<Json> {
  return (await client.gql(create_mutation, { d: create_input(client.order("#1001"), lines, more) })).data.return_create.return;
}
const counts = (shown: Json) => shown.items.map((item: Json) => [item.sku, item.quantity, item.quantity_received, item.restock, item.condition]);

test("receiving states totals so far: partial saves, then the rest, told once per save", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url } });
  const made = await make(client, [{ sku: "TEE-BLK-M", quantity: 2 }, { sku: "SOCK-GRY-L", quantity: 1 }]);
  const receive = (body: object) => client.control("POST", `/shiphero/returns/${made.legacy_id}/receive`, body);
  const first = await receive({ lines: [{ sku: "tee-blk-m", received: 1 }] });
  assert.deepEqual(counts(first), [["TEE-BLK-M", 2, 1, 1, null], ["SOCK-GRY-L", 1, 0, 0, null]]);
  assert.equal(first.status, "Pending");
  const second = await receive({ lines: [{ sku: "TEE-BLK-M", received: 2, restock: 1, condition: "stained" }, { sku: "SOCK-GRY-L", received: 1 }], status: "Warehouse Complete" });
  assert.deepEqual(counts(second), [["TEE-BLK-M", 2, 2, 1, "stained"], ["SOCK-GRY-L", 1, 1, 1, null]]);
  assert.deepEqual(second.totals, { expected: 3, received: 3, restocked: 2 });
  await client.control("POST", "/idle");
  assert.deepEqual(posts(receiver).map((one) => [one.json.status, one.json.items.map((item: Json) => item.quantity_received)]),
    [["pending", [0, 0]], ["pending", [1, 0]], ["warehouse complete", [2, 1]]]);
});

test("an item nobody announced must be called extra, and becomes a line of quantity 0", async () => {
  const client = await start();
  const made = await make(client, [{ sku: "TEE-BLK-M", quantity: 1 }]);
  const path = `/_control/shiphero/returns/${made.legacy_id}/receive`;
  const unannounced = { sku: "MUG-SEA", received: 1 };
  const refused = await client.call("POST", path, { lines: [{ sku: "TEE-BLK-M", received: 1 }, unannounced] });
  assert.deepEqual([refused.status, /extra/.test(refused.json.error)], [400, true]);
  assert.equal(client.world.shiphero.returns[0]!.items[0]!.quantity_received, 0, "a refused save leaves nothing behind");
  const { json } = await client.call("POST", path, { lines: [{ ...unannounced, extra: true }] });
  assert.deepEqual(counts(json), [["TEE-BLK-M", 1, 0, 0, null], ["MUG-SEA", 0, 1, 1, null]]);
  const read = await client.gql(`{ return(id: "${made.id}") { data { line_items { quantity quantity_received line_item { sku } product { sku } } } } }`);
  assert.deepEqual(read.data.return.data.line_items[1], { quantity: 0, quantity_received: 1, line_item: null, product: { sku: "MUG-SEA" } });
  assert.equal((await client.call("POST", path, { lines: [{ sku: "NO-SUCH", received: 1, extra: true }] })).status, 400);
});

test("lines of one SKU are filled in order, more than announced goes to the last, one line can be named", async () => {
  const client = await start();
  const made = await make(client, [{ sku: "TEE-BLK-M", quantity: 1 }, { sku: "TEE-BLK-M", quantity: 1 }]);
  const receive = (line: object) => client.control("POST", `/shiphero/returns/${made.legacy_id}/receive`, { lines: [{ sku: "TEE-BLK-M", ...line }] });
  assert.deepEqual(counts(await receive({ received: 3, restock: 1 })).map((row: Json) => row.slice(2, 4)), [[1, 1], [2, 0]]);
  assert.deepEqual(counts(await receive({ received: 0, id: made.line_items[1].legacy_id })).map((row: Json) => row.slice(2, 4)), [[1, 1], [0, 0]]);
  const too_many = await client.call("POST", `/_control/shiphero/returns/${made.legacy_id}/receive`, { lines: [{ sku: "TEE-BLK-M", received: 1, restock: 2 }] });
  assert.equal(too_many.status, 400);
});

test("a return is found by number, by id and by the client's reference, and reopens as Pending", async () => {
  const client = await start();
  const made = await make(client, [{ sku: "TEE-BLK-M", quantity: 1 }], { partner_id: "loop-77" });
  for (const id of [String(made.legacy_id), encodeURIComponent(made.id), "partner:loop-77"]) {
    assert.equal((await client.control("POST", `/shiphero/returns/${id}/status`, { status: "RTS" })).status, "RTS");
    assert.equal((await client.control("POST", `/shiphero/returns/${id}/reopen`)).status, "Pending");
  }
  const listed = await client.control("GET", "/shiphero/returns?partner_id=loop-77");
  assert.deepEqual(listed.returns.map((row: Json) => [row.legacy_id, row.order_name, row.customer]), [[made.legacy_id, "#1001", "Jordan Example"]]);
  assert.deepEqual((await client.control("GET", "/shiphero/returns?partner_id=loop-78")).returns, []);
  assert.equal((await client.call("GET", "/_control/shiphero/returns/partner:nobody")).status, 400);
  const statuses = client.world.books.filter((book) => book.what === "rma.status").map((book) => [book.ref, book.detail["to"]]);
  assert.deepEqual(statuses.slice(0, 2), [["loop-77", "RTS"], ["loop-77", "Pending"]]);
});

test("the settings panel's data holds no secret", async () => {
  const [client, receiver] = [await start(), await start_receiver()];
  const made = await client.gql(webhook_create, { d: { name: "Return Update", url: receiver.url } });
  const account = await client.call("GET", "/_control/shiphero/account");
  assert.equal(account.json.webhooks[0].health, "HEALTHY");
  assert.equal(account.text.includes(made.data.webhook_create.webhook.shared_signature_secret), false);
});

test("a saved world goes on where it was: returns, their indexes, and the next ids", async () => {
  const client = await start();
  const made = await make(client, [{ sku: "TEE-BLK-M", quantity: 1 }], { tracking_number: "T1" });
  const snapshot = structuredClone(client.world.snapshot());
  client.world.reset();
  assert.equal((await client.control("GET", "/shiphero/returns")).returns.length, 0);
  client.world.restore(snapshot);
  const found = await client.gql(`{ returns(tracking_number: "T1") { data(first: 1) { edges { node { id } } } } }`);
  assert.equal(found.data.returns.data.edges[0].node.id, made.id);
  const next = await make(client, [{ sku: "TEE-BLK-M", quantity: 1 }]);
  assert.equal(next.legacy_id, made.legacy_id + 1);
});
