// Keys, scopes, versions, the rate limit, and faults applied once and seen in the log.
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { SlidingLimit } from "../src/loop/gate.ts";
import { start_sandbox, type Client } from "./harness.ts";

let sandbox: Client;
before(async () => { sandbox = await start_sandbox(); });
beforeEach(() => sandbox.control("POST", "/reset", {}));

const list = (key?: string) => sandbox.loop("GET", "/warehouse/return/list", undefined, key);
const make = async () => (await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }] })).id as string;
const last_request = async () => (await sandbox.control("GET", "/requests?vendor=loop")).requests.at(-1);
const faults = (loop: object) => sandbox.control("PUT", "/faults", { loop });

describe("keys", () => {
  it("answers 401 alike for a bad key, a revoked one and one without the scope", async () => {
    const gateway = { error: { code: "401", http_code: "GEN-UNAUTHORIZED", message: "Unauthorized." } };
    await sandbox.control("PUT", "/loop/keys", { narrow: { scopes: ["destinations:read"] }, gone: { scopes: ["returns"], revoked: true } });
    for (const key of ["", "wrong", "narrow", "gone", "__proto__"]) {
      const answer = await list(key);
      assert.deepEqual([answer.status, answer.json], [401, gateway], `key "${key}"`);
    }
    assert.equal((await sandbox.loop("GET", "/destinations", undefined, "narrow")).status, 200);
    assert.equal((await sandbox.call("GET", "/loop/api/v1/warehouse/return/list", undefined, { authorization: "loop-sandbox-key" })).status, 401, "Authorization is not used");
    await faults({ auth_shape: "errors" });
    assert.deepEqual((await list("wrong")).json, { errors: "Unauthorized." });
    assert.equal((await sandbox.call("PUT", "/_control/loop/keys", { k: { scopes: ["everything"] } })).status, 400);
  });
});

describe("versions", () => {
  it("serves every version and none alike, unless told to know them", async () => {
    const at = (prefix: string) => sandbox.call("GET", `/loop/api${prefix}/warehouse/return/list`, undefined, { "x-authorization": "loop-sandbox-key" });
    for (const prefix of ["/v1", "/2026-07", "/2026-10", "/unstable", "", "/2019-01"]) assert.equal((await at(prefix)).status, 200, prefix);
    await faults({ unknown_version_404: true });
    assert.deepEqual([(await at("/2019-01")).status, (await at("/2026-10")).status, (await at("")).status], [404, 200, 200]);
    assert.equal((await sandbox.loop("GET", "/warehouse/return/nowhere/else")).status, 404);
  });
});

describe("rate limit", () => {
  it("counts a sliding minute per key", () => {
    const limit = new SlidingLimit();
    const at = (key: string, now: number) => limit.take(key, 2, 1, now).allowed;
    assert.deepEqual([at("a", 0), at("a", 1000), at("a", 2000), at("b", 2000)], [true, true, false, true]);
    assert.deepEqual([at("a", 59_999), at("a", 60_001)], [false, true], "the first call has left the window");
    assert.equal(limit.take("a", 2, 100, 61_600).left, 1, "a hundred times faster, the window is 600 ms");
  });

  it("answers 429 without headers, and with them when switched on", async () => {
    sandbox.world.clock.scale = 1;
    await faults({ rate_limit_per_minute: 3 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await list());
    assert.deepEqual(answers.map((a) => a.status), [200, 200, 200, 429]);
    assert.equal(answers[3]!.headers.get("retry-after"), null);
    assert.equal((await list("wrong")).status, 401, "a key of its own is not counted against this one");
    await faults({ rate_headers: true });
    const limited = await list();
    assert.deepEqual([limited.status, limited.headers.get("x-ratelimit-remaining")], [429, "0"]);
    assert.ok(Number(limited.headers.get("retry-after")) > 50);
    sandbox.world.clock.scale = 100;
  });
});

describe("faults", () => {
  const process = (id: string) => sandbox.loop("POST", `/warehouse/return/${id}/process`);

  it("before the effect: nothing happened", async () => {
    const id = await make();
    const accepted = () => sandbox.world.books.filter((b) => b.what === "process.accepted").length;
    await faults({ error_500: 1, only: ["process"] });
    assert.equal((await process(id)).status, 500);
    assert.equal((await list()).status, 200, "only the operations named are struck");
    await faults({ error_500: 0, rate_limit_429: 1 });
    assert.equal((await process(id)).status, 429);
    await faults({ rate_limit_429: 0, drop_before: 1 });
    await assert.rejects(process(id));
    assert.deepEqual([(await last_request()).fault, (await last_request()).status], ["drop_before", 0]);
    assert.equal(accepted(), 0);
  });

  it("after the effect: it happened, the answer did not arrive", async () => {
    const cases: [object, (id: string) => Promise<void>][] = [
      [{ error_500_after_commit: 1 }, async (id) => assert.equal((await process(id)).status, 500)],
      [{ timeout_after_commit: 1, stall_ms: 30 }, async (id) => assert.rejects(process(id))],
      [{ garbage_body: 1 }, async (id) => { const answer = await process(id); assert.deepEqual([answer.status, answer.json], [200, undefined]); }],
    ];
    for (const [switches, call] of cases) {
      await sandbox.control("POST", "/reset", {});
      const id = await make();
      await faults(switches);
      await call(id);
      const { books } = await sandbox.control("GET", "/books?what=process.accepted");
      assert.deepEqual(books.map((b: any) => b.ref), [id], JSON.stringify(switches));
      assert.equal((await last_request()).fault, Object.keys(switches)[0]);
    }
  });

  it("strike at most once per request and at their rate", async () => {
    sandbox.world.clock.scale = 100_000;
    await faults({ error_500: 0.5, rate_limit_429: 0.2 });
    for (let i = 0; i < 200; i++) await list();
    const { requests } = await sandbox.control("GET", "/requests?vendor=loop&operation=list");
    const struck = (fault: string) => requests.filter((r: any) => r.fault === fault).length;
    assert.equal(requests.length, 200);
    assert.ok(struck("rate_limit_429") > 20 && struck("rate_limit_429") < 65, String(struck("rate_limit_429")));
    assert.ok(struck("error_500") > 55 && struck("error_500") < 110, String(struck("error_500")));
    assert.equal(requests.filter((r: any) => r.status === 500).length, struck("error_500"));
    sandbox.world.clock.scale = 100;
  });

  it("are refused when nobody knows them, and nothing is half set", async () => {
    const bad = await sandbox.call("PUT", "/_control/faults", { loop: { error_500: 1, eror_500: 1 } });
    assert.equal(bad.status, 400);
    assert.match(bad.json.error, /unknown switch loop\.eror_500; known: .*error_500/);
    assert.equal((await sandbox.control("GET", "/faults")).loop.error_500, 0);
    assert.match((await sandbox.call("PUT", "/_control/faults", { loop: { flag_mode: "perhaps" } })).json.error, /one of review, flagged/);
    assert.match((await sandbox.call("PUT", "/_control/faults", { loop: { error_500: "1" } })).json.error, /must be a number/);
    assert.match((await sandbox.call("PUT", "/_control/faults", { acme: {} })).json.error, /unknown group/);
    await sandbox.control("PUT", "/faults", { delivery: { loop: { copies: 3 } } });
    assert.equal((await sandbox.control("DELETE", "/faults")).delivery.loop.copies, 1);
  });
});
