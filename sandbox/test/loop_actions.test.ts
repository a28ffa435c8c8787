// Return actions: the state matrix, refusal shapes, asynchronous processing, notes, removal.
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { start_sandbox, until, type Client } from "./harness.ts";

let sandbox: Client;
before(async () => { sandbox = await start_sandbox(); });
beforeEach(() => sandbox.control("POST", "/reset", {}));

const act = (id: string, verb: string, body?: unknown) => sandbox.loop("POST", `/warehouse/return/${id}/${verb}`, body);
const state = async (id: string) => (await sandbox.control("GET", `/loop/returns/${id}`)).state;
const make = async (extra: object = {}) =>
  (await sandbox.control("POST", "/loop/returns", { order_name: "#1001", lines: [{ sku: "TEE-BLK-M" }, { sku: "SOCK-GRY-L" }], ...extra })).id as string;
const books = async (what: string, ref: string) => (await sandbox.control("GET", `/books?vendor=loop&what=${what}&ref=${ref}`)).books;

describe("process", () => {
  it("is accepted at once and done later", async () => {
    const id = await make();
    const answer = await act(id, "process", { "Inspected by": "Dock 4" });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "true");
    assert.equal(await state(id), "open", "accepted is not done");
    await until("closed", async () => (await state(id)) === "closed");
    const [completed] = await books("process.completed", id);
    assert.deepEqual([completed.detail.refund_minor, completed.detail.outcome], [4800 + 1850, "refund"]);
    const shown = await sandbox.control("GET", `/loop/returns/${id}`);
    assert.deepEqual(shown.additional_details, { "Inspected by": "Dock 4" });
  });

  it("moves money once however often it is asked while queued, and the books keep every acceptance", async () => {
    await sandbox.control("PUT", "/faults", { loop: { process_delay_ms: 10_000 } });
    const id = await make();
    assert.equal((await act(id, "process")).text, "true");
    assert.equal((await act(id, "process")).text, "true");
    await until("closed", async () => (await state(id)) === "closed");
    assert.equal((await books("process.accepted", id)).length, 2);
    assert.equal((await books("process.completed", id)).length, 1);
    await sandbox.control("PUT", "/faults", { loop: { second_process_while_queued: "refuse" } });
    const other = await make({ order_name: "#1003", lines: [{ sku: "BOOT-BRN-10" }] });
    await act(other, "process");
    assert.equal((await act(other, "process")).json.errors.code, "UNPROCESSABLE_RETURN");
  });

  it("refuses by state, each in the shape the specs show", async () => {
    const cases: [string, unknown][] = [
      ["closed", { errors: { message: "Return is closed and therefore cannot be processed.", code: "UNPROCESSABLE_RETURN" } }],
      ["cancelled", { message: "Return is cancelled and therefore cannot be processed." }],
      ["expired", { errors: { message: "Return is expired and therefore cannot be processed.", code: "UNPROCESSABLE_RETURN" } }],
      ["review", { message: "Return is review and therefore cannot be processed." }],
    ];
    for (const [initial, body] of cases) {
      const id = await make({ state: initial, order_name: "#1011", lines: [{ sku: "SOCK-RUS-M" }] });
      const answer = await act(id, "process");
      assert.equal(answer.status, 200, `${initial} is a refusal inside a 200`);
      assert.deepEqual(answer.json, body);
      assert.equal(await state(id), initial);
    }
    assert.deepEqual((await act("424242", "process")).json, { errors: { message: "No return found with this ID." } });
    assert.deepEqual((await act("nonsense", "process")).json, { errors: { message: "No return found with this ID." } });
  });

  it("answers every refusal in one shape when told to", async () => {
    const id = await make({ state: "closed" });
    const message = "Return is closed and therefore cannot be processed.";
    for (const [shape, body] of [["message", { message }], ["content", { content: message }], ["errors", { errors: { message, code: "UNPROCESSABLE_RETURN" } }]] as const) {
      await sandbox.control("PUT", "/faults", { loop: { refusal_shape: shape } });
      assert.deepEqual((await act(id, "process")).json, body);
    }
  });

  it("fails in the background for the returns named, keeping the state", async () => {
    const id = await make();
    await sandbox.control("PUT", "/faults", { loop: { process_fails: [id], process_failure_message: null } });
    assert.equal((await act(id, "process")).text, "true");
    await until("failed", async () => (await books("process.failed", id)).length === 1);
    assert.equal(await state(id), "open");
    assert.equal((await books("process.completed", id)).length, 0);
    await sandbox.control("PUT", "/faults", { loop: { process_fails: 0 } });
    await act(id, "process");
    await until("closed on the second try", async () => (await state(id)) === "closed");
  });

  it("does not process what was flagged or cancelled while it was queued", async () => {
    await sandbox.control("PUT", "/faults", { loop: { process_delay_ms: 20_000 } });
    const flagged = await make();
    await act(flagged, "process");
    await act(flagged, "flag");
    await until("failed", async () => (await books("process.failed", flagged)).length === 1);
    assert.equal(await state(flagged), "review");
    const cancelled = await make({ order_name: "#1002", lines: [{ sku: "SHELL-OLV-M" }] });
    await act(cancelled, "process");
    assert.equal((await act(cancelled, "cancel")).text, "true");
    await until("failed", async () => (await books("process.failed", cancelled)).length === 1);
    assert.equal(await state(cancelled), "cancelled");
  });

  it("can answer success as a string", async () => {
    await sandbox.control("PUT", "/faults", { loop: { action_success_string: true } });
    assert.equal((await act(await make(), "process")).text, '"true"');
  });
});

describe("flag", () => {
  it("moves to review, where process and cancel are refused until a person lifts it", async () => {
    const id = await make();
    assert.equal((await act(id, "flag")).text, "true");
    assert.equal(await state(id), "review");
    assert.equal((await act(id, "flag")).text, "true", "a second flag is accepted by default");
    assert.deepEqual((await books("flag", id)).map((b: any) => b.detail.already), [false, true]);
    assert.deepEqual((await act(id, "cancel")).json, { content: "Return is flagged and cannot be processed." });
    await sandbox.control("POST", `/loop/returns/${id}/lift-flag`);
    assert.equal(await state(id), "open");
    assert.equal((await act(id, "process")).text, "true");
  });

  it("can leave the state open with the flag beside it", async () => {
    await sandbox.control("PUT", "/faults", { loop: { flag_mode: "flagged", flag_twice: "refuse" } });
    const id = await make();
    await act(id, "flag");
    assert.equal(await state(id), "open");
    const refused = { errors: { message: "Return is open and therefore cannot be processed.", code: "UNPROCESSABLE_FLAGGED_RETURN" } };
    assert.deepEqual((await act(id, "process")).json, refused);
    assert.deepEqual((await act(id, "flag")).json, refused);
    await sandbox.control("PUT", "/faults", { loop: { allow_flagged_to_process: true } });
    assert.equal((await act(id, "process")).text, "true");
    await until("closed", async () => (await state(id)) === "closed");
  });

  it("is refused when closed", async () => {
    const id = await make({ state: "closed" });
    assert.equal((await act(id, "flag")).json.errors.code, "UNPROCESSABLE_RETURN");
  });
});

describe("cancel and close", () => {
  it("cancel gives the items back, close does not", async () => {
    const id = await make();
    const again = { order_name: "#1001", lines: [{ sku: "SOCK-GRY-L" }] };
    assert.equal((await sandbox.call("POST", "/_control/loop/returns", again)).status, 400, "the only sock is taken");
    assert.equal((await act(id, "cancel")).text, "true");
    assert.equal((await act(id, "cancel")).json.message, "Return is cancelled and therefore cannot be processed.");
    const second = (await sandbox.control("POST", "/loop/returns", again)).id;
    assert.equal((await act(second, "close")).text, "true");
    assert.equal((await act(second, "close")).json.errors.code, "UNPROCESSABLE_RETURN");
    const refused = await sandbox.call("POST", "/_control/loop/returns", again);
    assert.match(refused.json.error, /no unit of SOCK-GRY-L in order #1001 is left/);
    assert.equal((await books("process.completed", second)).length, 0, "closing pays nothing");
  });

  it("expired is refused unless the switch allows it", async () => {
    const id = await make();
    await sandbox.control("POST", `/loop/returns/${id}/expire`);
    assert.deepEqual((await act(id, "cancel")).json, { content: "Return is expired and cannot be processed." });
    assert.equal((await act(id, "close")).json.errors.code, "UNPROCESSABLE_RETURN");
    await sandbox.control("PUT", "/faults", { loop: { expired_allows: true } });
    assert.equal((await act(id, "process")).text, "true");
    await until("closed", async () => (await state(id)) === "closed");
  });
});

describe("remove", () => {
  it("drops the lines and processes the rest in the same call", async () => {
    const id = await make();
    const { lines } = await sandbox.control("GET", `/loop/returns/${id}`);
    const answer = await sandbox.loop("POST", `/warehouse/return/${id}/remove?line_item_id=${lines[0].line_item_id}`);
    assert.equal(answer.text, "true");
    assert.equal(await state(id), "closed");
    assert.equal((await books("process.completed", id))[0].detail.refund_minor, 1850, "only the sock is refunded");
    const late = await sandbox.loop("POST", `/warehouse/return/${id}/remove?line_item_id=${lines[1].line_item_id}`);
    assert.deepEqual([late.status, late.json], [422, { error: { message: "Return cannot be modified." } }]);
  });

  it("cancels when every line goes, and refuses what does not qualify", async () => {
    const id = await make({ lines: [{ sku: "TEE-BLK-M" }, { sku: "TEE-BLK-M", outcome: "exchange" }] });
    const [refunded, exchanged] = (await sandbox.control("GET", `/loop/returns/${id}`)).lines.map((l: any) => l.line_item_id);
    const remove = (ids: string) => sandbox.loop("POST", `/warehouse/return/${id}/remove${ids}`);
    assert.deepEqual((await remove("")).json, { error: { message: "The line item id field is required." } });
    assert.equal((await remove(`?line_item_id=${exchanged}`)).json.error.message, "No line items qualify.");
    assert.equal((await remove(`?line_item_id=${refunded},${exchanged}`)).json.error.message, "Not all line items qualify.");
    assert.equal(await state(id), "open", "a refused removal changes nothing");
    const whole = await make({ order_name: "#1006", lines: [{ sku: "MUG-CRM" }, { sku: "MUG-SEA" }] });
    const ids = (await sandbox.control("GET", `/loop/returns/${whole}`)).lines.map((l: any) => l.line_item_id).join(",");
    assert.equal((await sandbox.loop("POST", `/warehouse/return/${whole}/remove?line_item_id=${ids}`)).text, "true");
    assert.equal(await state(whole), "cancelled");
  });
});

describe("notes", () => {
  it("answers false with 422 when there are none, and keeps those under 255 characters", async () => {
    const id = await make();
    const none = await sandbox.loop("GET", `/warehouse/return/${id}/notes`);
    assert.deepEqual([none.status, none.text], [422, "false"]);
    for (const content of ["x".repeat(255), "", 7]) {
      const refused = await act(id, "note", { content });
      assert.deepEqual([refused.status, refused.json], [422, { errors: { message: "Content is required and must be less than 255 characters." } }]);
    }
    assert.equal((await act(id, "note", { content: "x".repeat(254) })).text, "true");
    const { notes } = (await sandbox.loop("GET", `/warehouse/return/${id}/notes`)).json;
    assert.equal(notes.length, 1);
    assert.equal(notes[0].content.length, 254);
    assert.equal(typeof notes[0].id, "number");
    await sandbox.control("PUT", "/faults", { loop: { notes_shape: "array" } });
    assert.ok(Array.isArray((await sandbox.loop("GET", `/warehouse/return/${id}/notes`)).json));
  });
});
