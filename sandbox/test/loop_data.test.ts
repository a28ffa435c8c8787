// Reading: list, details, ASN, their types and windows; grading; destinations; label generation.
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { encode, money, WireNumber } from "../src/loop/json.ts";
import { parse_date } from "../src/loop/dates.ts";
import { start_sandbox, until, type Client } from "./harness.ts";

let sandbox: Client;
before(async () => { sandbox = await start_sandbox(); });
beforeEach(() => sandbox.control("POST", "/reset", {}));

const make = async (extra: object = {}) =>
  (await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }, { sku: "TEE-BLK-M" }], ...extra })).id as string;
const list = async (query = "") => (await sandbox.loop("GET", `/warehouse/return/list${query}`));
const days_ago = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString();

describe("types per place", () => {
  it("writes ids as strings in the list and as numbers in details, and names the reasons differently", async () => {
    const id = await make({ destination_id: 31, lines: [{ sku: "TEE-BLK-M", reason: "Too big", parent_reason: "Fit" }] });
    const [row] = (await list()).json;
    const one = (await sandbox.loop("GET", `/warehouse/return/details?return_id=${id}`)).json;
    assert.deepEqual([row.id, row.order_id, row.destination_id, row.line_items[0].line_item_id].map((v) => typeof v), ["string", "string", "string", "string"]);
    assert.deepEqual([one.id, one.order_id, one.provider_order_id, one.destination_id, one.line_items[0].line_item_id].map((v) => typeof v), Array(5).fill("number"));
    assert.equal(String(one.id), row.id);
    assert.match(row.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(one.created_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.deepEqual([row.line_items[0].return_reason, row.line_items[0].parent_return_reason], ["Too big", "Fit"]);
    assert.deepEqual([one.line_items[0].reason, one.line_items[0].parent_reason], ["Too big", "Fit"]);
    assert.ok(!("return_reason" in one.line_items[0]));
    assert.deepEqual([row.total, row.refund, row.outcome, row.line_items[0].outcome], ["48.00", "48.00", "refund", "default"]);
    assert.equal(row.labels[0].line_items[0], Number(row.line_items[0].line_item_id));
  });

  it("has one row per unit and no quantity", async () => {
    await make();
    const rows = (await list()).json[0].line_items;
    assert.deepEqual(rows.map((r: any) => r.sku), ["TEE-BLK-M", "TEE-BLK-M"]);
    assert.notEqual(rows[0].line_item_id, rows[1].line_item_id);
    assert.ok(!("quantity" in rows[0]));
  });

  it("writes 18-digit ids digit for digit", async () => {
    await sandbox.control("PUT", "/faults", { loop: { ids_18_digit: true } });
    const id = await make();
    assert.equal(id.length, 18);
    const text = (await sandbox.loop("GET", `/warehouse/return/details?return_id=${id}`)).text;
    assert.ok(text.includes(`"id":${id},`), "the bytes carry the exact number");
    assert.notEqual(String(JSON.parse(text).id), id, "and a double cannot");
  });

  it("encodes like PHP when asked", () => {
    const php = { escape_slashes: true, escape_unicode: true };
    assert.equal(encode({ u: "https://a/b", n: new WireNumber("9007199254740993"), s: "é😀\n", gone: undefined, nil: null }, php),
      '{"u":"https:\\/\\/a\\/b","n":9007199254740993,"s":"\\u00e9\\ud83d\\ude00\\n","nil":null}');
    assert.deepEqual([money(0), money(5), money(-14614), money(890)], ["0.00", "0.05", "-146.14", "8.90"]);
  });
});

describe("list", () => {
  it("leaves out cancelled and review unless they are asked for", async () => {
    for (const [i, state] of ["open", "closed", "expired", "cancelled", "review"].entries()) {
      await make({ state, order_name: ["#1001", "#1002", "#1003", "#1004", "#1005"][i], lines: [{ sku: ["TEE-BLK-M", "SHELL-OLV-M", "BOOT-BRN-10", "BEANIE-RUS", "PACK-PIN"][i] }] });
    }
    assert.deepEqual((await list()).json.map((r: any) => r.state).sort(), ["closed", "expired", "open"]);
    assert.deepEqual((await list("?state=review")).json.map((r: any) => r.state), ["review"]);
    assert.deepEqual((await list("?state=cancelled")).json.map((r: any) => r.state), ["cancelled"]);
    const bad = await list("?state=processed");
    assert.equal(bad.status, 422);
    assert.deepEqual(Object.keys(bad.json.errors), ["state"]);
  });

  it("windows: 24 hours by default, from alone is a day, to alone is ignored, more than 120 days is 422", async () => {
    const id = await make();
    const ret = sandbox.world.loop.returns[id]!;
    ret.created_at = days_ago(3);
    assert.equal((await list()).json.length, 0);
    assert.equal((await list("?filter=updated_at")).json.length, 1, "it was updated just now");
    assert.equal((await list(`?from=${days_ago(3.5)}`)).json.length, 1);
    assert.equal((await list(`?from=${days_ago(6)}`)).json.length, 0, "from alone reaches 24 hours");
    assert.equal((await list(`?from=${days_ago(6)}&to=${days_ago(0)}`)).json.length, 1);
    assert.equal((await list(`?to=${days_ago(2)}`)).json.length, 0, "to alone means the last 24 hours");
    assert.equal((await list(`?from=${days_ago(121)}&to=${days_ago(0)}`)).status, 422);
    assert.equal((await list(`?from=${days_ago(119)}&to=${days_ago(0)}`)).status, 200);
    const bad = await list("?from=yesterday");
    assert.deepEqual([bad.status, Object.keys(bad.json.errors)], [422, ["from"]]);
  });

  it("reads dates with and without a zone", () => {
    const noon = Date.UTC(2026, 2, 2, 12);
    for (const text of ["2026-03-02T12:00:00.000Z", "2026-03-02 12:00:00", "2026-03-02T14:00:00+02:00", "2026-03-02T14:00:00 02:00"]) {
      assert.equal(parse_date(text)?.getTime(), noon, text);
    }
    assert.equal(parse_date("2026-03-02")?.getTime(), Date.UTC(2026, 2, 2));
    for (const text of ["", "soon", "2026-13-01", "02/03/2026"]) assert.equal(parse_date(text), null, text);
  });

  it("pages by cursor, and is a bare array without paginate", async () => {
    for (let i = 0; i < 5; i++) await make({ order_name: "#1011", lines: [{ sku: "SOCK-RUS-M" }] });
    assert.ok(Array.isArray((await list()).json));
    const seen: string[] = [];
    let next: string | null = `${sandbox.url}/loop/api/2026-10/warehouse/return/list?paginate=true&pageSize=2&filter=updated_at&state=open&from=${days_ago(1)}&to=${new Date(Date.now() + 1000).toISOString()}`;
    let previous: string | null = null;
    while (next) {
      const page: any = await (await fetch(next, { headers: { "x-authorization": "loop-sandbox-key" } })).json();
      seen.push(...page.returns.map((r: any) => r.id));
      next = page.nextPageUrl;
      previous = page.previousPageUrl;
      if (next) assert.match(next, /filter=updated_at/);
    }
    assert.equal(seen.length, 5);
    assert.equal(new Set(seen).size, 5);
    assert.match(previous!, /cursor=/);
    await sandbox.control("PUT", "/faults", { loop: { list_page_size_max: 3 } });
    const clipped = (await list("?paginate=true&pageSize=750")).json;
    assert.equal(clipped.returns.length, 3);
    assert.equal((await list("?paginate=true&cursor=garbage")).status, 422);
  });
});

describe("details", () => {
  it("needs exactly one key and says 200 with an error when nothing matches", async () => {
    const first = await make({ lines: [{ sku: "TEE-BLK-M" }] });
    const second = await make({ lines: [{ sku: "SOCK-GRY-L" }] });
    assert.equal((await sandbox.loop("GET", "/warehouse/return/details")).status, 422);
    assert.equal((await sandbox.loop("GET", `/warehouse/return/details?return_id=${first}&order_name=%231001`)).status, 422);
    const none = await sandbox.loop("GET", "/warehouse/return/details?return_id=1");
    assert.deepEqual([none.status, none.json], [200, { error: { message: "No return found with this ID." } }]);
    const by_name = () => sandbox.loop("GET", "/warehouse/return/details?order_name=%231001");
    assert.equal(String((await by_name()).json.id), second);
    await sandbox.control("PUT", "/faults", { loop: { details_of_order: "first" } });
    assert.equal(String((await by_name()).json.id), first);
    const { shopify_id } = sandbox.world.shop.orders[0]!;
    assert.equal(String((await sandbox.loop("GET", `/warehouse/return/details?order_id=${shopify_id}`)).json.id), first);
  });
});

describe("asn", () => {
  it("has a row per returned unit, and an unreadable date becomes the epoch", async () => {
    const id = await make({ label: "later" });
    const rows = (await sandbox.loop("GET", "/warehouse/reporting/asn")).json;
    assert.equal(rows.length, 2);
    assert.deepEqual([String(rows[0].id), rows[0].tracking_number, rows[0].purchase_price], [id, "N/A", "48.00"]);
    assert.equal((await sandbox.loop("GET", "/warehouse/reporting/asn?from=tomorrow")).json.length, 2, "from 1970");
    assert.equal((await sandbox.loop("GET", "/warehouse/reporting/asn?to=tomorrow")).json.length, 0, "until 1970");
  });
});

describe("grading and disposition", () => {
  it("stores both beside each other, all or nothing", async () => {
    const id = await make();
    const [a, b] = (await sandbox.control("GET", `/loop/returns/${id}`)).lines.map((l: any) => Number(l.line_item_id));
    const grade = (items: unknown) => sandbox.loop("POST", "/dispositioning/grade", { items });
    const good = { line_item_id: a, description: "Like new", condition_category: "grade_a", inspected_at: "2026-03-02 10:00:00" };
    const answer = await grade([good]);
    assert.deepEqual([answer.status, answer.json], [200, [good]]);
    const half = await grade([{ ...good, line_item_id: b }, { ...good, line_item_id: 1 }]);
    assert.equal(half.status, 403, "an item of another shop");
    const invalid: object[] = [
      { line_item_id: b }, { ...good, condition_category: "grade_z" }, { ...good, description: "x".repeat(256) },
      { ...good, images: Array(6).fill("https://img.example.com/1.png") }, { ...good, inspected_at: "soon" }, { ...good, line_item_id: "abc" },
    ];
    for (const item of invalid) assert.equal((await grade([item])).status, 422, JSON.stringify(item));
    assert.equal((await grade(Array(31).fill(good))).status, 422);
    const assess = (disposition_outcome: string) => sandbox.loop("POST", "/dispositioning/assess", { items: [{ line_item_id: a, disposition_outcome }] });
    assert.equal((await assess("restock")).status, 200);
    assert.equal((await assess("melt")).status, 422);
    const { line_items } = (await sandbox.loop("GET", `/warehouse/return/details?return_id=${id}`)).json as any;
    const of = (line: number) => line_items.find((l: any) => l.line_item_id === line);
    assert.equal((await list()).json[0].line_items.length, 2);
    const listed = (await list()).json[0].line_items;
    assert.equal(listed[0].condition.condition_category, "grade_a");
    assert.equal(listed[0].disposition.disposition_outcome, "restock");
    assert.equal(listed[1].condition, null, "the failed batch wrote nothing");
    assert.equal(of(a).condition.description, "Like new");
  });
});

describe("destinations", () => {
  it("reads, writes and refuses as documented", async () => {
    const address = { address1: "1 Example Street", city: "Columbus", country: "United States", country_code: "US" };
    assert.deepEqual((await sandbox.loop("GET", "/destinations")).json.destinations.map((d: any) => d.id), [31, 32]);
    const missing = await sandbox.loop("GET", "/destinations/99");
    assert.deepEqual([missing.status, missing.json.code], [404, "NOT_FOUND"]);
    const made = (await sandbox.loop("POST", "/destinations", { name: "West", type: "warehouse", address })).json;
    assert.equal(made.id, 33);
    assert.equal((await sandbox.loop("PUT", "/destinations/33", { name: "Far West", type: "warehouse", enabled: false, address })).json.enabled, false);
    assert.equal((await sandbox.loop("POST", "/destinations", { name: "West", type: "shop", address })).status, 422);
    await sandbox.control("PUT", "/faults", { loop: { destination_limit: 3 } });
    const full = await sandbox.loop("POST", "/destinations", { name: "North", type: "warehouse", address });
    assert.deepEqual([full.status, full.json.code], [422, "DESTINATION_LIMIT_EXCEEDED"]);
    const gone = await sandbox.loop("DELETE", "/destinations/33");
    assert.deepEqual([gone.status, gone.json], [200, "Success"]);
    assert.equal((await sandbox.loop("GET", "/destinations/33")).status, 404);
  });
});

describe("generating a label", () => {
  it("is accepted with 202 and shows up in details", async () => {
    const id = await make({ label: "later" });
    const before_label = (await sandbox.loop("GET", `/warehouse/return/details?return_id=${id}`)).json;
    assert.deepEqual([before_label.carrier, before_label.tracking_number, before_label.label_status, before_label.labels], ["", "N/A", "pending", []]);
    const answer = await sandbox.loop("POST", `/returns/${id}/labels`);
    assert.deepEqual([answer.status, answer.json.returnId], [202, Number(id)]);
    await until("label", async () => (await sandbox.loop("GET", `/warehouse/return/details?return_id=${id}`)).json.labels.length === 1);
    assert.deepEqual([(await sandbox.loop("POST", `/returns/${id}/labels`)).status, (await sandbox.loop("POST", "/returns/1/labels")).status], [409, 404]);
    const keep = await make({ label: "none", order_name: "#1003", lines: [{ sku: "BOOT-BRN-10" }] });
    const refused = await sandbox.loop("POST", `/returns/${keep}/labels`);
    assert.deepEqual([refused.status, refused.json.code], [422, "return_cannot_receive_label"]);
  });
});
