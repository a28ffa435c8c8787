import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, create_input, create_mutation, start, type Client, type Json } from "./shiphero_kit.ts";

async function create(client: Client, name: string, lines: { sku: string; quantity: number }[], more: Record<string, unknown> = {}): Promise<Json> {
  const { data, errors } = await client.gql(create_mutation, { d: create_input(client.order(name), lines, more) });
  assert.equal(errors, undefined);
  return data.return_create.return;
}

const update_status = "mutation($d: UpdateReturnStatusInput!) { return_update_status(data: $d) { complexity return { id status } } }";

test("return_create makes what was asked for, and says so in every place it can be read", async () => {
  const client = await start();
  const order = client.order("#1001");
  const made = await create(client, "#1001", [{ sku: " tee-blk-m ", quantity: 2 }], { partner_id: "loop-9", tracking_number: "9400TEST0001" });
  assert.equal(made.id, b64(`Return:${made.legacy_id}`));
  assert.deepEqual([made.status, made.partner_id, made.label_type], ["Pending", "loop-9", "SELF_RETURN"]);
  assert.deepEqual([made.total_items_expected, made.total_items_received, made.total_items_restocked], [2, 0, 0]);
  assert.deepEqual(made.labels, [{ tracking_number: "9400TEST0001", carrier: "generic" }]);
  assert.equal(made.line_items[0].line_item.partner_line_item_id, order.lines[0]!.shopify_line_id);
  assert.equal(made.line_items[0].reason, "Too small");
  const read = await client.gql(`query($o: String, $t: String, $id: String!) {
    by_order: returns(order_id: $o) { data(first: 5) { edges { node { id partner_id } } } }
    by_tracking: returns(tracking_number: $t) { data(first: 5) { edges { node { id } } } }
    order(id: $id) { data { returns { id partner_id status } rma_labels { rma_id tracking_number } } }
    return(id: "${made.legacy_id}") { data { id order { order_number } return_history { body } } } }`,
    { o: made.order_id, t: "9400TEST0001", id: made.order_id });
  assert.equal(read.errors, undefined);
  assert.deepEqual(read.data.by_order.data.edges, [{ node: { id: made.id, partner_id: "loop-9" } }]);
  assert.deepEqual(read.data.by_tracking.data.edges, [{ node: { id: made.id } }]);
  assert.deepEqual(read.data.order.data.returns, [{ id: made.id, partner_id: "loop-9", status: "Pending" }]);
  assert.equal(read.data.return.data.order.order_number, "#1001");
  assert.match(read.data.return.data.return_history[0].body, /<strong>.+<\/strong>/);
  const books = client.world.books.filter((book) => book.what === "rma.created");
  assert.deepEqual(books.map((book) => [book.ref, book.detail["order_name"]]), [["loop-9", "#1001"]]);
});

test("the same return_create twice makes two returns; a switch refuses units that are gone", async () => {
  const client = await start();
  const first = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  const second = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  assert.notEqual(first.id, second.id);
  assert.equal(first.partner_id, second.partner_id);
  client.faults({ reject_duplicate_rma: true });
  const { errors } = await client.gql(create_mutation, { d: create_input(client.order("#1002"), [{ sku: "SHELL-OLV-M", quantity: 1 }]) });
  assert.match(errors![0]!.message, /SHELL-OLV-M/);
  assert.equal("code" in errors![0]!, false, "the number is not documented");
  client.faults({ other_error_code: 11 });
  const numbered = await client.gql(create_mutation, { d: create_input(client.order("#1002"), [{ sku: "SHELL-OLV-M", quantity: 1 }]) });
  assert.equal(numbered.errors?.[0]?.code, 11);
  assert.equal(client.world.shiphero.returns.length, 2);
});

test("return_create refuses an unknown order, warehouse or SKU and leaves nothing behind", async () => {
  const client = await start();
  const good = create_input(client.order("#1002"), [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  const message = async (d: object) => {
    const { errors, data } = await client.gql(create_mutation, { d });
    assert.equal(data.return_create, null);
    return [errors![0]!.message, errors![0]!.code];
  };
  assert.deepEqual(await message({ ...good, order_id: b64("Order:1") }), ["Order not found", 5]);
  assert.deepEqual(await message({ ...good, warehouse_id: b64("Warehouse:999") }), ["Warehouse not found", 5]);
  assert.deepEqual(await message({ ...good, line_items: [{ sku: "MUG-SEA", quantity: 1, return_reason: "x" }] }), ["Line item with SKU MUG-SEA not found", 5]);
  assert.equal((await message({ ...good, line_items: [] }))[1], undefined);
  assert.equal((await message({ ...good, line_items: [{ sku: "SHELL-OLV-M", quantity: 0, return_reason: "x" }] }))[1], undefined);
  client.faults({ order_not_imported: ["#1002"] });
  assert.deepEqual(await message(good), ["Order not found", 5]);
  assert.deepEqual([client.world.shiphero.returns.length, client.world.books.length], [0, 0]);
});

test("two order lines with the same SKU cannot be told apart: the first gets everything", async () => {
  const client = await start();
  await client.control("POST", "/orders", { name: "#twins", lines: [{ sku: "MUG-SEA", quantity: 1 }, { sku: "MUG-SEA", quantity: 1 }] });
  const made = await create(client, "#twins", [{ sku: "MUG-SEA", quantity: 1 }, { sku: "MUG-SEA", quantity: 1 }]);
  const lines = client.order("#twins").lines;
  assert.notEqual(lines[0]!.shiphero_line_id, lines[1]!.shiphero_line_id);
  assert.deepEqual(made.line_items.map((item: Json) => item.line_item.partner_line_item_id), [lines[0]!.shopify_line_id, lines[0]!.shopify_line_id]);
});

test("a status must be configured, in any case; the warehouse may invent one", async () => {
  const client = await start();
  const made = await create(client, "#1001", [{ sku: "TEE-BLK-M", quantity: 1 }]);
  const set = (status: string) => client.gql(update_status, { d: { return_id: made.id, status } });
  assert.equal((await set("  warehouse COMPLETE")).data.return_update_status.return.status, "Warehouse Complete");
  const refused = await set("Manual Review");
  assert.deepEqual([refused.errors?.[0]?.message, refused.errors?.[0]?.code], ["Status not found", 5]);
  await client.control("POST", `/shiphero/returns/${made.legacy_id}/status`, { status: "Manual Review" });
  assert.equal((await set("manual review")).data.return_update_status.return.status, "Manual Review");
  client.faults({ status_unknown_rejected: false });
  assert.equal((await set("Whatever")).data.return_update_status.return.status, "Whatever");
  client.faults({ status_spelling_api: "underscore" });
  assert.equal((await set("Warehouse Complete")).data.return_update_status.return.status, "warehouse_complete");
});

test("returns(updated_from) sees what the warehouse did, though a return shows no update time", async () => {
  const begin = new Date("2026-03-01T10:00:00Z");
  const client = await start({ now: begin });
  const old = await create(client, "#1001", [{ sku: "TEE-BLK-M", quantity: 1 }]);
  const touched = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  client.at(new Date("2026-03-01T12:00:00Z"));
  await client.control("POST", `/shiphero/returns/${touched.id}/receive`, { lines: [{ sku: "SHELL-OLV-M", received: 1 }] });
  const ids = async (args: string) => (await client.gql(`{ returns(${args}) { data(first: 10) { edges { node { id created_at } } } } }`))
    .data.returns.data.edges.map((edge: Json) => edge.node.id);
  assert.deepEqual(await ids(`updated_from: "2026-03-01T11:00:00"`), [touched.id]);
  assert.deepEqual(await ids(`updated_from: "2026-03-01T10:00:00"`), [old.id, touched.id]);
  assert.deepEqual(await ids(`updated_to: "2026-03-01 11:00:00"`), [old.id]);
  assert.deepEqual(await ids(`date_from: "2026-03-01T11:00:00"`), []);
  assert.deepEqual(await ids(`date_to: "2026-03-01T11:00:00"`), [old.id, touched.id]);
  assert.deepEqual(await ids(`warehouse_id: "${b64("Warehouse:43")}"`), []);
});

test("return_receive_line_item adds up, or replaces by switch", async () => {
  const client = await start();
  const made = await create(client, "#1001", [{ sku: "TEE-BLK-M", quantity: 2 }]);
  const receive = (more: object) => client.gql(`mutation($d: ReceiveReturnLineItemInput!) { return_receive_line_item(data: $d) {
    return { total_items_received total_items_restocked line_items { quantity_received restock } } } }`,
    { d: { return_id: made.id, return_line_item_id: made.line_items[0].id, warehouse_id: b64("Warehouse:42"), quantity_received: 1, ...more } });
  await receive({ restock_quantity: 1 });
  const twice = (await receive({})).data.return_receive_line_item.return;
  assert.deepEqual([twice.total_items_received, twice.total_items_restocked], [2, 1]);
  client.faults({ receive_mode: "set" });
  assert.equal((await receive({})).data.return_receive_line_item.return.total_items_received, 1);
  assert.ok((await receive({ quantity_received: 0 })).errors);
  assert.equal((await receive({ return_line_item_id: b64("ReturnItem:1") })).errors?.[0]?.code, 5);
});

test("an exchange makes an order nobody asked Shopify for, and the books show it", async () => {
  const client = await start();
  const made = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  const { data } = await client.gql(`mutation($d: CreateReturnExchangeInput!) { return_create_exchange(data: $d) { return_exchange {
    id exchange_order { order_number line_items(first: 5) { edges { node { sku } } } } exchange_items { sku quantity } original_return { id } } } }`,
    { d: { return_id: made.id, exchange_items: [{ return_item_id: made.line_items[0].id, exchange_product_sku: "SHELL-OLV-L", quantity: 1 }] } });
  const exchange = data.return_create_exchange.return_exchange;
  assert.deepEqual([exchange.exchange_items, exchange.original_return.id], [[{ sku: "SHELL-OLV-L", quantity: 1 }], made.id]);
  assert.equal(exchange.exchange_order.line_items.edges[0].node.sku, "SHELL-OLV-L");
  const read = await client.gql(`query($i: String!) { return_exchange(id: $i) { data { id } } return(id: "${made.id}") { data { exchanges { id } } } }`, { i: exchange.id });
  assert.deepEqual([read.data.return_exchange.data.id, read.data.return.data.exchanges[0].id], [exchange.id, exchange.id]);
  assert.equal(client.world.books.filter((book) => book.what === "rma.exchange_order").length, 1);
});

test("an attachment is kept, with its limits", async () => {
  const client = await start();
  const made = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }]);
  const add = (more: object) => client.gql(`mutation($d: AddReturnAttachmentInput!) { return_add_attachment(data: $d) {
    return { attachments { url filename return_item_id } } } }`, { d: { return_id: made.id, url: "https://pictures.example.test/1.jpg", ...more } });
  const item = made.line_items[0].id;
  assert.deepEqual((await add({ filename: "1.jpg", return_item_id: item })).data.return_add_attachment.return.attachments,
    [{ url: "https://pictures.example.test/1.jpg", filename: "1.jpg", return_item_id: item }]);
  assert.ok((await add({ file_type: "x".repeat(21) })).errors);
  assert.equal((await add({ url: "not an address" })).status, 400);
});

test("without view:pii addresses are null and nothing complains", async () => {
  const client = await start();
  client.faults({ pii_null: true });
  const made = await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }], { tracking_number: "T1" });
  const { data, errors } = await client.gql(`{ return(id: "${made.id}") { data { partner_id address { name } labels { tracking_number to_name } order { email } } } }`);
  assert.equal(errors, undefined);
  assert.deepEqual(data.return.data, { partner_id: "loop-1", address: null, labels: [{ tracking_number: "T1", to_name: null }], order: { email: null } });
});

test("a 3PL's token acts for the shop, and sees only what comes to the 3PL", async () => {
  const client = await start();
  client.faults({ child_account_rule: true });
  const account = (await client.gql(`{ account { data { id is_3pl warehouses { identifier } customers(first: 5) { edges { node { id is_3pl } } } } } }`)).data.account.data;
  const child = account.customers.edges[0].node;
  assert.deepEqual([account.is_3pl, child.is_3pl, account.warehouses], [true, false, [{ identifier: "Primary" }]]);
  const own = { warehouse_id: b64("Warehouse:43") };
  const refused = await client.gql(create_mutation, { d: create_input(client.order("#1002"), [{ sku: "SHELL-OLV-M", quantity: 1 }], own) });
  assert.equal(refused.errors?.[0]?.message, "Warehouse not found");
  await create(client, "#1002", [{ sku: "SHELL-OLV-M", quantity: 1 }], { ...own, customer_account_id: child.id });
  const visible = await create(client, "#1001", [{ sku: "TEE-BLK-M", quantity: 1 }], { customer_account_id: child.id });
  const ids = async (args: string) => (await client.gql(`{ returns${args} { data(first: 10) { edges { node { id account_id } } } } }`)).data.returns.data.edges;
  assert.deepEqual(await ids(""), [{ node: { id: visible.id, account_id: child.id } }]);
  assert.equal((await ids(`(customer_account_id: "${child.id}")`)).length, 2);
  const stranger = await client.gql(`{ returns(customer_account_id: "${b64("Account:1")}") { data(first: 1) { edges { node { id } } } } }`);
  assert.equal(stranger.errors?.[0]?.message, "Account not found");
});
