// The merchant's own wishes: rules, shadow mode.
import assert from "node:assert/strict";
import { scenario, scenarios } from "../harness/stage.ts";
import type { Json } from "../harness/sandbox.ts";

const small_refunds = `
[[rules]]
name = "small refunds go through"
when = '.return.value_minor <= 2000 and .receipt.status == "issue" and .receipt.received == .receipt.expected'
do = ["note: kept by the small refund rule", "process"]
`;

scenarios("policies", () => {
  scenario("a rule is asked before the status table, and named when it fires", { policy: small_refunds }, async (stage) => {
    const { sandbox } = stage;
    const small = await sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    const large = await sandbox.submit({ lines: [{ sku: "BOOT-BRN-9" }] });
    for (const { id, lines } of [small, large]) {
      await sandbox.rma(id);
      await sandbox.receive(id, [{ sku: lines[0].sku, received: 1 }], "Issue");
    }
    const shown = await stage.refunded(small.id);
    const job = shown.timeline.find((entry: Json) => entry.what === "job" && entry.text.startsWith("process/"));
    assert.match(job.detail, /rule: rule "small refunds go through" \(policy v2\)/);
    await stage.happened("note", small.id);
    assert.match((await sandbox.books({ what: "note", ref: small.id }))[0]!.detail.content as string, /^kept by the small refund rule \[[0-9a-f]{6}\]$/);
    await stage.happened("flag", large.id);
    assert.equal(await stage.count("process.accepted", large.id), 0);
  });

  scenario("a rule that cannot be read is refused before it is in force", {}, async (stage) => {
    const said = await stage.hub.say("policy", "show", "ShipHero");
    await assert.rejects(stage.hub.set_policy(`[[rules]]\nname = "broken"\nwhen = ".return.value_minor <"\ndo = ["process"]\n`), /broken/);
    await assert.rejects(stage.hub.set_policy(`[[rules]]\nname = "odd"\nwhen = "true"\ndo = ["proces"]\n`), /proces.{1,3}is no action/);
    assert.equal((await stage.hub.say("policy", "show", "ShipHero")).stdout, said.stdout, "the policy in force is as it was");
  });

  scenario("shadow mode plans and performs nothing; going live does the work", { policy: `mode = "shadow"\n` }, async (stage) => {
    const { sandbox, hub } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    const planned = await stage.shown(id, "planned in shadow", (shown) => shown.timeline.some((entry: Json) => /^shadow\/create_rma\/.*: shadowed/.test(entry.text)));
    assert.match(planned.timeline.find((entry: Json) => entry.what === "decision" && /making RMA/.test(entry.text)).detail, /shadow/);
    await sandbox.polled();
    const changed = (await sandbox.books()).filter((book) => !/^(webhook|return|label)\./.test(book.what));
    assert.deepEqual(changed, [], "nothing happened at the vendors");

    await hub.set_policy("settle_s = 0.5\n");
    await sandbox.in_loop(id, "label-status", { status: "in_transit" });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    await stage.refunded(id);
    assert.equal(await stage.count("rma.created", id), 1);
  });

  scenario("returns created before the cut-off date are left alone", { policy: `cut_off = "2999-01-01"\n` }, async (stage) => {
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await stage.stage_is(id, /created before the cut-off date: left alone/);
    await stage.sandbox.polled();
    assert.equal(await stage.count("rma.created", id), 0);
  });
});
