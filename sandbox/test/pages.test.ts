// The pages: that they are there, that the portal keeps its promises, and that a label's bars say what its digits say.
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { interleaved_2_of_5 } from "../src/pages/label.ts";
import { start_sandbox, until, type Client } from "./harness.ts";

let sandbox: Client;
before(async () => { sandbox = await start_sandbox(); });
beforeEach(() => sandbox.control("POST", "/reset", {}));

const find = (order_name: string, proof: string) => sandbox.call("POST", "/portal/api/find", { order_name, proof });

describe("pages", () => {
  it("are served as HTML, with a module that compiles", async () => {
    const { id } = await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }] });
    for (const path of ["/", "/portal", `/portal/returns/${id}`, "/admin", "/admin/review", `/admin/returns/${id}`, "/admin/developer"]) {
      const answer = await sandbox.call("GET", path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get("content-type")!, /text\/html/);
      for (const [, script] of answer.text.matchAll(/src="(\/assets\/[a-z_]+\.js)"/g)) {
        const module = await sandbox.call("GET", script!);
        assert.equal(module.status, 200, script);
        for (const [, imported] of module.text.matchAll(/from "\.\/([a-z_]+\.js)"/g)) assert.equal((await sandbox.call("GET", `/assets/${imported}`)).status, 200, imported);
      }
    }
    for (const path of ["/portal/returns/1", "/admin/returns/1", "/portal/labels/1.svg", "/assets/..%2fapp.js"]) assert.equal((await sandbox.call("GET", path)).status, 404, path);
  });

  it("draw a picture for every variant, and a box for the unknown", async () => {
    const skus = sandbox.world.shop.products.flatMap((p) => p.variants.map((v) => v.sku));
    const box = (await sandbox.call("GET", "/pictures/NOPE.svg")).text;
    for (const sku of skus) {
      const { text } = await sandbox.call("GET", `/pictures/${sku}.svg`);
      assert.match(text, /^<svg .*<\/svg>$/);
      assert.notEqual(text, box, sku);
    }
  });
});

describe("portal", () => {
  it("finds an order by e-mail or postal code and by nothing else", async () => {
    assert.equal((await find("#1001", "jordan@example.com")).json.name, "#1001");
    assert.equal((await find(" 1001 ", "43215")).json.name, "#1001");
    assert.equal((await find("#1001", "JORDAN@example.com")).status, 200);
    for (const [name, proof] of [["#1001", "sam@example.com"], ["#9999", "43215"], ["#1001", " "]] as const) {
      const answer = await find(name, proof);
      assert.equal(answer.status, 400);
      assert.match(answer.json.error, /could not find an order/);
    }
  });

  it("makes the return at once and the label a moment later", async () => {
    const lines = [{ sku: "TEE-BLK-M", parent_reason: "Didn't fit", reason: "Too big", outcome: "exchange", exchange_sku: "TEE-BLK-S" }];
    const { json } = await sandbox.call("POST", "/portal/api/returns", { order_name: "#1001", proof: "43215", lines });
    const first = (await sandbox.call("GET", `/portal/api/returns/${json.id}`)).json;
    assert.deepEqual([first.labels.length, first.outcome, first.lines[0].exchange_sku], [0, "exchange", "TEE-BLK-S"]);
    await until("label", () => sandbox.world.loop.returns[json.id]!.labels.length === 1);
    const ret = (await sandbox.call("GET", `/portal/api/returns/${json.id}`)).json;
    const label = (await sandbox.call("GET", new URL(ret.labels[0].url).pathname)).text;
    assert.ok(label.includes(`Shipping label ${ret.tracking_number}`) && label.includes(`RMA ${json.id}`));
    const again = (await find("#1001", "43215")).json;
    assert.deepEqual(again.lines.map((l: any) => l.left), [1, 1]);
    assert.deepEqual(again.returns.map((r: any) => r.id), [json.id]);
  });

  it("shows sample orders and what is left of each", async () => {
    await sandbox.control("POST", "/loop/returns", { order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] });
    const { orders } = (await sandbox.call("GET", "/portal/api/samples")).json;
    assert.equal(orders.length, 12);
    assert.equal(orders.find((o: any) => o.name === "#1002").left, 0);
  });
});

describe("label bars", () => {
  it("read back as the digits they were drawn from", () => {
    const text = "9400111036615527299801";
    const { bars, width } = interleaved_2_of_5(text);
    const ends = bars.map(([x, w]) => x + w);
    const gaps = bars.slice(1).map(([x], i) => x - ends[i]!);
    const codes = ["00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010"];
    const digit = (elements: number[]) => codes.indexOf(elements.map((w) => (w > 1 ? "1" : "0")).join(""));
    let read = "";
    for (let at = 2; at + 5 <= bars.length - 2; at += 5) {
      read += digit(bars.slice(at, at + 5).map(([, w]) => w));
      read += digit(gaps.slice(at, at + 5));
    }
    assert.equal(read, text);
    assert.equal(width, ends.at(-1));
  });
});

describe("admin reading", () => {
  it("counts by state, filters, and searches by return, order, SKU and tracking number", async () => {
    const a = await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }] });
    const b = await sandbox.control("POST", "/loop/returns", { order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] });
    await sandbox.control("PUT", "/faults", { loop: { flag_mode: "flagged" } });
    await sandbox.loop("POST", `/warehouse/return/${b.id}/flag`);
    const ids = async (query: string) => (await sandbox.call("GET", `/admin/api/returns${query}`)).json.returns.map((r: any) => r.id);
    const { counts } = (await sandbox.call("GET", "/admin/api/returns")).json;
    assert.deepEqual([counts.all, counts.open, counts.review], [2, 2, 1], "a flag beside an open return needs review too");
    assert.deepEqual(await ids(""), [b.id, a.id], "newest first");
    assert.deepEqual(await ids("?state=review"), [b.id]);
    for (const q of [a.id, "%231001", "tee-blk", a.tracking_number]) assert.deepEqual(await ids(`?q=${q}`), [a.id], q);
  });

  it("hears of changes without asking", async () => {
    const stop = new AbortController();
    const stream = await fetch(`${sandbox.url}/_control/changes`, { signal: stop.signal });
    const reader = stream.body!.getReader();
    const next = async () => new TextDecoder().decode((await reader.read()).value);
    assert.match(await next(), /event: changed/);
    await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }] });
    assert.match(await next(), /event: changed/);
    stop.abort();
  });
});
