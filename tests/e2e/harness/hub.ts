// The hub: its folder, its verbs, and its server as a process.
import fs from "node:fs";
import path from "node:path";
import { hub_binary } from "./places.ts";
import { ready_line, run, start, type Ended, type Running } from "./process.ts";
import { credentials, type Json, type Sandbox } from "./sandbox.ts";

export type Settings = Record<string, string | number>;

// Intervals a test can wait for. The vendors' own (Loop's queue, webhook retries) are the sandbox's to shorten.
export const quick: Settings = {
  public_url: "http://127.0.0.1:{port}", listen_port: 0, log_format: "text",
  "poll.interval_s": 1, "webhooks.interval_s": 2,
  "dispatch.unknown_wait_s": 1, "dispatch.process_unknown_s": 4, "dispatch.blocked_wait_s": 1,
};

export interface Spoken { code: number | null; stdout: string; stderr: string; json: Json }

export class Hub {
  private server: Running | undefined;
  private logs = "";
  url = "";
  /** Where the server's log goes as well. */
  log_file: string | undefined;

  private constructor(readonly folder: string, readonly binary: string) {}

  /** Makes the folder as `backhaul init` does, with other values for some keys of backhaul.toml. */
  static async create(folder: string, settings: Settings, binary = hub_binary()): Promise<Hub> {
    const hub = new Hub(folder, binary);
    const made = await run(binary, ["init", "--dir", folder], { env: hub.environment() });
    if (made.code !== 0) throw new Error(`backhaul init: ${made.stderr}`);
    hub.configure(settings);
    return hub;
  }

  get config() { return path.join(this.folder, "backhaul.toml"); }
  get database() { return path.join(this.folder, "data", "backhaul.db"); }
  get pid() { return this.server?.pid ?? 0; }
  get running() { return this.server !== undefined && !this.server.has_ended(); }
  /** The log of every run so far. */
  log() { return this.logs + (this.server?.stderr() ?? ""); }

  configure(settings: Settings): void {
    fs.writeFileSync(this.config, edit_toml(fs.readFileSync(this.config, "utf8"), settings));
  }

  /** A verb, with its exit code and what it said; --json makes the answer JSON. */
  async say(...args: string[]): Promise<Spoken> {
    const { code, stdout, stderr } = await run(this.binary, ["-c", this.config, ...args], { env: this.environment() });
    let json: Json;
    if (args.includes("--json")) {
      try { json = JSON.parse(stdout || stderr); } catch { json = undefined; }
    }
    return { code, stdout, stderr, json };
  }

  /** A verb that must succeed; gives its JSON. */
  async ask(...args: string[]): Promise<Json> {
    const said = await this.say("--json", ...args);
    if (said.code !== 0) throw new Error(`backhaul ${args.join(" ")}: exit ${said.code}: ${said.stderr}${said.stdout}`);
    return said.json;
  }

  async connect(sandbox: Sandbox): Promise<void> {
    // The sandbox's rate limit is a test's own matter; the hub's limiter would only slow every test down.
    await this.ask("connect", "loop", "--api-key", credentials.api_key, "--webhook-secret", credentials.webhook_secret,
      "--base-url", `${sandbox.url}/loop`, "--requests-per-minute", "100000");
    await this.ask("connect", "shiphero", "--refresh-token", credentials.refresh_token, "--base-url", `${sandbox.url}/shiphero`);
  }

  /** Puts a policy in force: TOML, as a merchant writes it. */
  async set_policy(toml: string): Promise<number> {
    const file = path.join(this.folder, "policy.toml");
    fs.writeFileSync(file, toml);
    return (await this.ask("policy", "set", "ShipHero", file)).version;
  }

  async serve(): Promise<void> {
    this.keep_log();
    this.server = start("the hub", this.binary, ["-c", this.config, "--json", "serve"], {
      env: this.environment(), ...(this.log_file ? { log_file: this.log_file } : {}),
    });
    this.url = (await ready_line(this.server))["url"] as string;
  }

  /** Resolves when the server has ended, for whatever reason. */
  ended(): Promise<Ended> { return this.server?.ended ?? Promise.reject(new Error("the hub was not started")); }
  async stop(): Promise<Ended | undefined> { return this.server?.stop(); }
  async kill(): Promise<Ended | undefined> { return this.server?.kill(); }

  async show(id: string): Promise<Json> { return this.ask("returns", "show", id); }
  async attention(): Promise<Json[]> { return this.ask("attention"); }
  async jobs(state?: string): Promise<Json[]> { return this.ask("jobs", "list", ...(state ? ["--state", state] : []), "--limit", "1000"); }
  /** The address a connection's vendor delivers to, on the running server. */
  async hook(vendor: "loop" | "shiphero"): Promise<string> {
    const found = ((await this.ask("connections", "list")) as Json[]).find((one) => one.vendor === vendor);
    return this.url + found.inbound_path;
  }

  // A key or a store of the machine's owner must not stand in for the folder's.
  private environment(): NodeJS.ProcessEnv {
    const { BACKHAUL_MASTER_KEY: _key, BACKHAUL_STORE_URL: _store, ...rest } = process.env;
    return rest;
  }

  private keep_log(): void {
    if (this.server) this.logs += this.server.stderr();
    this.server = undefined;
  }
}

/** Gives keys ("poll.interval_s") another value in place. The example lists every key, so one that is not there is a mistake. */
export function edit_toml(text: string, settings: Settings): string {
  const left = new Map(Object.entries(settings));
  let section = "";
  const lines = text.split("\n").map((line) => {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const key = /^([a-z_]+) =/.exec(line)?.[1];
    const name = section ? `${section}.${key}` : key;
    if (key === undefined || name === undefined || !left.has(name)) return line;
    const value = left.get(name);
    left.delete(name);
    return `${key} = ${JSON.stringify(value)}`;
  });
  if (left.size > 0) throw new Error(`backhaul.toml has no ${[...left.keys()].join(", ")}`);
  return lines.join("\n");
}
