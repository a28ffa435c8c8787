// ./dev bench: measures the hub beside its ceilings and a Node reference, prints tables and writes results/latest.json.
// See README.md for what is measured and how to read it.
//
//   node bench/run.mjs [--seconds 8] [--rounds 3] [--burst 20000]
//                      [--only intake,latency,footprint]   also: intake_postgres, completions, round_trips, connections, fixed_load,
//                                                          stalled, nodes, merchants, backlog, journal, backfill, soak; or all (two hours)
//                      [--build build/release] [--tools <build>/bench] [--hub <build>/backhaul]
//
// Exit status: 0 when everything asked for was measured, whatever the figures; 1 when something could not be.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Bench, here } from "./driver/bench.mjs";
import { backfillTable, measureBackfill } from "./driver/backfill.mjs";
import { backlogTable, measureBacklog } from "./driver/backlog.mjs";
import { completionsTable, measureCompletions } from "./driver/completions.mjs";
import { connectionsTable, measureConnections } from "./driver/connections.mjs";
import { fixedLoadTable, measureFixedLoad } from "./driver/fixed_load.mjs";
import { measureFootprint } from "./driver/footprint.mjs";
import { intakeTable, measureIntake } from "./driver/intake.mjs";
import { intakePostgresTable, measureIntakePostgres } from "./driver/intake_postgres.mjs";
import { journalTable, measureJournal } from "./driver/journal.mjs";
import { measureLatency } from "./driver/latency.mjs";
import { measureMerchants, merchantsTable } from "./driver/merchants.mjs";
import { measureNodeNumbers, nodesTable } from "./driver/nodes.mjs";
import { run } from "./driver/processes.mjs";
import { checksTable, Progress } from "./driver/report.mjs";
import { measureRoundTrips, roundTripsTable } from "./driver/round_trips.mjs";
import { measureSoak, soakTable } from "./driver/soak.mjs";
import { measureStalled, stalledTable } from "./driver/stalled.mjs";
import { addUsage, usageLines } from "./driver/usage.mjs";

// `table` where a scenario has more to show than its checks; `reference` where the Node reference takes part.
const parts = {
  intake: { measure: measureIntake, table: intakeTable, reference: true },
  intake_postgres: { measure: measureIntakePostgres, table: intakePostgresTable, reference: true },
  completions: { measure: measureCompletions, table: completionsTable, reference: true },
  round_trips: { measure: measureRoundTrips, table: roundTripsTable },
  latency: { measure: measureLatency },
  footprint: { measure: measureFootprint },
  connections: { measure: measureConnections, table: connectionsTable },
  fixed_load: { measure: measureFixedLoad, table: fixedLoadTable },
  stalled: { measure: measureStalled, table: stalledTable },
  nodes: { measure: measureNodeNumbers, table: nodesTable },
  merchants: { measure: measureMerchants, table: merchantsTable },
  backlog: { measure: measureBacklog, table: backlogTable },
  journal: { measure: measureJournal, table: journalTable },
  backfill: { measure: measureBackfill, table: backfillTable },
  soak: { measure: measureSoak, table: soakTable },
};
const scenarios = Object.keys(parts);
const usual = ["intake", "latency", "footprint"]; // some minutes

function readFlags() {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      burst: { type: "string", default: "20000" },
      only: { type: "string", default: usual.join(",") },
      build: { type: "string", default: join(here, "../build/release") },
      tools: { type: "string" },
      hub: { type: "string" },
    },
  });
  const build = resolve(values.build);
  const only = values.only === "all" ? scenarios : values.only.split(",");
  const unknown = only.find((name) => !scenarios.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${scenarios.join(", ")}, all`);
  const number = (name, most = 600) => {
    const value = Number(values[name]);
    if (!(value > 0 && value <= most)) throw new Error(`--${name} must be a number from 1 to ${most}`);
    return value;
  };
  return {
    build: existsSync(build) ? build : here,
    tools: resolve(values.tools ?? join(build, "bench")),
    hub: resolve(values.hub ?? join(build, "backhaul")),
    seconds: number("seconds"),
    rounds: Math.ceil(number("rounds")),
    burst: Math.ceil(number("burst", 1_000_000)),
    only,
  };
}

// better-sqlite3 is compiled from source on the first run, which takes a minute.
async function installReference(progress) {
  const directory = join(here, "node_reference");
  const needed = ["better-sqlite3/build/Release/better_sqlite3.node", "fastify", "pg", "undici"];
  if (needed.every((name) => existsSync(join(directory, "node_modules", name)))) return;
  progress.step("installing the Node reference (once, about a minute)");
  await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: directory, seconds: 600 });
  progress.result("done");
}

function writeResults(results) {
  const directory = join(here, "results");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "latest.json");
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return file;
}

async function main() {
  const flags = readFlags();
  const progress = new Progress();
  const usage = {};
  const bench = new Bench(flags, (used) => {
    const title = progress.doing.replace(/, round \d+ of \d+/, "");
    usage[title] = usage[title] ? addUsage(usage[title], used) : used;
  });
  const results = {
    measured_at: new Date().toISOString(),
    machine: { cpus: cpus().length, model: cpus()[0]?.model, kernel: release(), node: process.version },
    hub: bench.hub,
    tools: bench.tools,
    seconds: bench.seconds,
    rounds: bench.rounds,
    burst: bench.burst,
    usage,
  };
  const asked = scenarios.filter((name) => flags.only.includes(name));
  try {
    if (asked.some((name) => parts[name].reference)) await installReference(progress);
    for (const name of asked) results[name] = await parts[name].measure(bench, progress);
  } finally {
    await bench.close();
  }
  return report(results, asked);
}

function report(results, asked) {
  const { machine, seconds, rounds } = results;
  console.log(`\n${machine.cpus} cores, ${seconds} s per measurement, ${rounds} round${rounds === 1 ? "" : "s, medians"}\n`);
  for (const name of asked) if (parts[name].table) console.log(`${parts[name].table(results[name])}\n`);
  console.log(`${checksTable("goal", asked.flatMap((name) => results[name].checks))}\n`);
  console.log(`what was used, of the time from ready to stop\n${usageLines(results.usage).join("\n")}\n`);
  const problems = asked.flatMap((name) => Object.entries(results[name].problems));
  for (const [name, message] of problems) console.log(`${name} was not measured: ${message}`);
  console.log(`all figures: ${writeResults(results)}`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  console.error(`bench: ${error.message}`);
  return 1;
});
