// Three nodes on one PostgreSQL server behind a load balancer. One is killed, one is stopped for longer than its leases
// and goes on, the server is restarted: nothing acknowledged is lost, nothing is done twice, nobody lends a hand.
// NODES_RETURNS (60), NODES_SEED (drawn, printed).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { converged, judge_books, judge_postgres, vendors } from "./crash/home.ts";
import { Load } from "./crash/load.ts";
import { Balancer } from "./harness/balancer.ts";
import { Chance } from "./harness/chance.ts";
import { Hub, quick } from "./harness/hub.ts";
import { leaks } from "./harness/laws.ts";
import { free_port } from "./harness/ports.ts";
import { Postgres } from "./harness/postgres.ts";
import { exit_on_signals } from "./harness/process.ts";
import type { Json } from "./harness/sandbox.ts";
import { with_stage } from "./harness/stage.ts";
import { pause, until } from "./harness/wait.ts";

const returns_max = Number(process.env["NODES_RETURNS"] ?? 60);
const seed = Number(process.env["NODES_SEED"] ?? Date.now() % 1_000_000);
const lease_s = 3;

exit_on_signals();
test("three nodes, one killed, one stopped past its lease, the server restarted", { timeout: 600_000 }, async () => {
  console.log(`  NODES_SEED=${seed}`);
  const postgres = await Postgres.create();
  const balancer = await Balancer.start();
  const url = await postgres.database();
  const settings = { "store.url": url, public_url: balancer.url, "poll.interval_s": 2, "dispatch.lease_s": lease_s };
  const others: Hub[] = [];
  try {
    await with_stage({ seed, settings, serve: false, faults: vendors }, async (stage) => {
      const first = stage.hub;
      for (const name of ["second", "third"]) {
        const hub = await Hub.create(path.join(stage.folder, name), { ...quick, ...settings });
        fs.copyFileSync(path.join(first.folder, "master.key"), path.join(hub.folder, "master.key"));
        others.push(hub);
      }
      const [second, third] = others as [Hub, Hub];
      await first.connect(stage.sandbox);
      await first.set_policy("settle_s = 0.5\n");
      // Vendors try a webhook's address before they take it, so the balancer must know the nodes first.
      const ports = [await free_port(), await free_port(), await free_port()];
      balancer.serve(ports.map((port) => `http://127.0.0.1:${port}`));
      const nodes = [first, second, third];
      nodes.forEach((hub, i) => hub.configure({ listen_port: ports[i]! }));
      await Promise.all(nodes.map((hub) => hub.serve()));
      const inbound = await first.hook("loop");
      const hook = balancer.url + inbound.slice(first.url.length);
      await until("webhooks at the balancer's address", async () => {
        const { webhooks } = await stage.sandbox.control("GET", "/loop/webhooks");
        return (webhooks as Json[]).filter((one) => one.url.startsWith(`${balancer.url}/hooks/`)).length === 6;
      });

      const load = new Load(stage.sandbox, () => hook, new Chance(seed + 1), returns_max);
      load.start();
      await pause(3_000);
      await second.kill();
      console.log("  the second node was killed");
      await pause(2_000);
      process.kill(third.pid, "SIGSTOP");
      await pause((lease_s * 2 + 2) * 1_000);
      process.kill(third.pid, "SIGCONT");
      console.log("  the third node was stopped for longer than its leases, and goes on");
      await pause(2_000);
      await postgres.stop("SIGQUIT");
      await pause(1_000);
      await postgres.start();
      console.log("  the server crashed and was started again");
      await pause(2_000);
      await load.stop();
      await converged(stage, load, 300_000);
      judge_books(await stage.sandbox.books(), load);
      assert.deepEqual(await first.attention(), [], "nothing is left for a person");
      for (const hub of [first, third]) assert.deepEqual(leaks(hub.log()), []);
      assert.deepEqual(await third.stop(), { code: 0, signal: null });
      await first.stop();
      await judge_postgres(postgres, url, load);
      const [tries] = await postgres.sql(url, "SELECT count(*) FROM attempts WHERE outcome = 'lost'");
      console.log(`  ${load.acknowledged.length} of ${load.sent} own deliveries were acknowledged; ${tries} attempts were lost with their node`);
    });
  } catch (error) {
    for (const hub of others) console.error(`--- the log of ${hub.folder}\n${hub.log()}`);
    throw error;
  } finally {
    for (const hub of others) await hub.kill();
    await balancer.stop();
    await postgres.stop();
  }
});
