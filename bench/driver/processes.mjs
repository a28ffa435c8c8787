// Starting, awaiting and ending the processes of a run. Each is ended by its own pid; none outlives the driver.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const readyPatienceMs = 20_000;
const stopPatienceMs = 10_000; // the hub drains on SIGTERM; after a full-speed run it has a backlog it need not finish

const living = new Map(); // each with the signal that ends it at once
const directories = new Set();

process.on("exit", () => {
  for (const [child, signal] of living) child.kill(signal);
  for (const [child, signal] of living) if (signal !== "SIGKILL") waitUntilGone(child.pid);
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export class BenchError extends Error {}

// For the exit handler, which cannot await: a server that ends its own children needs a moment, and its directory until then.
function waitUntilGone(pid) {
  const state = () => (existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] : "Z");
  for (let tries = 0; tries < 50 && state() !== "Z"; ++tries) spawnSync("sleep", ["0.1"]);
}

// An empty directory on the disk the build is on: what is measured is that disk's flush, not that of a tmpfs.
export function temporaryDirectory(build) {
  const parent = statSync(tmpdir()).dev === statSync(build).dev ? tmpdir() : build;
  const directory = mkdtempSync(join(parent, "backhaul-bench-"));
  directories.add(directory);
  return directory;
}

export function removeDirectory(directory) {
  rmSync(directory, { recursive: true, force: true });
  directories.delete(directory);
}

function start(command, args, { endWith = "SIGKILL", ...options } = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  living.set(child, endWith);
  let said = "";
  child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-2000)));
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(error.code === "ENOENT" ? "does not exist; build it first" : error.message));
    child.on("close", (code, signal) => resolve(code === 0 ? "" : `ended with ${code ?? signal}`));
  }).finally(() => living.delete(child));
  return { child, ended, said: () => said.trim() };
}

const failed = (what, how, words) => new BenchError(`${what} ${how}${words ? `: ${words}` : ""}`);

// Runs a command to its end and gives what it printed. BenchError when it fails or takes longer than `seconds`.
export async function run(command, args, { seconds = 60, ...options } = {}) {
  const { child, ended, said } = start(command, args, options);
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  const failure = await ended;
  clearTimeout(timer);
  if (failure) throw failed([command, ...args].slice(0, 4).join(" "), failure, said() || output.slice(-2000));
  return output;
}

// Starts a server and waits for its line {"ready":true,"url":...}. `readyMs` counts from the spawn to that line.
export async function serve(command, args, options = {}) {
  const startedAt = performance.now();
  const server = start(command, args, options);
  const { url, readyMs } = await untilReady(command, server, readyLine(server.child, startedAt));
  return { url, readyMs, port: Number(new URL(url).port), pid: server.child.pid, stop: () => stop(server, "SIGTERM") };
}

// Starts a server that says nothing when it is ready: `isReady` is asked until it resolves to true. `endWith` is the signal that
// ends it at once, children of its own included.
export async function background(command, args, { endWith, isReady, ...options }) {
  const server = start(command, args, { endWith, ...options });
  server.child.stdout.resume();
  let given = false;
  const asking = (async () => {
    while (!given && !(await isReady())) await sleep(50);
    return {};
  })();
  await untilReady(command, server, asking).finally(() => (given = true));
  return { pid: server.child.pid, stop: () => stop(server, endWith) };
}

function readyLine(child, startedAt) {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.includes('"ready"')) return;
      try {
        resolve({ url: JSON.parse(line).url, readyMs: performance.now() - startedAt });
      } catch {
        // Some other line with the word in it.
      }
    });
  });
}

async function untilReady(command, { child, ended, said }, ready) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, readyPatienceMs, "was not ready in time")));
  const outcome = await Promise.race([ready, ended, late]).finally(() => clearTimeout(timer));
  if (typeof outcome !== "string") return outcome;
  child.kill(living.get(child) ?? "SIGKILL");
  throw failed(command, outcome || "ended before it was ready", said());
}

async function stop({ child, ended }, signal) {
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopPatienceMs);
  await ended;
  clearTimeout(timer);
}

// VmRSS, VmHWM: bytes.
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
  return { rssBytes: read("VmRSS"), peakBytes: read("VmHWM") };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
