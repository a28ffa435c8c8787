// SIGKILL at any moment, under load, with vendors that lose answers: nothing acknowledged is lost, nothing is done twice,
// and everything ends where it should. CRASH_KILLS (100), CRASH_RETURNS (250), CRASH_SEED (drawn, printed).
import assert from "node:assert/strict";
import { test } from "node:test";
import { converged, judge_books, vendors } from "./crash/home.ts";
import { Load } from "./crash/load.ts";
import { Chance } from "./harness/chance.ts";
import { damage, delivery_bodies, query, unfiled } from "./harness/database.ts";
import { free_port } from "./harness/ports.ts";
import { exit_on_signals } from "./harness/process.ts";
import type { Json } from "./harness/sandbox.ts";
import { with_stage, type Stage } from "./harness/stage.ts";
import { pause } from "./harness/wait.ts";

const kills = Number(process.env["CRASH_KILLS"] ?? 100);
const returns_max = Number(process.env["CRASH_RETURNS"] ?? 250);
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);

const lost_answers = { timeout_after_commit: 0.03, error_500_after_commit: 0.03, stall_ms: 200 };
const all_answers = { timeout_after_commit: 0, error_500_after_commit: 0 };

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
    await converged(stage, load, 900_000);
    judge_books(await stage.sandbox.books(), load);
    assert.deepEqual(await stage.hub.attention(), [], "nothing is left for a person");
    await stage.hub.stop();
    await judge_database(stage, load);
  });
});
