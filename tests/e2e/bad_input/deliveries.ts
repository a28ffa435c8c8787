// Bodies that arrive at the hooks.
import assert from "node:assert/strict";
import { delivery_bodies, query } from "../harness/database.ts";
import { leaks } from "../harness/laws.ts";
import type { Json } from "../harness/sandbox.ts";
import { loop_signature, post_to_loop_hook } from "../harness/signed.ts";
import { scenario, scenarios, type Stage } from "../harness/stage.ts";
import { until } from "../harness/wait.ts";

const made_up = (fields: Json) => JSON.stringify({ topic: "return", trigger: "return.updated", id: "424242", ...fields });

const connection_item = (stage: Stage, kind: string) =>
  until(`the attention item ${kind}`, async () => (await stage.hub.attention()).find((item) => item.kind === kind));

async function metric(stage: Stage, line: string): Promise<number> {
  const text = await (await fetch(`${stage.hub.url}/metrics`)).text();
  const found = text.split("\n").find((one) => one.startsWith(line));
  assert.ok(found, `${line} in\n${text}`);
  return Number(found.split(" ").at(-1));
}

scenarios("deliveries", () => {
  scenario("a wrong signature is answered so that Loop tries again, reported, and nothing is stored", {}, async (stage) => {
    const hook = await stage.hub.hook("loop");
    const before = (await delivery_bodies(stage.hub.database)).length;
    const body = made_up({ secret_marker: "jordan@example.com" });
    const wrong = [loop_signature(body, "another secret"), "", "AAAA", "not base64 at all ☂", loop_signature(`${body} `), loop_signature(body).toLowerCase()];
    for (const signature of wrong) {
      const answer = await post_to_loop_hook(hook, body, { signature: encodeURI(signature) });
      assert.equal(answer.status, 503, signature);
      assert.doesNotMatch(answer.text, /secret_marker|example\.com|424242/);
    }
    assert.match((await connection_item(stage, "bad_signature")).why, /^Loop Returns: .*signature/);
    assert.equal((await delivery_bodies(stage.hub.database)).length, before);
    assert.deepEqual(await stage.hub.ask("returns", "list"), []);
    assert.equal(await metric(stage, 'backhaul_deliveries_total{result="bad_signature"}'), wrong.length);
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await stage.sandbox.rma(id);
    await until("the complaint to go by itself", async () => !(await stage.hub.attention()).some((item) => item.kind === "bad_signature"));
  });

  scenario("a rotated webhook secret loses nothing: Loop keeps trying until the hub has the new one", { faults: { loop: { webhook_backoff_ms: 500 } }, settings: { "poll.interval_s": 3600 } }, async (stage) => {
    const { sandbox, hub } = stage;
    await sandbox.control("PUT", "/loop/secret", { webhook_secret: "rotated-secret-of-loop" });
    const { id } = await sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await connection_item(stage, "bad_signature");
    await hub.ask("connect", "loop", "--update", "--webhook-secret", "rotated-secret-of-loop");
    await sandbox.rma(id);
    await until("the complaint to go", async () => !(await hub.attention()).some((item) => item.kind === "bad_signature"));
    assert.deepEqual(leaks(hub.log(), ["rotated-secret-of-loop"]), []);
  });

  scenario("rightly signed nonsense is kept, answered 200, reported, and does no harm", {}, async (stage) => {
    const hook = await stage.hub.hook("loop");
    const bodies = [
      "", "{", "[]", "null", "\"text\"", '{"topic":"return"', `${made_up({})}x`, made_up({ id: null }), made_up({ id: {} }), made_up({ trigger: 7 }),
      '{"topic":"return","trigger":"return.created","id":"1"', "\u0000\u0001", "{".repeat(5_000), `{"a":${"[".repeat(5_000)}`,
    ];
    for (const body of bodies) {
      const answer = await post_to_loop_hook(hook, body);
      assert.equal(answer.status, 200, body.slice(0, 40));
    }
    const broken = Buffer.concat([Buffer.from('{"topic":"return","trigger":"return.created","id":"7","x":"'), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('"}')]);
    assert.equal((await post_to_loop_hook(hook, broken)).status, 200, "bytes that are no UTF-8");
    assert.match((await connection_item(stage, "unreadable_delivery")).why, /could not be read/);
    const kept = await delivery_bodies(stage.hub.database);
    for (const body of bodies.filter((one) => one !== "" && !one.includes("\u0000"))) assert.ok(kept.includes(body), `kept: ${body.slice(0, 40)}`);

    const { id } = await stage.sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await stage.sandbox.rma(id);
  });

  scenario("a rightly signed delivery about a return that does not exist makes nothing", {}, async (stage) => {
    const hook = await stage.hub.hook("loop");
    const body = made_up({ id: "31337", state: "open", order_name: "#1001", line_items: [{ line_item_id: "1", sku: "TEE-BLK-M" }] });
    assert.equal((await post_to_loop_hook(hook, body)).status, 200);
    await stage.attended("31337", "unknown_at_source");
    await stage.sandbox.polled();
    assert.deepEqual(await stage.sandbox.books({ what: "process.accepted" }), []);
  });

  scenario("unknown fields, unknown topics and odd values are not stumbled over", {}, async (stage) => {
    const { sandbox, hub } = stage;
    const hook = await hub.hook("loop");
    const { id } = await sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await sandbox.rma(id);
    const real = JSON.parse((await sandbox.control("GET", `/deliveries?vendor=loop&subject=${id}`)).deliveries[0].body);
    const odd = [
      { ...real, invented_by_loop: { deep: [1, { er: null }] }, line_items: real.line_items.map((line: Json) => ({ ...line, new_field: [] })) },
      { ...real, topic: "return", trigger: "return.invented" },
      { ...real, id: Number(real.id) },
      { ...real, labels: null, carrier: "", tracking_number: "N/A", destination_id: "", created_at: "0000-00-00 00:00:00" },
      { ...real, line_items: [], state: "a state nobody knows" },
      { topic: "a.topic.nobody.knows", trigger: "a.topic.nobody.knows", id: "5", return_id: id },
    ];
    for (const body of odd) assert.equal((await post_to_loop_hook(hook, JSON.stringify(body))).status, 200);
    await sandbox.receive(id, [{ sku: "MUG-CRM", received: 1 }], "Complete");
    await stage.refunded(id);
    const [{ waiting }] = (await query(hub.database, "SELECT count(*) AS waiting FROM subjects WHERE news IS NOT NULL AND return_id IS NOT NULL")) as [Json];
    assert.ok(waiting <= 1, "all of it is folded in");
  });
});
