// The world in a file and back, reset, the shop, and the process with its flags.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { seeded_random } from "../src/random.ts";
import { sandbox_and_receiver, until } from "./harness.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sandbox-test-"));
after(() => rmSync(folder, { recursive: true }));

const { sandbox, receiver } = await sandbox_and_receiver();

const make = (extra: object = {}) => sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }], ...extra });

describe("save and load", () => {
  it("brings everything back, and goes on counting where it was", async () => {
    const file = path.join(folder, "world.json");
    const first = await make();
    await sandbox.control("PUT", "/faults", { loop: { error_500: 0.25 } });
    await sandbox.control("POST", "/save", { file });
    const { loop, shop } = await sandbox.control("GET", "/state");
    await sandbox.control("POST", "/reset", { seed: 99 });
    assert.equal((await sandbox.control("GET", "/loop/returns")).returns.length, 0);
    await sandbox.control("POST", "/load", { file });
    const loaded = await sandbox.control("GET", "/state");
    assert.deepEqual(loaded.loop, loop);
    assert.deepEqual(loaded.shop, shop);
    assert.equal(loaded.faults.loop.error_500, 0.25);
    assert.deepEqual((await sandbox.control("GET", "/books?what=return.created")).books.map((b: any) => b.ref), [first.id]);
    assert.equal((await make()).id, String(Number(first.id) + 1));
    assert.equal((await sandbox.call("POST", "/_control/load", { file: path.join(folder, "none.json") })).status, 400);
  });

  it("takes up queued processing, promised deliveries and their retries", async () => {
    const file = path.join(folder, "busy.json");
    sandbox.world.clock.scale = 1;
    await sandbox.loop("POST", "/webhooks", { topic: "return", trigger: "return.created", url: receiver.url, status: "active" });
    receiver.answer = () => ({ status: 503 });
    const { id } = await make();
    await sandbox.loop("POST", `/warehouse/return/${id}/process`);
    await until("first attempt refused", () => sandbox.world.engine.log()[0]!.attempts.length === 1);
    await sandbox.control("POST", "/save", { file });
    await sandbox.control("POST", "/reset", {});
    receiver.answer = () => undefined;
    sandbox.world.clock.scale = 100;
    const saved = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...saved, scale: 100 }));
    await sandbox.control("POST", "/load", { file });
    assert.equal((await sandbox.control("POST", "/idle", { timeout_ms: 4000 })).idle, true);
    const [delivery] = sandbox.world.engine.log();
    assert.deepEqual([delivery!.state, delivery!.attempts.map((a) => a.attempt)], ["delivered", [1, 2]]);
    assert.equal((await sandbox.control("GET", `/loop/returns/${id}`)).state, "closed");
  });
});

describe("seed", () => {
  it("gives the same tracking numbers again", async () => {
    const tracking = async (seed: number) => {
      await sandbox.control("POST", "/reset", { seed });
      return (await make()).tracking_number as string;
    };
    const one = await tracking(5);
    assert.notEqual(await tracking(6), one);
    assert.equal(await tracking(5), one);
    assert.match(one, /^9400111\d{15}$/);
  });

  it("spreads evenly", () => {
    const random = seeded_random(1);
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[Math.floor(random.next() * 10)]++;
    for (const count of counts) assert.ok(count > 850 && count < 1150, String(count));
  });
});

describe("shop", () => {
  it("has a dozen orders and takes more, quickly", async () => {
    const { orders, products } = sandbox.world.shop;
    assert.deepEqual([orders.length, products.length], [12, 8]);
    const ids = orders.flatMap((o) => o.lines.map((l) => l.shopify_line_id));
    assert.equal(new Set(ids).size, ids.length);
    const began = performance.now();
    for (let i = 0; i < 300; i++) await sandbox.control("POST", "/orders", { lines: [{ sku: "MUG-CRM", quantity: 2 }] });
    assert.ok(performance.now() - began < 3000);
    assert.equal(sandbox.world.shop.orders.length, 312);
    assert.equal(sandbox.world.shop.orders.at(-1)!.name, "#1312");
  });

  it("knows orders ShipHero never heard of, and refuses nonsense", async () => {
    const order = await sandbox.control("POST", "/orders", { name: "EX-1", lines: [{ sku: "PACK-PIN", quantity: 1 }], in_shiphero: false });
    assert.deepEqual(sandbox.world.faults.shiphero.order_not_imported, [order.name]);
    for (const body of [{ lines: [] }, { lines: [{ sku: "NOPE", quantity: 1 }] }, { lines: [{ sku: "PACK-PIN", quantity: 0 }] }, { name: "EX-1", lines: [{ sku: "PACK-PIN", quantity: 1 }] }, { items: [] }, "text"]) {
      const answer = await sandbox.call("POST", "/_control/orders", body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.ok(answer.json.error.length > 10);
    }
    assert.equal((await make({ order_name: "EX-1", lines: [{ sku: "PACK-PIN" }] })).order_name, "EX-1");
  });
});

describe("books", () => {
  it("filter, and continue after a number", async () => {
    const a = await make();
    await make({ order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] });
    const all = (await sandbox.control("GET", "/books")).books;
    assert.deepEqual(all.map((b: any) => b.n), all.map((_: unknown, i: number) => i + 1));
    assert.ok((await sandbox.control("GET", `/books?ref=${a.id}`)).books.every((b: any) => b.ref === a.id));
    assert.equal((await sandbox.control("GET", `/books?after=${all.length - 1}`)).books.length, 1);
  });
});

describe("the process", () => {
  const start = (...flags: string[]) => spawn(process.execPath, ["--import", "tsx", "src/main.ts", ...flags], { cwd: path.join(import.meta.dirname, ".."), stdio: ["pipe", "pipe", "inherit"] });
  const ready = async (child: ReturnType<typeof start>) => {
    let text = "";
    for await (const chunk of child.stdout!) { text += String(chunk); if (text.includes("\n")) break; }
    return JSON.parse(text) as { ready: boolean; url: string };
  };
  const ended = (child: ReturnType<typeof start>) => new Promise<number | null>((resolve) => child.on("exit", resolve));

  it("prints one line, keeps its state over SIGTERM, and ends with stdin", async () => {
    const file = path.join(folder, "kept.json");
    const first = start("--state", file);
    const { url } = await ready(first);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const made = await (await fetch(`${url}/_control/loop/returns`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] }) })).json() as { id: string };
    first.kill("SIGTERM");
    assert.equal(await ended(first), 0);

    const second = start("--state", file, "--exit-with-stdin");
    const again = await ready(second);
    const seen = await (await fetch(`${again.url}/_control/loop/returns/${made.id}`)).json() as { order_name: string };
    assert.equal(seen.order_name, "#1002");
    second.stdin!.end();
    assert.equal(await ended(second), 0);
  });
});
