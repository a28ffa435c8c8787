// Child processes: started with their output kept, ended by their own id, never left behind.
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";

export interface Ended { code: number | null; signal: NodeJS.Signals | null }

export interface Running {
  name: string;
  pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  ended: Promise<Ended>;
  has_ended(): boolean;
  /** SIGTERM; SIGKILL when that is ignored for `patience_ms`. */
  stop(patience_ms?: number): Promise<Ended>;
  kill(): Promise<Ended>;
}

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** For programs that have no way of their own to end in order: the children then end as at any exit. */
export function exit_on_signals(): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
}

export interface StartOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Standard error also goes there, as it comes. */
  log_file?: string;
}

export function start(name: string, command: string, args: string[], { cwd, env, log_file }: StartOptions = {}): Running {
  // Standard input stays open as long as this process lives: the sandbox ends with it (--exit-with-stdin).
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...(cwd ? { cwd } : {}), ...(env ? { env } : {}) });
  alive.add(child);
  if (log_file) child.stderr.pipe(fs.createWriteStream(log_file, { flags: "a" }));
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", (error) => {
      alive.delete(child);
      over = true;
      reject(new Error(`${name} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      alive.delete(child);
      over = true;
      resolve({ code, signal });
    });
  });
  ended.catch(() => undefined); // whoever waits for it hears of it
  return {
    name, pid: child.pid ?? 0, stdout, stderr, ended, has_ended: () => over,
    async stop(patience_ms = 30_000) {
      if (!over) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), patience_ms);
      return ended.finally(() => clearTimeout(timer));
    },
    async kill() {
      if (!over) child.kill("SIGKILL");
      return ended;
    },
  };
}

/** The first line on standard output, which is JSON with "ready": true. */
export async function ready_line(running: Running, within_ms = 60_000): Promise<Record<string, unknown>> {
  const give_up = performance.now() + within_ms;
  for (;;) {
    const end = running.stdout().indexOf("\n");
    if (end >= 0) {
      const line = JSON.parse(running.stdout().slice(0, end)) as Record<string, unknown>;
      if (line["ready"] !== true) throw new Error(`${running.name} said ${JSON.stringify(line)} instead of being ready`);
      return line;
    }
    if (running.has_ended()) {
      const { code, signal } = await running.ended;
      throw new Error(`${running.name} ended (${signal ?? `exit ${code}`}) before it was ready: ${running.stderr().trim()}`);
    }
    if (performance.now() > give_up) throw new Error(`${running.name} was not ready within ${within_ms} ms: ${running.stderr().trim()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Runs to the end; for the hub's short verbs. */
export async function run(
  command: string, args: string[], { env, input }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...(env ? { env } : {}) });
  alive.add(child);
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  child.stdin.on("error", () => undefined); // a verb that reads nothing may be gone already
  child.stdin.end(input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      alive.delete(child);
      resolve({ code, signal, stdout: stdout(), stderr: stderr() });
    });
  });
}

function keep(stream: NodeJS.ReadableStream): () => string {
  const decoder = new StringDecoder("utf8");
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += decoder.write(chunk)));
  return () => text;
}
