// Webhooks are hints: lost, repeated and reordered ones lead to the same end.
import assert from "node:assert/strict";
import { scenario, scenarios, type Stage } from "../harness/stage.ts";

async function walk_five(stage: Stage): Promise<string[]> {
  const ids: string[] = [];
  for (const sku of ["TEE-BLK-M", "MUG-CRM", "PACK-NVY", "BOOT-BRN-9", "BEANIE-RUS"]) {
    ids.push((await stage.sandbox.submit({ lines: [{ sku }] })).id);
  }
  for (const id of ids) {
    const rma = await stage.sandbox.rma(id);
    await stage.sandbox.receive(id, [{ sku: rma.items[0].sku, received: 1 }], "Complete");
  }
  for (const id of ids) await stage.refunded(id);
  return ids;
}

async function once_each(stage: Stage, ids: string[]): Promise<void> {
  await stage.sandbox.delivered();
  await stage.sandbox.polled();
  for (const id of ids) {
    assert.equal(await stage.count("rma.created", id), 1);
    assert.equal(await stage.count("process.accepted", id), 1);
    assert.equal(await stage.count("flag", id), 0);
  }
}

scenarios("webhooks", () => {
  scenario("with every webhook lost, polls alone lead to the refund", {}, async (stage) => {
    await stage.sandbox.faults({ delivery: { loop: { lose: 1 }, shiphero: { lose: 1 } } });
    const ids = await walk_five(stage);
    await once_each(stage, ids);
    for (const id of ids) {
      const shown = await stage.hub.show(id);
      assert.ok(!shown.timeline.some((entry: { what: string }) => entry.what === "delivery"), "nothing was delivered");
    }
  });

  scenario("every webhook three times and out of order makes one RMA and one refund", {}, async (stage) => {
    await stage.sandbox.faults({ delivery: { loop: { copies: 3, shuffle_ms: 800 }, shiphero: { copies: 3, shuffle_ms: 800 } } });
    await once_each(stage, await walk_five(stage));
  });

  scenario("webhooks deleted or disabled behind the hub's back are put right", {}, async (stage) => {
    await stage.sandbox.control("POST", "/loop/webhooks/drift", { mode: "deactivate" });
    await stage.registered();
    await stage.sandbox.control("POST", "/loop/webhooks/drift", { mode: "delete" });
    await stage.registered();
    const ids = await walk_five(stage);
    await once_each(stage, ids);
  });
});
