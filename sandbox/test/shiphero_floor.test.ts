import assert from "node:assert/strict";
import { test } from "node:test";
import type { FloorData } from "../src/pages/client/floor_types.ts";
import { b64, create_input, create_mutation, start, webhook_create, type Client, type Json } from "./shiphero_kit.ts";

async function loop_return(client: Client, order_name: string, sku: string): Promise<Json> {
  return client.control("POST", "/loop/returns", { order_name, lines: [{ sku, reason: "Too small" }], label: "now" });
}
async function rma(client: Client, order_name: string, sku: string, more: Record<string, unknown>): Promise<Json> {
  return (await client.gql(create_mutation, { d: create_input(client.order(order_name), [{ sku, quantity: 1 }], more) })).data.return_create.return;
}
const data = async (client: Client, query = ""): Promise<FloorData> => (await client.call("GET", `/floor/data${query}`)).json;

test("the page and all its modules are served", async () => {
  const client = await start();
  const page = await client.call("GET", "/floor");
  assert.equal(page.status, 200);
  assert.match(page.text, /<h1>The receiving floor<\/h1>/);
  assert.equal(page.headers.get("content-type"), "text/html");
  const modules = new Set(["floor"]);
  for (const name of modules) {
    const { status, text } = await client.call("GET", `/assets/${name}.js`);
    assert.equal(status, 200, name);
    for (const [, imported] of text.matchAll(/from "\.\/([a-z_]+)\.js"/g)) modules.add(imported!);
  }
  assert.ok(modules.has("floor_draft") && modules.has("kit"));
  assert.match((await client.call("GET", "/assets/floor.css")).text, /\.board/);
});

test("a parcel is one card, whether its RMA names the Loop return or only has its tracking number", async () => {
  const client = await start();
  const named = await loop_return(client, "#1001", "TEE-BLK-M");
  const tracked = await loop_return(client, "#1002", "SHELL-OLV-M");
  const unknown = await loop_return(client, "#1003", "BOOT-BRN-10");
  const first = await rma(client, "#1001", "TEE-BLK-M", { partner_id: `loop-${named.id}-2` });
  const second = await rma(client, "#1002", "SHELL-OLV-M", { partner_id: "anything", tracking_number: tracked.tracking_number });
  const alone = await rma(client, "#1004", "BEANIE-RUS", { partner_id: "by hand", tracking_number: "ALONE1" });
  const shown = (await data(client)).parcels.map((parcel) => [parcel.loop_id, parcel.rma_id, parcel.status, parcel.order_name]);
  assert.deepEqual(shown, [
    [named.id, first.legacy_id, "new", "#1001"], [tracked.id, second.legacy_id, "new", "#1002"], [unknown.id, null, "new", "#1003"],
    [null, alone.legacy_id, "unknown", "#1004"],
  ]);
});

test("a carrier scan moves the card, and a finished RMA leaves the board", async () => {
  const client = await start();
  const made = await loop_return(client, "#1001", "TEE-BLK-M");
  const { legacy_id } = await rma(client, "#1001", "TEE-BLK-M", { partner_id: made.id });
  await client.control("POST", `/loop/returns/${made.id}/label-status`, { status: "delivered" });
  assert.deepEqual((await data(client)).parcels.map((parcel) => parcel.status), ["delivered"]);
  await client.control("POST", `/shiphero/returns/${legacy_id}/receive`, { lines: [{ sku: "TEE-BLK-M", received: 1 }] });
  assert.deepEqual((await data(client)).rmas.map((row) => row.stage), ["started"]);
  assert.equal((await data(client)).parcels.length, 1);
  await client.control("POST", `/shiphero/returns/${legacy_id}/status`, { status: "Warehouse Complete" });
  const after = await data(client, `?rma=${legacy_id}`);
  assert.deepEqual([after.parcels.length, after.rmas[0]!.stage, after.open!.items[0]!.quantity_received], [0, "finished", 1]);
  assert.deepEqual(after.open!.history.length, 3);
});

test("a scanned code is a tracking number, an RMA, a reference or an order, and otherwise explained", async () => {
  const client = await start();
  const { legacy_id } = await rma(client, "#1001", "TEE-BLK-M", { partner_id: "loop-5", tracking_number: "TRACK9" });
  const parcel = await loop_return(client, "#1002", "SHELL-OLV-M");
  const find = async (code: string) => (await client.call("GET", `/floor/find?code=${encodeURIComponent(code)}`)).json;
  for (const code of ["TRACK9", " track9 ", String(legacy_id), "loop-5", "#1001", "1001"]) assert.equal((await find(code)).rma_id, legacy_id, code);
  const no_rma = await find(parcel.tracking_number);
  assert.deepEqual([no_rma.rma_id, /no RMA/.test(no_rma.message)], [null, true]);
  assert.match((await find("nonsense")).message, /nonsense/);
  assert.equal((await find("")).rma_id, null);
});

test("every switch has words, and the settings show webhooks without secrets", async () => {
  const client = await start();
  const { switch_groups } = await import("../src/pages/client/floor_switches.ts");
  const words = switch_groups.flatMap((group) => group.switches.map(([key]) => key)).sort();
  const shown = await data(client);
  assert.deepEqual(words, Object.keys(shown.switches).sort());
  client.faults({ webhook_probe: false });
  const made = await client.gql(webhook_create, { d: { name: "Return Update", url: "http://127.0.0.1:9/" } });
  const after = await client.call("GET", "/floor/data");
  assert.equal(after.json.account.webhooks[0].url, "http://127.0.0.1:9/");
  assert.equal(after.text.includes(made.data.webhook_create.webhook.shared_signature_secret), false);
  assert.equal(after.text.includes(b64("Webhook:301")), false);
});
