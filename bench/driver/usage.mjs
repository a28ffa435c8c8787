// What a measurement used: the processors' time by thread, and the disk. It names what limits a scenario.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { count } from "./report.mjs";

const sectorBytes = 512; // of /proc/diskstats, on every disk
const ticksPerSecond = 100; // of /proc/stat, on every Linux of today
const shownMin = 0.01; // of a core

// What `read` gives, or `otherwise` when the process or thread it reads of has ended meanwhile.
function unlessEnded(read, otherwise) {
  try {
    return read();
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
    return otherwise;
  }
}

const read = (...path) => readFileSync(["/proc", ...path].join("/"), "utf8");

// {name: seconds} of a process's threads; those of one name together, the first one as `title`.
function threadSeconds(pid, title) {
  const seconds = {};
  for (const thread of unlessEnded(() => readdirSync(`/proc/${pid}/task`), [])) {
    const of = (file) => unlessEnded(() => read(pid, "task", thread, file), "");
    const name = Number(thread) === Number(pid) ? title : of("comm").trim();
    seconds[name] = (seconds[name] ?? 0) + Number(of("schedstat").split(" ")[0]) / 1e9;
  }
  return seconds;
}

const postgresProcesses = () =>
  readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && unlessEnded(() => read(pid, "comm"), "").trim() === "postgres");

// Of all processors together, in seconds.
function processorSeconds() {
  const [user, nice, system, idle, wait, irq, softirq, steal] = read("stat").split("\n", 1)[0].split(/\s+/).slice(1).map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy: busy / ticksPerSecond, idle: (idle + wait) / ticksPerSecond, stolen: steal / ticksPerSecond };
}

// Of the disk that `directory` is on; zeros when it has no line in /proc/diskstats.
function disk(directory) {
  const { dev } = statSync(directory);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const fields = read("diskstats").split("\n").map((line) => line.trim().split(/\s+/)).find((line) => Number(line[0]) === major && Number(line[1]) === minor);
  return { bytes: Number(fields?.[9] ?? 0) * sectorBytes, flushes: Number(fields?.[18] ?? 0) };
}

function now({ server, stub, directory }) {
  const threads = { ...threadSeconds(server.pid, "server"), ...threadSeconds(stub.pid, "stub") };
  const postgres = postgresProcesses().flatMap((pid) => Object.values(threadSeconds(pid, "postgres")));
  if (postgres.length > 0) threads.postgres = postgres.reduce((sum, one) => sum + one, 0);
  return { at: performance.now() / 1000, threads, processors: processorSeconds(), disk: disk(directory) };
}

const minus = (after, before) => Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - (before[key] ?? 0)]));

// Begins to look; the function it gives ends that: {seconds, threads, processors, disk}, each of them what was used meanwhile.
export function watchUsage(running) {
  const before = now(running);
  return () => {
    const after = now(running);
    const [threads, processors] = [minus(after.threads, before.threads), minus(after.processors, before.processors)];
    return { seconds: after.at - before.at, threads, processors, disk: minus(after.disk, before.disk) };
  };
}

// Several rounds of one measurement.
export function addUsage(one, other) {
  const sum = (a, b) => Object.fromEntries(Object.keys({ ...a, ...b }).map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]));
  return {
    seconds: one.seconds + other.seconds,
    threads: sum(one.threads, other.threads),
    processors: sum(one.processors, other.processors),
    disk: sum(one.disk, other.disk),
  };
}

// A line for each measurement in `usage` (title -> usage). Others are the load generator, further nodes, and the driver.
export function usageLines(usage) {
  return Object.entries(usage).map(([title, { seconds, threads, processors, disk }]) => {
    const known = Object.values(threads).reduce((sum, one) => sum + one, 0);
    const shares = Object.entries({ ...threads, others: Math.max(0, processors.busy - known) })
      .filter(([, used]) => used / seconds >= shownMin)
      .sort(([, a], [, b]) => b - a);
    const words = [...shares, ["idle", processors.idle], ["taken by other machines", processors.stolen]].map(([name, used]) => `${name} ${count((100 * used) / seconds)}`);
    const disks = `${count(disk.flushes / seconds)} flushes/s, ${(disk.bytes / seconds / 1e6).toFixed(1)} MB/s written`;
    return `${title}: of ${100 * cpus().length} %: ${words.join(", ")}; ${disks}`;
  });
}
