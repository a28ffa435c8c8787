// What ends with a person: damage, wrong counts, words nobody has explained, cancellations.
import assert from "node:assert/strict";
import { scenario, scenarios, type Stage } from "../harness/stage.ts";

async function flagged(stage: Stage, id: string, note: RegExp): Promise<void> {
  await stage.happened("flag", id);
  await stage.happened("note", id);
  await stage.shown(id, "known to be in review", (shown) => shown.state === "review");
  await stage.sandbox.polled();
  const notes = (await stage.sandbox.books({ what: "note", ref: id })).map((book) => book.detail.content as string);
  assert.equal(notes.length, 1, notes.join(" | "));
  assert.match(notes[0]!, note);
  assert.equal(await stage.count("flag", id), 1);
  assert.equal(await stage.count("process.accepted", id), 0);
  assert.equal((await stage.sandbox.loop_return(id)).state, "review");
}

scenarios("people", () => {
  scenario("damaged goods are flagged with a note that names the status and the RMA, and not processed", {}, async (stage) => {
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "BOOT-BRN-9" }] });
    await stage.sandbox.rma(id);
    await stage.sandbox.receive(id, [{ sku: "BOOT-BRN-9", received: 1, restock: 0, condition: "Scuffed" }], "Damaged");
    await flagged(stage, id, new RegExp(`^ShipHero, RMA ${id}: status Damaged`));
  });

  scenario("fewer than expected is flagged with the counts", {}, async (stage) => {
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "MUG-CRM" }, { sku: "MUG-CRM" }] });
    await stage.sandbox.rma(id);
    await stage.sandbox.receive(id, [{ sku: "MUG-CRM", received: 1 }], "Complete");
    await flagged(stage, id, new RegExp(`RMA ${id}: MUG-CRM: expected 2, received 1`));
  });

  scenario("more than expected, and what nobody announced, is flagged with the counts", {}, async (stage) => {
    const { id } = await stage.sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await stage.sandbox.rma(id);
    await stage.sandbox.receive(id, [{ sku: "MUG-CRM", received: 2 }, { sku: "BEANIE-RUS", received: 1, extra: true }], "Complete");
    await flagged(stage, id, /BEANIE-RUS: expected 0, received 1; MUG-CRM: expected 1, received 2/);
  });

  scenario("an unknown status does nothing and is on the attention list until it means something", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "In Quarantine");
    const item = await stage.attended(id, "unknown_status");
    assert.match(item.why, /In Quarantine/);
    assert.ok((await stage.hub.attention()).some((one) => one.kind === "unknown_status" && one.source_id === id));
    await sandbox.polled();
    for (const what of ["process.accepted", "flag", "note"]) assert.equal(await stage.count(what, id), 0, what);
    await sandbox.set_status(id, "Complete");
    const shown = await stage.refunded(id);
    assert.deepEqual(shown.attention_items, []);
  });

  scenario("a return cancelled before arrival is not refunded when the goods come nevertheless", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }] });
    await sandbox.rma(id);
    await sandbox.in_loop(id, "cancel");
    assert.match((await stage.attended(id, "cancelled_with_rma")).todo, /by hand/);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    await stage.attended(id, "goods_for_cancelled");
    await sandbox.polled();
    for (const what of ["process.accepted", "process.refused", "flag"]) assert.equal(await stage.count(what, id), 0, what);
    assert.equal((await sandbox.loop_return(id)).state, "cancelled");
  });

  scenario("a return cancelled before the hub heard of it gets no RMA", { faults: { shiphero: { order_not_imported: ["#1005"] } } }, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ order_name: "#1005", lines: [{ sku: "PACK-PIN" }] });
    await stage.shown(id, "waiting for its order", (shown) => /create_rma.*retry/.test(JSON.stringify(shown.timeline)));
    await sandbox.in_loop(id, "cancel");
    await stage.stage_is(id, /cancelled at the source before an RMA was made/);
    await sandbox.faults({ shiphero: { order_not_imported: [] } });
    await sandbox.polled();
    assert.equal(await stage.count("rma.created", id), 0);
    const waiting = (await stage.hub.jobs()).filter(({ kind }) => kind !== "read_source");
    assert.deepEqual(waiting, [], "nothing is waiting to be made");
  });

  scenario("a flag that a person lifted is not raised again for the same facts, and is for new ones", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "SHELL-OLV-M" }, { sku: "SHELL-OLV-M" }] });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "SHELL-OLV-M", received: 1 }], "Issue");
    await flagged(stage, id, /status Issue/);
    await sandbox.in_loop(id, "lift-flag");
    await stage.stage_is(id, /a person has seen these facts and lifted the flag/);
    await sandbox.polled();
    assert.equal(await stage.count("flag", id), 1);

    await sandbox.receive(id, [{ sku: "SHELL-OLV-M", received: 1, condition: "Torn" }], "Damaged");
    await stage.happened("flag", id, 2);
    await stage.shown(id, "in review again", (shown) => shown.state === "review");
    await sandbox.in_loop(id, "lift-flag");
    await sandbox.receive(id, [{ sku: "SHELL-OLV-M", received: 2 }], "Complete");
    await stage.refunded(id);
    assert.equal(await stage.count("flag", id), 2);
    assert.equal(await stage.count("process.accepted", id), 1);
  });
});
