// From the shopper's submission to the refund.
import assert from "node:assert/strict";
import { scenario, scenarios } from "../harness/stage.ts";
import type { Json } from "../harness/sandbox.ts";

scenarios("refunds", () => {
  scenario("a return is announced before it arrives, processed once when it was received, and explained", {}, async (stage) => {
    const { sandbox } = stage;
    const { id, order_name, labels } = await sandbox.submit({
      lines: [{ sku: "TEE-BLK-M", reason: "Too big" }, { sku: "SOCK-GRY-L", reason: "Changed my mind" }],
    });
    const rma = await sandbox.rma(id);
    assert.equal(rma.order_name, order_name);
    assert.equal(rma.partner_id, id);
    assert.deepEqual(rma.items.map((item: Json) => [item.sku, item.quantity, item.reason]), [["TEE-BLK-M", 1, "Too big"], ["SOCK-GRY-L", 1, "Changed my mind"]]);
    await stage.shown(id, "with its tracking number told", (shown) => shown.state_detail.destinations[0]?.tracking_sent === labels[0].tracking_number);
    assert.match(JSON.stringify(await sandbox.rma(id)), new RegExp(labels[0].tracking_number), "the RMA names the tracking number");
    assert.equal(await stage.count("process.accepted", id), 0, "no money moves before the goods are there");

    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }, { sku: "SOCK-GRY-L", received: 1 }], "Complete");
    const shown = await stage.refunded(id);
    assert.equal((await sandbox.loop_return(id)).state, "closed");
    assert.equal(await stage.count("process.accepted", id), 1);
    assert.equal(await stage.count("flag", id), 0);
    assert.deepEqual(shown.attention_items, []);

    const jobs = shown.timeline.filter((entry: Json) => entry.what === "job" && /^(create_rma|process)\//.test(entry.text));
    assert.equal(jobs.length, 2);
    for (const job of jobs) assert.match(job.detail, /^rule: .+ \(policy v2\); because of evt_\w+/, `${job.text} is explained`);
    assert.match(jobs[1].detail, /status table: complete/);
    // The events named as causes are in the same timeline.
    const known = new Set(shown.timeline.map((entry: Json) => entry.id));
    for (const [cause] of jobs.map((job: Json) => job.detail).join(" ").matchAll(/evt_\w+/g)) assert.ok(known.has(cause), `${cause} can be looked up`);
  });

  scenario("partial saves at the receiving desk move nothing until the count is right", { policy: "settle_s = 30\n" }, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "TEE-BLK-M" }, { sku: "MUG-CRM" }] });
    await sandbox.rma(id);
    await sandbox.receive(id, [{ sku: "TEE-BLK-M", received: 1 }], "Complete");
    await stage.stage_is(id, /MUG-CRM: expected 1, received 0; looking again before a person is asked/);
    assert.equal(await stage.count("flag", id), 0);
    await sandbox.receive(id, [{ sku: "MUG-CRM", received: 1 }]);
    await stage.refunded(id);
    assert.equal(await stage.count("flag", id), 0);
  });

  scenario("what was processed in Loop already is not processed again when the goods arrive", {}, async (stage) => {
    const { sandbox } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "MUG-CRM" }] });
    await sandbox.rma(id);
    await sandbox.in_loop(id, "process");
    await stage.happened("process.completed", id);
    await sandbox.receive(id, [{ sku: "MUG-CRM", received: 1 }], "Complete");
    const shown = await stage.shown(id, "with the receipt read", (it) => it.state_detail.destinations[0].receipt?.status === "complete" && it.state === "closed");
    await sandbox.polled();
    assert.equal(await stage.count("process.accepted", id), 0);
    assert.equal(await stage.count("process.refused", id), 0, "it was not even asked");
    assert.match(shown.stage, /already closed at the source/);
  });

  scenario("a process that is accepted and then fails is a person's; their retry is carried out", { process_twice: true }, async (stage) => {
    const { sandbox, hub } = stage;
    const { id } = await sandbox.submit({ lines: [{ sku: "PACK-PIN" }] });
    await sandbox.rma(id);
    await sandbox.faults({ loop: { process_fails: [id], process_failure_message: "The card was refused." } });
    await sandbox.receive(id, [{ sku: "PACK-PIN", received: 1 }], "Complete");
    const item = await stage.attended(id, "process_failed");
    assert.match(item.why, /The card was refused\./);
    await sandbox.polled();
    assert.equal(await stage.count("process.accepted", id), 1, "not tried again by itself");

    await sandbox.faults({ loop: { process_fails: 0 } });
    const job = (await hub.jobs("completed")).find((one) => one.kind === "process");
    await hub.ask("jobs", "retry", job.id);
    const shown = await stage.refunded(id);
    assert.equal(await stage.count("process.accepted", id), 2);
    assert.deepEqual(shown.attention_items, []);
    assert.ok(shown.timeline.some((entry: Json) => entry.what === "command" && /retry process\/1/.test(entry.text)), "the person's command is in the timeline");
  });
});
