// Webhooks: registering, who hears of what, exact bytes and signature, the developer page's control routes.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { sign } from "../src/loop/signature.ts";
import { backoff_ms, may_retry } from "../src/loop/webhooks.ts";
import { sandbox_and_receiver, until } from "./harness.ts";

const { sandbox, receiver } = await sandbox_and_receiver();

const hear = (trigger: string, topic = "return") =>
  sandbox.loop("POST", "/webhooks", { topic, trigger, url: `${receiver.url}/hooks/${topic}`, status: "active" });
const make = (extra: object = {}) =>
  sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M", comment: "Ärmel zu kurz / really" }], ...extra });
const idle = () => sandbox.control("POST", "/idle", { timeout_ms: 3000 });

describe("signature", () => {
  it("agrees with the contract's check value", () => {
    const body = '{"topic":"return","url":"https:\\/\\/a.test\\/x"}';
    assert.equal(Buffer.byteLength(body), 46);
    assert.equal(sign("test-secret", body), "QCiuWA0yYvA5QDN7Zloag0YgoHu9HZT6BIJejI70tXs=");
  });

  it("covers the exact bytes sent: compact, slashes escaped, nothing outside ASCII", async () => {
    await hear("return.created");
    await make();
    await idle();
    const [got] = receiver.received;
    assert.equal(got!.headers["x-loop-signature"], createHmac("sha256", "loop-sandbox-secret").update(got!.body).digest("base64"));
    assert.equal(got!.headers["content-type"], "application/json");
    assert.ok(got!.body.includes("\\u00c4rmel zu kurz \\/ really"));
    assert.ok(!/[^\\]\//.test(got!.body), "no bare slash");
    assert.ok(!/[\n\r]|": /.test(got!.body), "compact");
    assert.deepEqual([got!.json.topic, got!.json.trigger, got!.json.shop_id, typeof got!.json.id], ["return", "return.created", 42, "string"]);
    assert.ok(!("updated_at" in got!.json) && !("outcome" in got!.json), "the webhook has neither");
  });

  it("can be sent with plain slashes and still verify", async () => {
    await sandbox.control("PUT", "/faults", { loop: { plain_slashes: true, webhook_id_type: "number" } });
    await hear("return.created");
    await make();
    await idle();
    const [got] = receiver.received;
    assert.ok(got!.body.includes("https://") || got!.body.includes("http://"));
    assert.equal(typeof got!.json.id, "number");
    assert.equal(got!.headers["x-loop-signature"], sign("loop-sandbox-secret", got!.body));
  });
});

describe("programmatic webhooks", () => {
  it("are inactive unless told otherwise, and change, and go", async () => {
    const fields = { topic: "return", trigger: "return.created", url: `${receiver.url}/a` };
    const made = await sandbox.loop("POST", "/webhooks", fields);
    assert.deepEqual([made.status, made.json], [201, { id: 101, shop_id: 42, ...fields, status: "inactive" }]);
    await make();
    await idle();
    assert.equal(receiver.received.length, 0);
    assert.equal((await sandbox.loop("PUT", "/webhooks/101", { ...fields, status: "active" })).status, 204);
    await make();
    await idle();
    assert.equal(receiver.received.length, 1);
    assert.deepEqual((await sandbox.loop("GET", "/webhooks")).json.webhooks.map((h: any) => h.status), ["active"]);
    assert.equal((await sandbox.loop("DELETE", "/webhooks/101")).status, 204);
    const gone = await sandbox.loop("DELETE", "/webhooks/101");
    assert.deepEqual([gone.status, gone.json], [404, { errors: { code: "NOT_FOUND" } }]);
  });

  it("are checked", async () => {
    const answer = await sandbox.loop("POST", "/webhooks", { topic: "returns", url: "ftp://example.com" });
    assert.equal(answer.status, 422);
    assert.deepEqual(Object.keys(answer.json.errors).sort(), ["topic", "trigger", "url"]);
  });

  it("drift behind the client's back", async () => {
    await hear("return.created");
    await hear("return.updated");
    assert.equal((await sandbox.control("POST", "/loop/webhooks/drift", { mode: "deactivate", id: 101 })).webhooks[0].status, "inactive");
    await sandbox.control("POST", "/loop/webhooks/drift", { mode: "change-url", url: "http://127.0.0.1:9/elsewhere" });
    assert.deepEqual((await sandbox.loop("GET", "/webhooks")).json.webhooks.map((h: any) => h.url), Array(2).fill("http://127.0.0.1:9/elsewhere"));
    await sandbox.control("POST", "/loop/webhooks/drift", { mode: "delete" });
    assert.deepEqual((await sandbox.loop("GET", "/webhooks")).json.webhooks, []);
    assert.equal((await sandbox.call("POST", "/_control/loop/webhooks/drift", { mode: "explode" })).status, 400);
  });
});

describe("who hears of what", () => {
  const all = async () => { for (const t of ["return.created", "return.updated", "return.closed", "return.processing.failed", "label.created", "label.updated"]) await hear(t); };

  it("follows a return through label and processing", async () => {
    await all();
    const { id } = await make({ label: "later" });
    await sandbox.control("POST", `/loop/returns/${id}/label`);
    await sandbox.control("POST", `/loop/returns/${id}/label-status`, { status: "in_transit" });
    await sandbox.loop("POST", `/warehouse/return/${id}/process`);
    await idle();
    assert.deepEqual(receiver.triggers().sort(), [
      "label.created", "label.updated", "return.closed", "return.created", "return.updated", "return.updated", "return.updated"]);
    const created = receiver.received.find((r) => r.json.trigger === "return.created")!.json;
    assert.deepEqual([created.tracking_number, created.label_status, created.labels], ["N/A", "pending", []]);
    const closed = receiver.received.find((r) => r.json.trigger === "return.closed")!.json;
    assert.deepEqual([closed.state, closed.label_status, closed.refunds[0].amount], ["closed", "in_transit", "48.00"]);
  });

  it("shows flag, lift, cancel and expiry as return.updated only", async () => {
    await all();
    const { id } = await make({ label: "none" });
    await sandbox.loop("POST", `/warehouse/return/${id}/flag`);
    await sandbox.control("POST", `/loop/returns/${id}/lift-flag`);
    await sandbox.loop("POST", `/warehouse/return/${id}/cancel`);
    const other = await make({ label: "none", order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] });
    await sandbox.control("POST", `/loop/returns/${other.id}/expire`);
    await idle();
    const updates = receiver.received.filter((r) => r.json.trigger === "return.updated").map((r) => r.json.state);
    assert.deepEqual(updates.sort(), ["cancelled", "expired", "open", "review"]);
    assert.equal(receiver.received.length, 6, "and the two creations");
  });

  it("tells of a failure with return_id and not id", async () => {
    await hear("return.processing.failed", "return.processing");
    const { id } = await make();
    await sandbox.control("PUT", "/faults", { loop: { process_fails: 1, process_failure_message: "Card declined" } });
    await sandbox.loop("POST", `/warehouse/return/${id}/process`);
    await idle();
    assert.deepEqual(receiver.received[0]!.json, {
      topic: "return.processing", trigger: "return.processing.failed", return_id: Number(id), return_state: "open",
      message: "Card declined", source: "warehouse",
    });
  });

  it("lets the topic choose the body: label data, or nothing when it does not fit", async () => {
    await hear("label.created", "label");
    await hear("return.created", "label");
    await sandbox.control("PUT", "/faults", { loop: { label_payload_key: "return_id" } });
    const { id, tracking_number } = await make();
    await idle();
    const bodies = receiver.received.map((r) => r.body).sort((a, b) => a.length - b.length);
    assert.equal(bodies[0], "{}");
    const label = JSON.parse(bodies[1]!);
    assert.deepEqual([label.return_id, label.id, label.tracking_number, label.label_status], [Number(id), undefined, tracking_number, "new"]);
  });

  it("asks for restock and gift card when the shop is set up so", async () => {
    await hear("restock.requested", "restock");
    await hear("giftcard.requested", "giftcard");
    await sandbox.control("PUT", "/faults", { loop: { restock_mode: "webhook", giftcard_mode: "third_party" } });
    const { id } = await make({ lines: [{ sku: "TEE-BLK-M", outcome: "credit" }, { sku: "SOCK-GRY-L" }] });
    await sandbox.loop("POST", `/warehouse/return/${id}/process`);
    await idle();
    const by_topic = Object.fromEntries(receiver.received.map((r) => [r.json.topic, r.json]));
    assert.deepEqual(by_topic["restock"].restock_items.map((i: any) => i.available_adjustment), ["1", "1"]);
    assert.equal(by_topic["giftcard"].total_credit_issued, "48.00");
  });

  it("can close before it updates, when deliveries are not shuffled", async () => {
    await sandbox.control("PUT", "/faults", { loop: { close_order: "closed-first" } });
    await hear("return.updated");
    await hear("return.closed");
    const { id } = await make({ label: "none" });
    await sandbox.loop("POST", `/warehouse/return/${id}/process`);
    await until("both logged", () => sandbox.world.engine.log().length === 2);
    assert.deepEqual(sandbox.world.engine.log().map((d) => d.topic), ["return / return.closed", "return / return.updated"]);
  });

  it("processes by itself when the shop says so, which a later call finds refused", async () => {
    await sandbox.control("PUT", "/faults", { loop: { auto_process_on: "delivered" } });
    const { id } = await make();
    await sandbox.control("POST", `/loop/returns/${id}/label-status`, { status: "in_transit" });
    assert.equal(sandbox.world.loop.queue.length, 0);
    await sandbox.control("POST", `/loop/returns/${id}/label-status`, { status: "delivered" });
    await until("closed", () => sandbox.world.loop.returns[id]!.state === "closed");
    assert.equal((await sandbox.loop("POST", `/warehouse/return/${id}/process`)).json.errors.code, "UNPROCESSABLE_RETURN");
  });
});

describe("trying again", () => {
  it("tries six times with doubling waits, and only what may be retried", async () => {
    assert.deepEqual([1, 2, 3, 4, 5].map((n) => backoff_ms(10_000, n, 0.5)), [10_000, 20_000, 40_000, 80_000, 160_000]);
    assert.deepEqual([backoff_ms(10_000, 1, 0), backoff_ms(10_000, 1, 1)], [8000, 12_000]);
    assert.deepEqual([0, 500, 503].map((s) => may_retry(s, false)), [true, true, true]);
    assert.deepEqual([400, 401, 403, 404, 405, 302].map((s) => may_retry(s, true)), Array(6).fill(false));
    assert.deepEqual([[429, true], [502, true], [429, false], [502, false]].map(([s, u]) => may_retry(s as number, u as boolean)), [true, true, false, false]);
    await sandbox.control("PUT", "/faults", { loop: { webhook_backoff_ms: 100 } });
    await hear("return.created");
    receiver.answer = (n) => ({ status: n < 4 ? 503 : 200 });
    await make();
    await idle();
    assert.equal(receiver.received.length, 4);
    assert.equal(new Set(receiver.received.map((r) => r.body)).size, 1, "the same bytes every time");
  });

  it("loses an event that is answered 401 or 404 for good", async () => {
    await hear("return.created");
    receiver.answer = () => ({ status: 404 });
    await make();
    await idle();
    assert.equal(receiver.received.length, 1);
    assert.equal(sandbox.world.engine.log()[0]!.state, "failed");
  });

  it("switches a webhook off after failures in a row, when the old behaviour is on", async () => {
    await sandbox.control("PUT", "/faults", { loop: { deactivate_after: 2, webhook_max_attempts: 1 } });
    await hear("return.created");
    receiver.answer = () => ({ status: 500 });
    for (const sku of ["TEE-BLK-M", "SOCK-GRY-L"]) { await make({ lines: [{ sku }] }); await idle(); }
    assert.equal(sandbox.world.loop.webhooks[0]!.status, "inactive");
    await make();
    await idle();
    assert.equal(receiver.received.length, 2, "nothing is sent to an inactive webhook");
  });
});
