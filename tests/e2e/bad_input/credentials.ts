// Keys, scopes and tokens that do not work, or stop working.
import assert from "node:assert/strict";
import { credentials, type Json } from "../harness/sandbox.ts";
import { scenario, scenarios, type Stage } from "../harness/stage.ts";
import { until } from "../harness/wait.ts";

const all_scopes = ["returns", "developer_tools", "destinations:read"];
const set_key = (stage: Stage, scopes: string[], revoked = false) => stage.sandbox.control("PUT", "/loop/keys", { [credentials.api_key]: { scopes, revoked } });

const connect_loop = (stage: Stage, key = credentials.api_key) =>
  stage.hub.say("connect", "loop", "--api-key", key, "--webhook-secret", credentials.webhook_secret, "--base-url", `${stage.sandbox.url}/loop`);
const connect_shiphero = (stage: Stage, token = credentials.refresh_token, url = `${stage.sandbox.url}/shiphero`) =>
  stage.hub.say("connect", "shiphero", "--refresh-token", token, "--base-url", url);

const item = (stage: Stage, kind: string) => async () => (await stage.hub.attention()).find((one: Json) => one.kind === kind);
const gone = (stage: Stage, kind: string) => async () => (await item(stage, kind)()) === undefined;

async function breaker(stage: Stage, connection: string): Promise<number> {
  const text = await (await fetch(`${stage.hub.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`backhaul_breaker_open{connection="${connection}"}`));
  return Number(line?.split(" ").at(-1));
}

scenarios("credentials", () => {
  scenario("a key without a scope, a wrong key and a wrong address are refused with a sentence that helps", { serve: false }, async (stage) => {
    await set_key(stage, ["returns"]);
    const no_scope = await connect_loop(stage);
    assert.equal(no_scope.code, 1);
    assert.match(no_scope.stdout + no_scope.stderr, /lacks the scope Developer Tools, needed for registering webhooks/);
    assert.match(no_scope.stdout + no_scope.stderr, /nothing was stored/);
    await set_key(stage, ["developer_tools"]);
    assert.match((await connect_loop(stage)).stdout, /lacks the scope Returns/);
    const wrong = await connect_loop(stage, "some-other-key-of-loop");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /Loop does not accept the key for anything/);
    assert.doesNotMatch(wrong.stdout + wrong.stderr, /some-other-key-of-loop/);

    const no_token = await connect_shiphero(stage, "some-other-token");
    assert.equal(no_token.code, 1);
    assert.match(no_token.stdout, /refresh token/);
    assert.doesNotMatch(no_token.stdout + no_token.stderr, /some-other-token/);
    const nobody = await connect_shiphero(stage, credentials.refresh_token, "http://127.0.0.1:9");
    assert.equal(nobody.code, 1);
    assert.match(nobody.stdout, /reaches the API address/);
    await stage.sandbox.control("PUT", "/shiphero/scopes", { scopes: ["view:orders"] });
    const narrow = await connect_shiphero(stage);
    assert.equal(narrow.code, 1);
    assert.match(narrow.stdout, /scope/);
    assert.deepEqual(await stage.hub.ask("connections", "list"), []);
  });

  scenario("a key that lost a scope: doctor says which and where to give it back", {}, async (stage) => {
    assert.equal((await stage.hub.say("doctor")).code, 0);
    await set_key(stage, ["returns", "destinations:read"]);
    const said = await stage.hub.say("doctor");
    assert.equal(said.code, 1);
    assert.match(said.stdout, /FAILED\s+scope Developer Tools: the API key lacks the scope Developer Tools/);
    assert.match(said.stdout, /→ open Loop Admin .* tick Developer Tools/);
    await set_key(stage, all_scopes);
    assert.equal((await stage.hub.say("doctor")).code, 0);
  });

  scenario("a key revoked while the hub runs: reported, left alone, and taken up again when it works", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await sandbox.rma(id);
    await set_key(stage, all_scopes, true);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    const blocked = await until("the attention item", item(stage, "connection_blocked"));
    assert.match(blocked.why, /^Loop Returns: /);
    assert.match(blocked.todo, /backhaul doctor/);
    await until("the breaker to open", async () => (await breaker(stage, "Loop Returns")) === 1);
    assert.equal(await breaker(stage, "ShipHero"), 0, "the other vendor's work goes on");
    await set_key(stage, all_scopes);
    await stage.refunded(id);
    await until("the item to go by itself", gone(stage, "connection_blocked"));
    await until("the breaker to close", async () => (await breaker(stage, "Loop Returns")) === 0);
  });

  scenario("an item about blocked credentials goes also when the hub was restarted meanwhile", {}, async (stage) => {
    const { sandbox, hub } = stage;
    await set_key(stage, all_scopes, true);
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await until("the attention item", item(stage, "connection_blocked"));
    await hub.stop();
    await set_key(stage, all_scopes);
    await hub.serve();
    await sandbox.rma(id);
    await until("the item to go by itself", gone(stage, "connection_blocked"));
    await until("no attention at all", async () => (await hub.attention()).length === 0);
  });

  scenario("ShipHero's access token revoked or expired: a new one is fetched and nobody notices", {}, async (stage) => {
    const { sandbox } = stage;
    for (const end of ["revoke", "expire"]) {
      await sandbox.control("POST", `/shiphero/tokens/${end}`, {});
      const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
      await sandbox.rma(id);
      await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
      await stage.refunded(id);
    }
    assert.deepEqual(await stage.hub.attention(), []);
  });

  scenario("ShipHero's refresh token revoked: reported; work goes on with the next one", {}, async (stage) => {
    const { sandbox } = stage;
    await sandbox.control("POST", "/shiphero/tokens/revoke", { kind: "all" });
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    const blocked = await until("the attention item", item(stage, "connection_blocked"));
    assert.match(blocked.why, /^ShipHero: /);
    assert.equal((await stage.hub.say("doctor")).code, 1);
    await sandbox.control("POST", "/shiphero/tokens/restore", {});
    await sandbox.rma(id);
    await until("the item to go by itself", gone(stage, "connection_blocked"));
  });
});
