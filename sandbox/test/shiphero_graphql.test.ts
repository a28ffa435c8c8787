import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { operations } from "../src/shiphero/operations.ts";
import { create_schema } from "../src/shiphero/schema.ts";
import { b64, create_input, create_mutation, start } from "./shiphero_kit.ts";

test("a query answers in the envelope, ids are base64 of type and legacy id", async () => {
  const client = await start();
  const order = client.order("#1001");
  const { status, data } = await client.gql(
    `query Find($p: String) { orders(partner_order_id: $p) { request_id complexity data(first: 2) { edges { cursor node {
      id legacy_id order_number shop_name email line_items(first: 50) { total_count edges { node { sku partner_line_item_id quantity price product { id } } } } } }
      pageInfo { hasNextPage endCursor } } } }`, { p: order.shopify_id });
  assert.equal(status, 200);
  assert.match(data.orders.request_id, /^[0-9a-f]{24}$/);
  assert.equal(data.orders.complexity, 1 + 2 + 2 * 50);
  const { node, cursor } = data.orders.data.edges[0];
  assert.equal(node.id, b64(`Order:${order.shiphero_id}`));
  assert.equal(node.legacy_id, order.shiphero_id);
  assert.equal(cursor, b64("arrayconnection:0"));
  assert.deepEqual([node.order_number, node.shop_name, node.email], [order.name, client.world.shop.domain, order.email]);
  assert.deepEqual(node.line_items.edges.map((edge: { node: { sku: string } }) => edge.node.sku), order.lines.map((line) => line.sku));
  assert.equal(node.line_items.edges[0].node.partner_line_item_id, order.lines[0]!.shopify_line_id);
  assert.match(Buffer.from(node.line_items.edges[0].node.product.id, "base64").toString(), /^ProductInfo:\d+$/);
  assert.deepEqual(data.orders.data.pageInfo, { hasNextPage: false, endCursor: cursor });
});

test("order and return take a bare legacy id, inputs only do so when switched on", async () => {
  const client = await start();
  const order = client.order("#1002");
  const found = await client.gql("query($i: String!) { order(id: $i) { data { order_number } } }", { i: String(order.shiphero_id) });
  assert.equal(found.data.order.data.order_number, "#1002");
  const input = { ...create_input(order, [{ sku: order.lines[0]!.sku, quantity: 1 }]), order_id: String(order.shiphero_id) };
  const refused = await client.gql(create_mutation, { d: input });
  assert.deepEqual([refused.errors?.[0]?.code, refused.data.return_create], [5, null]);
  client.faults({ legacy_ids_everywhere: true });
  assert.equal((await client.gql(create_mutation, { d: input })).errors, undefined);
});

test("an unknown object is code 5 in a flat error and a 200, or a plain null by switch", async () => {
  const client = await start();
  const query = `{ theirs: order(id: "${b64("Order:1")}") { data { id } } me { data { is_developer } } }`;
  const { status, data, errors } = await client.gql(query);
  assert.equal(status, 200);
  assert.equal(data.theirs, null);
  assert.equal(data.me.data.is_developer, true, "the other field is answered");
  const [error] = errors!;
  assert.match(error!.request_id!, /^[0-9a-f]{24}$/);
  assert.deepEqual({ ...error, request_id: "" }, { message: "Order not found", operation: "order", field: "order", request_id: "", code: 5 });
  client.faults({ return_null_with_no_error: true });
  const quiet = await client.gql(query);
  assert.deepEqual([quiet.errors, quiet.data.theirs], [undefined, { data: null }]);
});

test("an id of another type is not found", async () => {
  const client = await start();
  const { errors } = await client.gql(`{ return(id: "${b64(`Order:${client.order("#1001").shiphero_id}`)}") { data { id } } }`);
  assert.equal(errors?.[0]?.message, "Return not found");
});

test("what does not fit the schema is refused as graphql-core does, without code", async () => {
  const client = await start();
  for (const query of ["{ warehouses { id } }", "mutation { return_cancel(data: {}) { request_id } }", "{ returns(partner_id: \"x\") { data { edges { node { id } } } } }",
    "{ return(id: \"x\") { data { tracking_number } } }", "{ return(id: \"x\") { data { updated_at } } }", "{ unclosed", ""]) {
    const { status, errors, data } = await client.gql(query);
    assert.equal(status, 400, query);
    assert.equal(data, undefined);
    assert.deepEqual(Object.keys(errors![0]!).sort(), ["locations", "message"], query);
  }
  const missing = await client.gql(create_mutation, { d: { order_id: "x" } });
  assert.equal(missing.status, 400);
  assert.match(missing.errors![0]!.message, /warehouse_id/);
  assert.equal(client.world.books.length, 0);
});

test("paging is by offset, 100 rows at most, and sorts by a leading minus", async () => {
  const client = await start();
  for (let i = 0; i < 140; i++) await client.control("POST", "/orders", { lines: [{ sku: "MUG-SEA", quantity: 1 }] });
  const query = `query($n: Int, $a: String, $s: String) { orders { complexity data(first: $n, after: $a, sort: $s) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { order_number } } } } }`;
  const page = async (variables: Record<string, unknown>) => (await client.gql(query, variables)).data.orders;
  const first = await page({ n: 500 });
  assert.equal(first.data.edges.length, 100);
  assert.equal(first.complexity, 101);
  assert.equal(first.data.pageInfo.hasNextPage, true);
  const second = await page({ n: 100, a: first.data.pageInfo.endCursor });
  assert.equal(second.data.edges.length, 52);
  assert.equal(second.data.edges[0].cursor, b64("arrayconnection:100"));
  assert.deepEqual([second.data.pageInfo.hasNextPage, second.data.pageInfo.hasPreviousPage], [false, true]);
  const newest = await page({ n: 1, s: "-order_number" });
  assert.equal(newest.data.edges[0].node.order_number, "#1152");
});

test("a query reserves its estimate and gets back what it did not use", async () => {
  const client = await start({ now: new Date("2026-03-01T00:00:00Z") });
  const left = async () => (await client.gql("{ user_quota { credits_remaining max_available increment_rate } }")).data.user_quota;
  assert.deepEqual(await left(), { credits_remaining: 4004, max_available: 4004, increment_rate: 60 });
  const { data } = await client.gql("{ orders { complexity data(first: 50) { edges { node { id } } } } }");
  assert.equal(data.orders.complexity, 51);
  assert.equal((await left()).credits_remaining, 4004 - 1 - 12, "twelve orders are there");
  await client.gql("{ products { complexity data { edges { node { sku } } } } }");
  const products = client.world.shop.products.flatMap((product) => product.variants).length;
  assert.equal((await left()).credits_remaining, 4004 - 13 - 1 - products);
  client.faults({ user_quota_wrong: true });
  assert.equal((await left()).credits_remaining, 4004);
});

test("analyze tells the cost, runs nothing and costs nothing", async () => {
  const client = await start({ now: new Date("2026-03-01T00:00:00Z") });
  const { data } = await client.gql("{ products(analyze: true) { complexity data { edges { node { sku } } } } user_quota { credits_remaining } }");
  assert.deepEqual(data, { products: { complexity: 101, data: null }, user_quota: { credits_remaining: 4004 } });
});

test("too few credits is code 30 with the seconds to wait, and waiting that long helps", async () => {
  const now = new Date("2026-03-01T00:00:00Z");
  const client = await start({ now });
  client.faults({ bucket_size: 1401 });
  client.world.shiphero.credits_spent = 1401 - 263;
  const query = "{ orders { data(first: 100) { edges { node { line_items(first: 12) { edges { node { sku } } } } } } } }";
  const { status, errors, data } = await client.gql(query);
  assert.equal(status, 200);
  assert.equal(data.orders, null);
  const { message, request_id: _, ...rest } = errors![0]!;
  assert.equal(message, "There are not enough credits to perform the requested operation, which requires 1301 credits, but there are only 263 left. "
    + "In 18 seconds you will have enough credits to perform the operation");
  assert.deepEqual(rest, { operation: "orders", field: "orders", code: 30, required_credits: 1301, remaining_credits: 263, time_remaining: "18 seconds" });
  client.at(new Date(now.getTime() + 18_000));
  assert.equal((await client.gql(query)).errors, undefined);
});

test("a throttled mutation did nothing", async () => {
  const client = await start({ now: new Date("2026-03-01T00:00:00Z") });
  client.faults({ bucket_size: 9 });
  const order = client.order("#1001");
  const { errors } = await client.gql(create_mutation, { d: create_input(order, [{ sku: order.lines[0]!.sku, quantity: 1 }]) });
  assert.deepEqual([errors?.[0]?.code, errors?.[0]?.required_credits, errors?.[0]?.field], [30, 10, "return_create"]);
  assert.equal(client.world.shiphero.returns.length, 0);
  assert.equal(client.world.shiphero.credits_spent, 0);
});

test("nesting may be counted by its innermost connection only", async () => {
  const client = await start();
  const query = "{ orders(analyze: true) { complexity data(first: 100) { edges { node { line_items(first: 100) { edges { node { sku } } } } } } } }";
  assert.equal((await client.gql(query)).data.orders.complexity, 10_101);
  client.faults({ cost_rule: "deepest_only" });
  assert.equal((await client.gql(query)).data.orders.complexity, 10_001);
});

test("over the ceiling of five minutes it is 429, and the window rolls", async () => {
  const now = new Date("2026-03-01T00:00:00Z");
  const client = await start({ now });
  client.faults({ requests_per_5_minutes: 3 });
  const status = async () => (await client.gql("{ nonsense }")).status;
  assert.deepEqual([await status(), await status(), await status(), await status()], [400, 400, 400, 429], "failed requests count");
  client.at(new Date(now.getTime() + 299_000));
  assert.equal(await status(), 429);
  client.at(new Date(now.getTime() + 301_000));
  assert.equal(await status(), 400);
});

test("a missing scope is code 7, and a missing view:pii is silent", async () => {
  const client = await start();
  await client.control("PUT", "/shiphero/scopes", { scopes: ["view:returns"] });
  const refused = await client.gql("{ orders { data(first: 1) { edges { node { id } } } } }");
  assert.deepEqual([refused.errors?.[0]?.code, refused.errors?.[0]?.message], [7, "Missing required scope(s): view:orders"]);
  await client.control("PUT", "/shiphero/scopes", { scopes: ["view:orders"] });
  const order = (await client.gql("{ orders { data(first: 1) { edges { node { order_number email shipping_address { city } } } } } }")).data.orders.data.edges[0].node;
  assert.deepEqual(order, { order_number: "#1001", email: null, shipping_address: null });
  assert.deepEqual((await client.gql("{ me { data { scopes } } }")).data.me.data.scopes, ["view:orders"]);
});

test("uuid turns legacy ids into ids, as number or text", async () => {
  const client = await start();
  const { data } = await client.gql(`query($n: BigInt!) { a: uuid(legacy_id: $n, entity: Product) { data { id legacy_id } }
    b: uuid(legacy_id: 42, entity: Warehouse) { data { id } } }`, { n: "600001" });
  assert.deepEqual(data, { a: { data: { id: b64("ProductInfo:600001"), legacy_id: 600001 } }, b: { data: { id: b64("Warehouse:42") } } });
});

test("SKU arguments ignore case and outer blanks", async () => {
  const client = await start();
  const { data } = await client.gql(`{ product(sku: "  tee-blk-m ") { data { sku barcode } } products(sku: "TEE-blk-M") { data(first: 5) { edges { node { sku } } } }
    orders(sku: "shell-olv-m") { data(first: 5) { edges { node { order_number } } } } }`);
  assert.equal(data.product.data.sku, "TEE-BLK-M");
  assert.equal(data.products.data.edges.length, 1);
  assert.deepEqual(data.orders.data.edges.map((edge: { node: { order_number: string } }) => edge.node.order_number), ["#1002"]);
});

test("times are taken in the three documented forms, with a zone only by switch", async () => {
  const client = await start();
  const query = "query($f: ISODateTime) { orders(created_from: $f) { data(first: 1) { edges { node { created_at } } } } }";
  for (const f of ["2020-01-01", "2020-01-01 10:00:00", "2020-01-01T10:00:00"]) {
    const node = (await client.gql(query, { f })).data.orders.data.edges[0].node;
    assert.match(node.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  }
  assert.equal((await client.gql(query, { f: "2099-01-01" })).data.orders.data.edges.length, 0);
  assert.equal((await client.gql(query, { f: "01/02/2026" })).status, 400);
  assert.match((await client.gql(query, { f: "2020-01-01T10:00:00Z" })).errors![0]!.message, /created_from/);
  client.faults({ accept_zoned_datetime: true });
  assert.equal((await client.gql(query, { f: "2020-01-01T10:00:00+02:00" })).errors, undefined);
});

test("what the import wrote into partner_order_id is a switch, and orders can be absent", async () => {
  const client = await start();
  const order = client.order("#1003");
  const by = async (partner_order_id: string) => (await client.gql(
    "query($p: String) { orders(partner_order_id: $p) { data(first: 2) { edges { node { order_number partner_order_id } } } } }", { p: partner_order_id }))
    .data.orders.data.edges.map((edge: { node: unknown }) => edge.node);
  assert.deepEqual(await by(order.shopify_id), [{ order_number: "#1003", partner_order_id: order.shopify_id }]);
  client.faults({ order_id_field: "name" });
  assert.deepEqual([await by(order.shopify_id), await by("#1003")], [[], [{ order_number: "#1003", partner_order_id: "#1003" }]]);
  client.faults({ order_id_field: "none" });
  assert.deepEqual([await by(order.shopify_id), await by("#1003")], [[], []]);
  const by_number = async () => (await client.gql(`{ orders(order_number: "#1003") { data(first: 2) { edges { node { partner_order_id } } } } }`)).data.orders.data.edges;
  assert.deepEqual(await by_number(), [{ node: { partner_order_id: null } }]);
  client.faults({ order_not_imported: ["#1003"] });
  assert.deepEqual(await by_number(), []);
  client.faults({ order_not_imported: [], order_missing: 1 });
  assert.deepEqual(await by_number(), []);
});

test("schema, resolvers and README name the same operations", () => {
  const schema = create_schema();
  const in_schema = { query: Object.keys(schema.getQueryType()!.getFields()), mutation: Object.keys(schema.getMutationType()!.getFields()) };
  const readme = readFileSync(new URL("../src/shiphero/README.md", import.meta.url), "utf8");
  for (const kind of ["query", "mutation"] as const) {
    const resolved = Object.keys(operations).filter((name) => operations[name]!.kind === kind);
    assert.deepEqual(resolved.sort(), in_schema[kind].sort());
    for (const name of resolved) assert.match(readme, new RegExp(`[\\s\`]${name}[\\s\`]`), name);
  }
});
