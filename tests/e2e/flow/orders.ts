// Orders, units and labels in every combination that shops produce.
import assert from "node:assert/strict";
import { scenario, scenarios } from "../harness/stage.ts";
import type { Json } from "../harness/sandbox.ts";
import { until } from "../harness/wait.ts";

scenarios("orders", () => {
  scenario("two returns on one order have an RMA each, and each waits for its own goods", {}, async (stage) => {
    const { sandbox } = stage;
    const first = await sandbox.submit({ order_name: "#1003", lines: [{ sku: "SOCK-GRY-M" }] });
    const second = await sandbox.submit({ order_name: "#1003", lines: [{ sku: "SOCK-GRY-M" }, { sku: "BOOT-BRN-10" }] });
    assert.notEqual((await sandbox.rma(first.id)).legacy_id, (await sandbox.rma(second.id)).legacy_id);
    await sandbox.receive(second.id, [{ sku: "SOCK-GRY-M", received: 1 }, { sku: "BOOT-BRN-10", received: 1 }], "Complete");
    await stage.refunded(second.id);
    assert.equal(await stage.count("process.accepted", first.id), 0);
    await sandbox.receive(first.id, [{ sku: "SOCK-GRY-M", received: 1 }], "Complete");
    await stage.refunded(first.id);
    const listed = (await stage.hub.ask("returns", "list", "--order", "1003")) as Json[];
    assert.deepEqual(listed.map((row) => [row.source_id, row.state]).sort(), [[first.id, "closed"], [second.id, "closed"]]);
  });

  scenario("three units of one SKU, two of them under one reason, are one line of three", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({
      lines: [{ sku: "MUG-CRM", reason: "Chipped" }, { sku: "MUG-CRM", reason: "Chipped" }, { sku: "MUG-CRM", reason: "Not my style" }],
    });
    const rma = await sandbox.rma(id);
    assert.deepEqual(rma.items.map((item: Json) => [item.sku, item.quantity, item.reason]), [["MUG-CRM", 3, "Chipped; Not my style"]]);
    await sandbox.receive(id, [{ sku: "MUG-CRM", received: 3 }], "Complete");
    await stage.refunded(id);
    assert.equal(await stage.count("process.accepted", id), 1);
  });

  scenario("a label that comes after the RMA is told to the warehouse", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-SEA-M" }], label: "later" });
    assert.equal((await sandbox.rma(id)).attachments.length, 0);
    const { tracking_number } = await sandbox.in_loop(id, "label");
    const rma = await until("the label at the RMA", async () => {
      const row = await sandbox.rma(id);
      return row.attachments.length > 0 && row;
    });
    assert.equal(rma.attachments.length, 1);
    assert.match(JSON.stringify(rma.attachments[0]), new RegExp(tracking_number));
    await stage.shown(id, "with the tracking number told", (shown) => shown.state_detail.destinations[0].tracking_sent === tracking_number);
    await sandbox.in_loop(id, "label-status", { status: "in_transit" });
    await sandbox.polled();
    assert.equal((await sandbox.rma(id)).attachments.length, 1, "told once");
  });

  scenario("an order that ShipHero has not imported yet is waited for", {}, async (stage) => {
    const { sandbox, hub } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "BEANIE-NVY" }], in_shiphero: false });
    const waiting = await until("the job that waits", async () => (await hub.jobs("retryable")).find((job) => job.kind === "create_rma"));
    assert.match(waiting.last_error, /has no order #\d+/);
    assert.equal(await stage.count("rma.created", id), 0);
    await sandbox.faults({ shiphero: { order_not_imported: [] } });
    // It would look again by itself, in minutes; a person need not wait for that.
    await hub.ask("jobs", "retry", waiting.id);
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "BEANIE-NVY", received: 1 }], "Complete");
    await stage.refunded(id);
  });

  scenario("a backfill finds returns from before the hub was connected", { serve: false, settings: { "poll.overlap_s": 0 } }, async (stage) => {
    const { sandbox, hub } = stage;
    const earlier = [await sandbox.submit({ lines: [{ sku: "TEE-BLK-S" }] }), await sandbox.submit({ lines: [{ sku: "TEE-BLK-L" }] })];
    const closed = await sandbox.submit({ lines: [{ sku: "MUG-SEA" }] });
    await sandbox.in_loop(closed.id, "close");
    // Loop's list knows whole seconds; only what was changed in an earlier one is before the connection.
    const changed = Date.parse((await sandbox.loop_return(closed.id)).updated_at);
    await until("a later second", () => Date.now() > changed + 2_000);
    await stage.open("settle_s = 0.5\n");
    assert.match(hub.log(), /poll\.overlap_s is 0: below 60 polls can miss what webhooks missed/);
    await sandbox.polled();
    assert.deepEqual(await hub.ask("returns", "list"), [], "polls reach back to the connection and no further");

    const done = await hub.ask("backfill", "Loop Returns", "--from", new Date(changed - 3_600_000).toISOString(), "--timeout", "60");
    assert.equal(done.recorded, 3);
    for (const { id } of earlier) await sandbox.rma(id);
    await stage.stage_is(closed.id, /closed at the source before an RMA was made: none is made/);
    await sandbox.receive(earlier[0].id, [{ sku: "TEE-BLK-S", received: 1 }], "Complete");
    await stage.refunded(earlier[0].id);
    assert.equal(await stage.count("rma.created", closed.id), 0);
  });
});
