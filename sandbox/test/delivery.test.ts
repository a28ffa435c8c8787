// The delivery engine: retries, Retry-After, faults, idle, redelivery, and taking up work after a load.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../src/delivery.ts";
import { parse_retry_after } from "../src/post.ts";
import { sandbox_and_receiver, until } from "./harness.ts";

const { sandbox, receiver } = await sandbox_and_receiver();

const message = (extra: Partial<Delivery> = {}): Delivery => ({
  vendor: "loop", url: `${receiver.url}/x`, body: '{"a":"\\/"}', headers: { "x-test": "1" }, topic: "t", subject: "s",
  max_attempts: 3, retry_delay_ms: () => 1000, retry_on: (s) => s === 0 || s >= 500, timeout_ms: 500, ...extra,
});
const send = (extra: Partial<Delivery> = {}) => sandbox.world.engine.enqueue(message(extra));
const entry = (id: string) => sandbox.world.engine.log().find((e) => e.id === id)!;
const faults = (loop: object) => sandbox.control("PUT", "/faults", { delivery: { loop } });

describe("delivery", () => {
  it("sends the exact bytes and headers", async () => {
    const id = send();
    await sandbox.world.engine.idle();
    assert.equal(receiver.received[0]!.body, '{"a":"\\/"}');
    assert.equal(receiver.received[0]!.headers["x-test"], "1");
    assert.deepEqual([entry(id).state, entry(id).attempts.length, entry(id).attempts[0]!.status], ["delivered", 1, 200]);
  });

  it("tries again as the vendor says, and reports every attempt", async () => {
    receiver.answer = () => ({ status: 500, body: "no" });
    const results: [number, number, boolean][] = [];
    const id = send({ on_result: (r) => results.push([r.attempt, r.status, r.final]) });
    await sandbox.world.engine.idle();
    assert.deepEqual(results, [[1, 500, false], [2, 500, false], [3, 500, true]]);
    assert.deepEqual([entry(id).state, entry(id).attempts[2]!.response], ["failed", "no"]);
    const waited = receiver.received[1]!.at - receiver.received[0]!.at;
    assert.ok(waited >= 9 && waited < 500, `1000 ms of vendor time at scale 100, took ${waited}`);
  });

  it("does not retry what the vendor does not retry", async () => {
    receiver.answer = () => ({ status: 404 });
    send();
    await sandbox.world.engine.idle();
    assert.equal(receiver.received.length, 1);
  });

  it("counts a slow receiver and a dead address as status 0", async () => {
    receiver.answer = () => ({ status: 200, delay_ms: 300 });
    const slow = send({ timeout_ms: 40, max_attempts: 1 });
    const dead = send({ url: "http://127.0.0.1:9/", max_attempts: 1 });
    const nonsense = send({ url: "nowhere", max_attempts: 1 });
    await sandbox.world.engine.idle();
    assert.deepEqual([slow, dead, nonsense].map((id) => entry(id).attempts[0]!.status), [0, 0, 0]);
    assert.match(entry(slow).attempts[0]!.error!, /timeout after 40 ms/);
    assert.equal(entry(dead).attempts[0]!.error, "ECONNREFUSED");
  });

  it("honours Retry-After up to the limit and gives up above it", async () => {
    assert.deepEqual([parse_retry_after("7"), parse_retry_after(undefined), parse_retry_after("soon")], [7000, null, null]);
    receiver.answer = (n) => (n === 1 ? { status: 503, headers: { "retry-after": "1" } } : undefined);
    send({ retry_after_max_ms: 1_800_000, retry_delay_ms: () => 0 });
    await sandbox.world.engine.idle();
    assert.ok(receiver.received[1]!.at - receiver.received[0]!.at >= 990, "what the receiver asks for is real time");
    receiver.received.length = 0;
    receiver.answer = () => ({ status: 503, headers: { "retry-after": "3600" } });
    const id = send({ retry_after_max_ms: 1_800_000 });
    await sandbox.world.engine.idle();
    assert.deepEqual([receiver.received.length, entry(id).state], [1, "failed"]);
  });

  it("lets the vendor decide what an acknowledgement is", async () => {
    receiver.answer = (n) => ({ status: 200, body: n === 1 ? "ok" : '{"code":"200"}' });
    const id = send({ accept: (_status, body) => body.includes('"200"'), retry_on: () => true, headers_for: (n) => ({ "x-attempt": String(n) }) });
    await sandbox.world.engine.idle();
    assert.deepEqual([entry(id).attempts.length, entry(id).state], [2, "delivered"]);
    assert.deepEqual(receiver.received.map((r) => r.headers["x-attempt"]), ["1", "2"]);
  });
});

describe("delivery faults", () => {
  it("loses without telling, doubles, and reorders", async () => {
    await faults({ lose: 1 });
    const lost = send({ on_result: () => assert.fail("the vendor must not know") });
    await sandbox.world.engine.idle();
    assert.deepEqual([entry(lost).state, receiver.received.length], ["lost", 0]);
    await faults({ lose: 0, copies: 3 });
    const tripled = send();
    await sandbox.world.engine.idle();
    assert.equal(receiver.received.length, 3);
    assert.deepEqual(entry(tripled).attempts.map((a) => a.copy).sort(), [1, 2, 3]);
    await faults({ copies: 1, shuffle_ms: 120 });
    receiver.received.length = 0;
    for (let i = 0; i < 12; i++) send({ body: String(i) });
    await sandbox.world.engine.idle();
    const order = receiver.received.map((r) => Number(r.body));
    assert.equal(order.length, 12);
    assert.notDeepEqual(order, [...order].sort((a, b) => a - b), "in order by accident has a chance of 1 in 479 million");
  });

  it("delays and shortens patience", async () => {
    await faults({ delay_ms: 80, timeout_ms: 30 });
    receiver.answer = () => ({ status: 200, delay_ms: 100 });
    const began = performance.now();
    const id = send({ max_attempts: 1 });
    await sandbox.world.engine.idle();
    assert.ok(performance.now() - began >= 100);
    assert.match(entry(id).attempts[0]!.error!, /timeout after 30 ms/);
  });
});

describe("control", () => {
  it("redelivers the same bytes as a new entry", async () => {
    const id = send();
    await sandbox.world.engine.idle();
    const again = (await sandbox.control("POST", `/deliveries/${id}/redeliver`)).id;
    assert.equal((await sandbox.control("POST", "/idle", {})).idle, true);
    assert.equal(entry(again).repeats, id);
    assert.deepEqual(receiver.received.map((r) => r.body), Array(2).fill('{"a":"\\/"}'));
    assert.equal((await sandbox.call("POST", "/_control/deliveries/dlv_999/redeliver")).status, 400);
  });

  it("idle says false when the time is up", async () => {
    receiver.answer = () => ({ status: 503 });
    send({ retry_delay_ms: () => 1_000_000 });
    assert.equal((await sandbox.control("POST", "/idle", { timeout_ms: 60 })).idle, false);
  });

  it("a reset forgets retries that wait", async () => {
    receiver.answer = () => ({ status: 503 });
    send({ retry_delay_ms: () => 5000 });
    await until("first attempt", () => receiver.received.length === 1);
    await sandbox.control("POST", "/reset", {});
    assert.equal((await sandbox.control("POST", "/idle", { timeout_ms: 100 })).idle, true);
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(receiver.received.length, 1);
  });
});
