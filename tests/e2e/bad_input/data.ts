// Data that other programs would round, cut or break.
import assert from "node:assert/strict";
import type { Json } from "../harness/sandbox.ts";
import { scenario, scenarios } from "../harness/stage.ts";

scenarios("data", () => {
  scenario("ids of 18 digits, which a double cannot hold, go through every step", { faults: { loop: { ids_18_digit: true, webhook_id_type: "number" } } }, async (stage) => {
    const { sandbox } = stage;
    const one = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    const two = await sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    assert.equal(Number(one.id), Number(two.id), "as numbers they are the same");
    assert.notEqual(one.id, two.id);
    assert.equal((await sandbox.rma(one.id)).items[0].sku, "TEE-BLK-M");
    assert.equal((await sandbox.rma(two.id)).items[0].sku, "MUG-CRM");
    await sandbox.receive(one.id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    await stage.refunded(one.id);
    await sandbox.receive(two.id, [{ sku: "MUG-CRM", received: 1 }], "Damaged");
    await stage.happened("flag", two.id);
    assert.equal((await stage.hub.show(two.id)).source_id, two.id);
    assert.equal(await stage.count("process.accepted", two.id), 0);
  });

  scenario("words in every script survive, and a long note is cut between characters", { policy: '[[rules]]\nname = "ünï"\nwhen = \'.receipt.status == "issue"\'\ndo = ["note: ' + "🧦 größer als gedacht, ".repeat(20) + '", "flag"]\n' }, async (stage) => {
    const { sandbox } = stage;
    const reason = "Zu groß 👕 – passt nicht, 大きすぎる, كبير جدا";
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M", reason, comment: "🎁🎁 \"quoted\" \\ back\\slash\nnew line\tand tab" }] });
    assert.equal((await sandbox.rma(id)).items[0].reason, reason);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1, condition: "Kratzer – größer 💥" }], "Issue");
    await stage.happened("note", id);
    const note = (await sandbox.books({ what: "note", ref: id }))[0]!.detail.content as string;
    assert.ok(Buffer.byteLength(note) < 255, `${Buffer.byteLength(note)} bytes`);
    assert.ok(note.startsWith("🧦 größer als gedacht, 🧦") && /… \[[0-9a-f]{6}\]$/.test(note), note);
    assert.ok(!note.includes("\ufffd") && !/[\ud800-\udbff]$|[\ud800-\udbff](?![\udc00-\udfff])/.test(note), "cut at a character boundary");
    const shown = await stage.hub.show(id);
    assert.equal(shown.state_detail.view.units[0].reason, reason);
    assert.ok(shown.timeline.some((entry: Json) => entry.detail.includes('rule "ünï"')));
  });

  scenario("a status with blanks, capitals and umlauts is compared as the policy writes it", { policy: '[status]\nprocess = ["geprüft & ok"]\nflag = []\nignore = ["pending"]\n' }, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "  Geprüft  &  OK ");
    await stage.refunded(id);
  });

  scenario("ShipHero without personal data and with orders known by name only still gets its RMA", { faults: { shiphero: { pii_null: true, order_id_field: "name" } } }, async (stage) => {
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await stage.sandbox.rma(id);
    await stage.sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    await stage.refunded(id);
  });
});
