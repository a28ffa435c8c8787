// A stage: a sandbox and a hub in a folder of their own, connected and ready; and scenarios played on it.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { Hub, quick, type Settings } from "./hub.ts";
import { broken_laws, leaks } from "./laws.ts";
import { store_url } from "./postgres.ts";
import { exit_on_signals } from "./process.ts";
import { Sandbox, type Json } from "./sandbox.ts";
import { until } from "./wait.ts";

export interface StageOptions {
  seed?: number;
  /** Keys of backhaul.toml that differ from `quick`. */
  settings?: Settings;
  /** TOML on top of the default policy. */
  policy?: string;
  /** Switches of the sandbox, before anything is connected. */
  faults?: Json;
  /** false: neither connected nor served; the scenario does that. */
  serve?: boolean;
  /** Returns that may be accepted for processing more than once, because a person asked for it. */
  process_twice?: boolean;
}

export class Stage {
  constructor(readonly sandbox: Sandbox, readonly hub: Hub, readonly folder: string) {}

  /** Connected, served, and every webhook registered for the address served now. */
  async open(policy: string): Promise<void> {
    await this.hub.connect(this.sandbox);
    await this.hub.set_policy(policy);
    await this.hub.serve();
    await this.registered();
  }

  async registered(): Promise<void> {
    await until("the hub's webhooks at both vendors", async () => {
      const loop = (await this.sandbox.control("GET", "/loop/webhooks")).webhooks as Json[];
      const shiphero = (await this.sandbox.control("GET", "/shiphero/account")).webhooks as Json[];
      const ours = (hook: Json) => hook.url.startsWith(`${this.hub.url}/hooks/`);
      return loop.filter((hook) => ours(hook) && hook.status === "active").length === 6 && shiphero.some((hook) => ours(hook) && hook.enabled);
    });
  }

  /** Waits until what `returns show` says fits, and gives it. */
  shown(id: string, what: string, fits: (shown: Json) => boolean): Promise<Json> {
    return until(`return ${id} ${what}`, async () => {
      const shown = await this.hub.show(id);
      return fits(shown) && shown;
    });
  }

  stage_is(id: string, words: RegExp): Promise<Json> {
    return this.shown(id, `at the stage ${words}`, (shown) => words.test(shown.stage));
  }

  /** Waits until the return has an attention item of this kind, and gives the item. */
  async attended(id: string, kind: string): Promise<Json> {
    const shown = await this.shown(id, `on the attention list as ${kind}`, (it) => it.attention_items.some((item: Json) => item.kind === kind));
    return shown.attention_items.find((item: Json) => item.kind === kind);
  }

  /** How often something happened to a return, by the vendors' own books. */
  async count(what: string, ref: string): Promise<number> { return (await this.sandbox.books({ what, ref })).length; }

  happened(what: string, ref: string, times = 1): Promise<unknown> {
    return until(`${what} of ${ref}`, async () => (await this.count(what, ref)) >= times);
  }

  /** Closed in Loop by processing, and the hub knows it. */
  async refunded(id: string): Promise<Json> {
    await this.happened("process.completed", id);
    return this.shown(id, "known as closed", (shown) => shown.state === "closed");
  }

  async report(): Promise<string> {
    const parts = [`--- the hub's log\n${this.hub.log()}`];
    const part = async (title: string, ask: () => Promise<string>) =>
      parts.push(`--- ${title}\n${await ask().catch((error: Error) => error.message)}`);
    const ids = await this.sandbox.control("GET", "/loop/returns").then((all) => all.returns.map((one: Json) => one.id) as string[]).catch(() => []);
    for (const id of ids.slice(-5)) await part(`returns show ${id}`, async () => (await this.hub.say("returns", "show", id)).stdout);
    await part("attention", async () => (await this.hub.say("attention")).stdout);
    await part("jobs list", async () => (await this.hub.say("jobs", "list")).stdout);
    await part("the sandbox's books", async () => (await this.sandbox.books()).map((book) => JSON.stringify(book)).join("\n"));
    return parts.join("\n");
  }
}

const quick_policy = "settle_s = 0.5\n";

export async function with_stage(options: StageOptions, play: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "backhaul-e2e-"));
  const sandbox = await Sandbox.start({ seed: options.seed ?? 1 });
  try {
    await sandbox.faults({ loop: { process_delay_ms: 200, rate_limit_per_minute: 100_000 } });
    if (options.faults) await sandbox.faults(options.faults);
    const hub = await Hub.create(path.join(folder, "hub"), { ...quick, "store.url": await store_url(), ...options.settings });
    const stage = new Stage(sandbox, hub, folder);
    try {
      if (options.serve !== false) await stage.open(/^settle_s/m.test(options.policy ?? "") ? options.policy! : quick_policy + (options.policy ?? ""));
      await play(stage);
      await judge(stage, options);
    } catch (error) {
      console.error(await stage.report());
      throw error;
    } finally {
      await hub.stop();
    }
  } finally {
    await sandbox.stop();
  }
  fs.rmSync(folder, { recursive: true, force: true });
}

/** What holds after every scenario, whatever it was about. */
async function judge(stage: Stage, options: StageOptions): Promise<void> {
  assert.deepEqual(broken_laws(await stage.sandbox.books(), options), []);
  const ended = await stage.hub.stop();
  if (ended) assert.deepEqual(ended, { code: 0, signal: null }, "SIGTERM ends the hub with exit code 0");
  const connections = (await stage.hub.say("--json", "connections", "list")).json as Json[] | undefined;
  const tokens = (connections ?? []).map((one) => one.inbound_path.replace("/hooks/", "") as string);
  assert.deepEqual(leaks(stage.hub.log(), tokens), [], "secrets or personal data in the hub's log");
  assert.doesNotMatch(stage.hub.log(), /critical|Sanitizer|runtime error/);
}

export function scenario(name: string, options: StageOptions, play: (stage: Stage) => Promise<void>): void {
  test(name, { timeout: 240_000 }, () => with_stage(options, play));
}

/** Scenarios side by side: most of their time is waiting for a poll or a pause to pass. */
export function scenarios(title: string, list: () => void): void {
  if (process.listenerCount("SIGTERM") === 0) exit_on_signals();
  describe(title, { concurrency: 3 }, list);
}
