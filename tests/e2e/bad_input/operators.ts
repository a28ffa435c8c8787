// Mistakes at the command line and in the configuration.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { leaks } from "../harness/laws.ts";
import { run } from "../harness/process.ts";
import type { Json } from "../harness/sandbox.ts";
import { scenario, scenarios } from "../harness/stage.ts";

scenarios("operators", () => {
  scenario("ids that mean nothing are told so, with an exit code for scripts", {}, async ({ hub }) => {
    const asked: [words: string[], code: number, answer: RegExp][] = [
      [["returns", "show", "ret_0000000000099"], 1, /no return .?ret_0000000000099/],
      [["returns", "show", "99999"], 1, /no return .?99999/],
      [["returns", "show", ""], 1, /no return/],
      [["returns", "list", "--before", "ret_x"], 1, /not a return's id/],
      [["jobs", "retry", "job_0000000000099"], 1, /no job job_0000000000099/],
      [["jobs", "retry", "7"], 1, /is not a job's id/],
      [["policy", "show", "Nobody"], 1, /no connection "Nobody"; there are: .*Loop Returns.*ShipHero|no connection "Nobody"; there are: .*ShipHero.*Loop Returns/],
      [["policy", "set", "ShipHero", "/nowhere/policy.toml"], 1, /cannot read \/nowhere\/policy\.toml/],
      [["backfill", "Loop Returns", "--from", "yesterday"], 1, /dates such as/],
      [["backfill", "Loop Returns", "--from", "2026-02-01", "--to", "2026-01-01"], 1, /--from must be before --to/],
      [["connections", "remove", "Nobody"], 1, /no connection "Nobody"/],
      [["connect", "loop", "--api-key", "short", "--webhook-secret", "long-enough"], 1, /API key/],
      [["connect", "loop"], 1, /API key \(--api_key\) is needed|API key \(--api-key\) is needed/],
      [["returns", "list", "--state", "lost"], 105, /lost/],
      [["frobnicate"], 109, /frobnicate|required/],
    ];
    for (const [words, code, answer] of asked) {
      const said = await hub.say(...words);
      assert.match(said.stderr + said.stdout, answer, words.join(" "));
      assert.ok(code === 1 ? said.code === 1 : (said.code ?? 0) > 1, `${words.join(" ")}: exit ${said.code}`);
      if (code !== 1) continue;
      const machine = await hub.say("--json", ...words);
      assert.equal(machine.code, 1);
      assert.equal(typeof JSON.parse(machine.stderr).error, "string", `${words.join(" ")} with --json: ${machine.stderr}`);
    }
  });

  scenario("a line of an import that is not right is named, and nothing is stored", {}, async ({ hub }) => {
    const file = path.join(hub.folder, "fleet.jsonl");
    const loop = (more: Json) => JSON.stringify({ vendor: "loop", merchant: "north", name: "North Loop", fields: { api_key: "12345678", webhook_secret: "12345678" }, ...more });
    const before = (await hub.say("--json", "connections", "list")).stdout;
    const refused: [text: string, answer: RegExp][] = [
      [`${loop({})}\n{"vendor": `, /line 2: is not a JSON object/],
      [loop({ vendor: "nobody" }), /line 1: there is no vendor "nobody"/],
      [loop({ fields: { api_key: "12345678" } }), /line 1: .*webhook_secret.* is needed/i],
      [loop({ fields: { api_key: "short", webhook_secret: "12345678" } }), /line 1: .*api_key/i],
      [loop({ colour: "red" }), /"colour" is not known/],
      [loop({ fields: 7 }), /"fields" must be there/],
      [`${loop({})}\n\n${loop({})}`, /line 3: north has two connections named "North Loop"/],
      [loop({ merchant: "default", name: "Loop Returns" }), /default has a connection named "Loop Returns" already/],
    ];
    for (const [text, answer] of refused) {
      fs.writeFileSync(file, text);
      const said = await hub.say("connections", "import", file);
      assert.equal(said.code, 1, text);
      assert.match(said.stderr, answer);
      assert.match(said.stderr, /Nothing was stored/);
      assert.doesNotMatch(said.stderr, /12345678/);
    }
    assert.equal((await hub.say("--json", "connections", "list")).stdout, before);
    fs.writeFileSync(file, `${loop({})}\n${loop({ name: "North Loop 2" })}\n`);
    assert.match((await hub.say("connections", "import", file)).stdout, /Stored 2 connections/);
    assert.match((await hub.say("connections", "list")).stdout, /North Loop 2/);
  });

  scenario("a configuration with a key nobody knows or a value nobody takes does not start, and says where", { serve: false }, async ({ hub }) => {
    const good = fs.readFileSync(hub.config, "utf8");
    const line = good.split("\n").findIndex((text) => text.startsWith("interval_s")) + 1;
    const refused = async (text: string, answer: RegExp) => {
      fs.writeFileSync(hub.config, text);
      const said = await hub.say("serve");
      assert.equal(said.code, 1);
      assert.match(said.stderr, answer);
    };
    await refused(good.replace(/^interval_s/m, "intervall_s"), new RegExp(`backhaul\\.toml:${line}: there is no key poll\\.intervall_s`));
    await refused(good.replace(/^interval_s = .*/m, "interval_s = -1"), new RegExp(`backhaul\\.toml:${line}: poll\\.interval_s must be a number from`));
    await refused(good.replace(/^interval_s = .*/m, 'interval_s = "often"'), /poll\.interval_s must be a number/);
    await refused(good.replace(/^log_level = .*/m, 'log_level = "loud"'), /log_level must be one of/);
    await refused(good.replace(/^interval_s = .*/m, "interval_s = = 3"), new RegExp(`backhaul\\.toml:${line}: `));
    await refused(good.replace(/^public_url = .*/m, 'public_url = "returns.example.com"'), /public_url must be/);
    fs.rmSync(hub.config);
    assert.match((await hub.say("serve")).stderr, /cannot read .*backhaul init/);
    fs.writeFileSync(hub.config, good);
  });

  scenario("a master key that others can read, or a wrong or missing one, stops the start", {}, async ({ hub }) => {
    const file = path.join(hub.folder, "master.key");
    const key = fs.readFileSync(file, "utf8");
    fs.chmodSync(file, 0o644);
    const open_key = await hub.say("connections", "list");
    assert.equal(open_key.code, 1);
    assert.match(open_key.stderr, /can be read by others \(mode 644\); run `chmod 600/);
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, "f".repeat(64));
    const wrong = await hub.say("doctor");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout + wrong.stderr, /master key/);
    fs.writeFileSync(file, "abc");
    assert.match((await hub.say("connections", "list")).stderr, /not 64 hexadecimal digits/);
    fs.rmSync(file);
    assert.match((await hub.say("connections", "list")).stderr, /no master key/);
    fs.writeFileSync(file, key, { mode: 0o600 });
    assert.equal((await hub.say("connections", "list")).code, 0);
  });

  scenario("a second server on the same folder is refused, and the first goes on", {}, async (stage) => {
    const second = await stage.hub.say("serve");
    assert.equal(second.code, 1);
    assert.match(second.stderr, /another backhaul serves this data folder already/);
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await stage.sandbox.rma(id);
  });

  scenario("init does not touch a folder that has a configuration already", { serve: false }, async ({ hub }) => {
    const before = [fs.readFileSync(hub.config, "utf8"), fs.readFileSync(path.join(hub.folder, "master.key"), "utf8")];
    const said = await run(hub.binary, ["init", "--dir", hub.folder]);
    assert.equal(said.code, 1);
    assert.match(said.stderr, /exists already; nothing was changed/);
    assert.deepEqual([fs.readFileSync(hub.config, "utf8"), fs.readFileSync(path.join(hub.folder, "master.key"), "utf8")], before);
  });

  scenario("with the log at its most talkative there is no secret and no shopper in log, metrics, and lists", { settings: { log_level: "trace" } }, async (stage) => {
    const { sandbox, hub } = stage;
    await sandbox.faults({ loop: { error_500: 0.2, garbage_body: 0.1 }, shiphero: { error_500: 0.2, garbage_body: 0.1 } });
    const { id } = await sandbox.submit({ lines: [{ sku: "BOOT-BRN-9", comment: "write to jordan@example.com" }] });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "BOOT-BRN-9", received: 1 }], "Damaged");
    await stage.happened("note", id);
    await sandbox.faults_off();
    const tokens = ((await hub.ask("connections", "list")) as Json[]).map((one) => one.inbound_path.replace("/hooks/", "") as string);
    const said = [
      hub.log(), await (await fetch(`${hub.url}/metrics`)).text(), (await hub.say("returns", "list")).stdout, (await hub.say("returns", "show", id)).stdout,
      (await hub.say("jobs", "list")).stdout, (await hub.say("attention")).stdout, (await hub.say("connections", "list")).stdout, (await hub.say("doctor")).stdout,
    ];
    for (const text of said) assert.deepEqual(leaks(text, tokens), []);
    // Credentials are sealed in the database; the bodies in it hold what the vendors sent, and nothing else does.
    const bytes = fs.readFileSync(hub.database).toString("latin1") + fs.readFileSync(`${hub.database}-wal`).toString("latin1");
    for (const secret of ["loop-sandbox-key", "loop-sandbox-secret", "shiphero-sandbox-refresh", ...tokens]) assert.ok(!bytes.includes(secret), secret);
  });
});
