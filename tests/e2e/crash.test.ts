// SIGKILL at any moment, under load, with vendors that lose answers: nothing acknowledged is lost, nothing is done twice,
// and everything ends where it should. CRASH_KILLS (100), CRASH_RETURNS (250), CRASH_SEED (drawn, printed).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Load } from "./crash/load.ts";
import { Chance } from "./harness/chance.ts";
import { damage, delivery_bodies, query, unfiled } from "./harness/database.ts";
import { free_port } from "./harness/ports.ts";
import { exit_on_signals } from "./harness/process.ts";
import type { Book, Json } from "./harness/sandbox.ts";
import { with_stage, type Stage } from "./harness/stage.ts";
import { pause, until } from "./harness/wait.ts";

const kills = Number(process.env["CRASH_KILLS"] ?? 100);
const returns_max = Number(process.env["CRASH_RETURNS"] ?? 250);
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);

const lost_answers = { timeout_after_commit: 0.03, error_500_after_commit: 0.03, stall_ms: 200 };
const all_answers = { timeout_after_commit: 0, error_500_after_commit: 0 };
const vendors = {
  loop: { webhook_backoff_ms: 300 },
  // Quotas and auto-disabled webhooks have tests of their own; here they would only make the run longer.
  shiphero: { bucket_size: 1_000_000, refill_per_second: 100_000, requests_per_5_minutes: 10_000_000, webhook_retry_base_ms: 300 },
};

async function kill_and_restart(stage: Stage, chance: Chance): Promise<void> {
  for (let n = 1; n <= kills; n++) {
    await pause(chance.between(5, 150));
    await stage.hub.kill();
    await stage.hub.serve();
    if (n % 20 === 0) {
      const made = (await stage.sandbox.books({ what: "rma.created" })).length;
      const processed = (await stage.sandbox.books({ what: "process.accepted" })).length;
      console.log(`  ${n} kills: ${made} RMAs, ${processed} processed`);
    }
  }
}

/** Where each return must end at Loop. */
function wanted_state(load: Load, id: string): string {
  return { complete: "closed", damaged: "review", never: "open" }[load.fates.get(id)!];
}

async function converged(stage: Stage, load: Load): Promise<void> {
  let shown = 0;
  await until("every return where it belongs", async () => {
    await load.receive_what_is_there(true);
    const at_loop = (await stage.sandbox.control("GET", "/loop/returns")).returns as Json[];
    const known = new Map(((await stage.hub.ask("returns", "list", "--limit", "1000")) as Json[]).map((row) => [row.source_id, row.state]));
    const jobs = await stage.hub.jobs();
    const amiss = at_loop.filter((ret) => ret.state !== wanted_state(load, ret.id) || known.get(ret.id) !== ret.state);
    if (performance.now() - shown > 5_000) {
      shown = performance.now();
      console.log(`  ${at_loop.length - amiss.length} of ${at_loop.length} returns are where they belong, ${jobs.length} jobs to do`);
    }
    return amiss.length === 0 && jobs.length === 0;
  }, { within_ms: 900_000, every_ms: 500 });
}

function by_return(books: Book[], what: string): Map<string, Book[]> {
  const found = new Map<string, Book[]>();
  for (const book of books) if (book.what === what) found.set(book.ref, [...(found.get(book.ref) ?? []), book]);
  return found;
}

/** The vendors' books: law 2 for every return. */
function judge_books(books: Book[], load: Load): void {
  const made = by_return(books, "rma.created");
  const accepted = by_return(books, "process.accepted");
  const completed = by_return(books, "process.completed");
  const flags = by_return(books, "flag");
  const notes = by_return(books, "note");
  for (const [id, fate] of load.fates) {
    assert.equal(made.get(id)?.length, 1, `RMAs of ${id}`);
    assert.equal(accepted.get(id)?.length ?? 0, fate === "complete" ? 1 : 0, `processes of ${id}, ${fate}`);
    assert.equal(completed.get(id)?.length ?? 0, fate === "complete" ? 1 : 0, `refunds of ${id}, ${fate}`);
    assert.equal(flags.get(id)?.length ?? 0, fate === "damaged" ? 1 : 0, `flags of ${id}, ${fate}`);
    assert.equal(notes.get(id)?.length ?? 0, fate === "damaged" ? 1 : 0, `notes of ${id}, ${fate}`);
  }
}

/** The database, read by another program: law 1. */
async function judge_database(stage: Stage, load: Load): Promise<void> {
  const file = stage.hub.database;
  assert.deepEqual(await damage(file), []);
  assert.equal(await unfiled(file), 0);
  const kept = await delivery_bodies(file);
  const once = new Set(kept);
  const missing = load.acknowledged.filter((body) => !once.has(body));
  assert.equal(missing.length, 0, `${missing.length} of ${load.acknowledged.length} acknowledged deliveries are not on disk, for example ${missing[0]}`);
  const numbered = kept.filter((body) => body.includes('"test_number":'));
  assert.equal(new Set(numbered).size, numbered.length, "each of them is there once");

  const { deliveries } = await stage.sandbox.control("GET", "/deliveries");
  const delivered = (deliveries as Json[]).filter((one) => one.state === "delivered");
  const lost = delivered.filter((one) => !once.has(one.body));
  assert.equal(lost.length, 0, `${lost.length} of ${delivered.length} deliveries the vendors know as received are not on disk`);
  const [{ running }] = (await query(file, "SELECT count(*) AS running FROM jobs WHERE state = 'running'")) as [Json];
  assert.equal(running, 0);
  const [{ lost_tries, unknown }] = (await query(file, `SELECT count(*) FILTER (WHERE outcome = 'lost') AS lost_tries,
    count(*) FILTER (WHERE outcome = 'unknown') AS unknown FROM attempts`)) as [Json];
  console.log(`  ${lost_tries} attempts were under way when the hub was killed, ${unknown} got no answer from their vendor`);
  console.log(`  ${load.acknowledged.length} of ${load.sent} own deliveries and ${delivered.length} of the vendors' were acknowledged, and all are on disk`);
}

exit_on_signals();
test(`${kills} SIGKILLs under load`, { timeout: 1_500_000 }, async () => {
  console.log(`  CRASH_SEED=${seed}`);
  const chance = new Chance(seed);
  const port = await free_port();
  const settings = { listen_port: port, public_url: `http://127.0.0.1:${port}`, "poll.interval_s": 2 };
  await with_stage({ seed, settings, faults: vendors }, async (stage) => {
    await stage.sandbox.faults({ loop: lost_answers, shiphero: lost_answers });
    const hook = await stage.hub.hook("loop");
    const load = new Load(stage.sandbox, () => hook, new Chance(seed + 1), returns_max);
    load.start();
    await kill_and_restart(stage, chance);
    await stage.sandbox.faults({ loop: all_answers, shiphero: all_answers });
    await load.stop();
    console.log(`  the faults are over; ${load.fates.size} returns, ${load.received.size} received`);
    await converged(stage, load);
    judge_books(await stage.sandbox.books(), load);
    assert.deepEqual(await stage.hub.attention(), [], "nothing is left for a person");
    await stage.hub.stop();
    await judge_database(stage, load);
  });
});
