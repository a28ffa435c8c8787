// A hub is killed with returns under way, moved from SQLite to PostgreSQL by a command that is killed as well, and goes on
// there: nothing acknowledged is lost, nothing is done twice. MOVE_RETURNS (40), MOVE_SEED (drawn, printed).
import assert from "node:assert/strict";
import { test } from "node:test";
import { converged, judge_books, judge_postgres, vendors } from "./crash/home.ts";
import { Load } from "./crash/load.ts";
import { Chance } from "./harness/chance.ts";
import { damage, query } from "./harness/database.ts";
import { free_port } from "./harness/ports.ts";
import { Postgres } from "./harness/postgres.ts";
import { exit_on_signals, start } from "./harness/process.ts";
import type { Json } from "./harness/sandbox.ts";
import { with_stage, type Stage } from "./harness/stage.ts";
import { pause, until } from "./harness/wait.ts";

const returns_max = Number(process.env["MOVE_RETURNS"] ?? 40);
const seed = Number(process.env["MOVE_SEED"] ?? Date.now() % 1_000_000);

const lost_answers = { timeout_after_commit: 0.05, error_500_after_commit: 0.05, stall_ms: 200 };
const all_answers = { timeout_after_commit: 0, error_500_after_commit: 0 };

/** Kills the move later and later until it is done before it is killed; gives how often. */
async function killed_moves(stage: Stage, url: string): Promise<number> {
  const { hub } = stage;
  for (let kills = 0; ; ++kills) {
    const moving = start("the move", hub.binary, ["-c", hub.config, "move", "--from", "sqlite", "--to", "postgres", "--url", url]);
    await Promise.race([moving.ended, pause(20 * (kills + 1))]);
    const { code, signal } = await moving.kill();
    if (signal === null) {
      assert.equal(code, 0, moving.stderr());
      // The one before may have been done, and killed before it could say so.
      assert.match(moving.stdout(), /both hold the same|was moved to .* before/);
      return kills;
    }
  }
}

exit_on_signals();
test("from SQLite to PostgreSQL with returns under way", { timeout: 600_000 }, async () => {
  console.log(`  MOVE_SEED=${seed}`);
  const postgres = await Postgres.create();
  const port = await free_port();
  const settings = { listen_port: port, public_url: `http://127.0.0.1:${port}`, "store.url": "", "poll.interval_s": 2, "dispatch.lease_s": 3 };
  try {
    const url = await postgres.database();
    const move = ["move", "--from", "sqlite", "--to", "postgres", "--url", url];
    await with_stage({ seed, settings, faults: vendors }, async (stage) => {
      const { hub, sandbox } = stage;
      await sandbox.faults({ loop: lost_answers, shiphero: lost_answers });
      const hook = await hub.hook("loop");
      const load = new Load(sandbox, () => hook, new Chance(seed + 1), returns_max);
      load.start();
      await until("half of the RMAs", async () => (await sandbox.books({ what: "rma.created" })).length > returns_max / 2);

      const while_served = await hub.say(...move);
      assert.equal(while_served.code, 1);
      assert.match(while_served.stderr, /another backhaul serves this data folder already.*stop it first/);
      await hub.kill();
      const [{ running }] = (await query(hub.database, "SELECT count(*) AS running FROM jobs WHERE state = 'running'")) as [Json];
      const kills = await killed_moves(stage, url);
      console.log(`  the hub was killed with ${running} jobs running, the move ${kills} times`);
      assert.equal((await hub.ask(...move)).moved_before, true);
      assert.deepEqual(await damage(hub.database), []);

      const at_the_old_place = await hub.say("serve");
      assert.equal(at_the_old_place.code, 1);
      assert.match(at_the_old_place.stderr, /it was moved to postgres:\/\//);
      hub.configure({ "store.url": url });
      assert.equal((await hub.ask("migrate", "--check")).pending, false);
      await hub.serve();
      await pause(2_000);
      await sandbox.faults({ loop: all_answers, shiphero: all_answers });
      await load.stop();
      await converged(stage, load, 300_000);
      assert.deepEqual(await hub.attention(), [], "nothing is left for a person");
      judge_books(await sandbox.books(), load);
      await judge_postgres(postgres, url, load);

      const too_late = await hub.say(...move, "--undo");
      assert.equal(too_late.code, 1);
      assert.match(too_late.stderr, /a hub uses it/);
    });
  } finally {
    await postgres.stop();
  }
});
