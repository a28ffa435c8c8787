// What `./dev demo` shows: one return that is refunded and one that a person has to look at, hop by hop, with the time
// each hop took. Every hop is read from the vendors' books and the hub's journal; one that does not happen ends the tour.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Hub } from "./harness/hub.ts";
import { hub_binary, repository } from "./harness/places.ts";
import { free_port } from "./harness/ports.ts";
import { Sandbox, type Book, type Json } from "./harness/sandbox.ts";
import { Stage } from "./harness/stage.ts";
import { until } from "./harness/wait.ts";

const colours = process.stdout.isTTY && !process.env["NO_COLOR"];
const bold = (text: string) => (colours ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string) => (colours ? `\x1b[2m${text}\x1b[0m` : text);
const green = (text: string) => (colours ? `\x1b[32m${text}\x1b[0m` : text);
const say = (line = "") => console.log(line);

type Who = "shopper" | "Loop" | "carrier" | "warehouse" | "ShipHero" | "Backhaul";

/** One return's way, told as it happens. */
class Story {
  private began = 0;
  private last = 0;
  constructor(private readonly stage: Stage, readonly id: string) {}

  /** Something happened at `at`; the time shown is since the hop before. */
  tell(at: string, who: Who, text: string): void {
    const now = Date.parse(at);
    const since = this.last ? `+${Math.max(0, now - this.last)} ms` : "";
    this.began ||= now;
    this.last = now;
    const name = who === "Backhaul" ? green(who.padEnd(9)) : who.padEnd(9);
    say(`  ${dim(since.padStart(9))}  ${name}  ${text}`);
  }

  aside(text: string): void { say(`  ${" ".repeat(9)}  ${" ".repeat(9)}  ${dim(text)}`); }
  total_ms(): number { return this.last - this.began; }

  /** Waits for an entry in a vendor's books. */
  booked(what: string): Promise<Book> {
    return until(`${what} of return ${this.id} in the vendors' books`, async () => (await this.stage.sandbox.books({ what, ref: this.id })).at(-1), patience);
  }

  /** Waits for an entry of the hub's journal about this return that is not older than the last hop. */
  journal(what: string, text: RegExp): Promise<Json> {
    return until(`"${what}: ${text.source}" in the hub's journal of return ${this.id}`, async () =>
      (await this.stage.hub.show(this.id)).timeline.find((entry: Json) => entry.what === what && text.test(entry.text) && Date.parse(entry.at) >= this.last), patience);
  }
}

const patience = { within_ms: 30_000, every_ms: 25 };

async function submit(stage: Stage, order_name: string, lines: { sku: string; reason: string }[]): Promise<Story> {
  const made = await stage.sandbox.submit({ order_name, lines });
  const story = new Story(stage, made.id);
  const items = lines.map((line) => `${line.sku} (${line.reason})`).join(", ");
  story.tell((await story.booked("return.created")).at, "shopper", `sends back ${items} of order ${order_name}: return ${bold(made.id)}`);
  const stored = await story.journal("delivery", /return\.created/);
  story.tell(stored.at, "Backhaul", `has Loop's webhook on disk, and answered it (${stored.id})`);
  const rma = await story.booked("rma.created");
  const expected = rma.detail.lines.map((line: Json) => `${line.quantity} × ${line.sku}`).join(", ");
  story.tell(rma.at, "ShipHero", `has RMA ${rma.ref}, made by Backhaul: expects ${expected}`);
  return story;
}

async function receive(story: Story, stage: Stage, lines: Json[], status: string): Promise<void> {
  await stage.sandbox.receive(story.id, lines, status);
  const counted = lines.map((line) => `${line.received} × ${line.sku}`).join(", ");
  story.tell((await story.booked("rma.received")).at, "warehouse", `receives ${counted}, and sets the status ${bold(status)}`);
  const heard = await story.journal("delivery", /ShipHero: Return Update/);
  story.tell(heard.at, "Backhaul", `has ShipHero's webhook on disk (${heard.id})`);
}

/** The decision behind an effect, as the hub explains it. */
async function explain(story: Story, summary: RegExp): Promise<void> {
  const decision = await until(`the decision ${summary.source}`, async () => {
    const timeline = (await current!.hub.show(story.id)).timeline as Json[];
    return timeline.find((entry) => entry.what === "decision" && summary.test(entry.text));
  }, patience);
  story.aside(`because: ${decision.text}`);
  story.aside(decision.detail);
}

async function refunded(stage: Stage): Promise<void> {
  say(bold("\nA return that is refunded\n"));
  const story = await submit(stage, "#1001", [{ sku: "TEE-BLK-M", reason: "Too big" }, { sku: "SOCK-GRY-L", reason: "Changed my mind" }]);
  await stage.sandbox.in_loop(story.id, "label-status", { status: "in_transit" });
  story.tell((await story.booked("label.status")).at, "carrier", "scans the parcel: in transit");
  story.tell((await story.journal("delivery", /label\.updated/)).at, "Backhaul", "has the scan on disk; money waits for the warehouse");
  await receive(story, stage, [{ sku: "TEE-BLK-M", received: 1 }, { sku: "SOCK-GRY-L", received: 1 }], "Complete");
  story.tell((await story.booked("process.accepted")).at, "Backhaul", "has read both sides again, and asked Loop to process: accepted");
  await explain(story, /^processing: /);
  const done = await story.booked("process.completed");
  story.tell(done.at, "Loop", `refunds ${(done.detail.refund_minor / 100).toFixed(2)} USD and closes the return`);
  const shown = await stage.shown(story.id, "known to be closed", (it) => it.state === "closed" && it.timeline.some((entry: Json) => /processed, and closed/.test(entry.text)));
  const known = shown.timeline.find((entry: Json) => /processed, and closed/.test(entry.text));
  story.tell(known.at, "Backhaul", "has read it closed: done");
  say(dim(`\n  ${story.total_ms()} ms in all; the waiting was Loop's queue and the pauses in which further news may follow.`));
}

async function damaged(stage: Stage): Promise<void> {
  say(bold("\nA return that a person has to look at\n"));
  const story = await submit(stage, "#1003", [{ sku: "BOOT-BRN-10", reason: "Too small" }]);
  await receive(story, stage, [{ sku: "BOOT-BRN-10", received: 1, restock: 0 }], "Damaged");
  story.tell((await story.booked("flag")).at, "Backhaul", "asks Loop to hold the return for review: no money moves");
  await explain(story, /^a person decides: /);
  const note = await story.booked("note");
  story.tell(note.at, "Backhaul", `writes on the return in Loop: ${bold(`“${note.detail.content}”`)}`);
  const shown = await stage.shown(story.id, "known to be in review", (it) => it.state === "review");
  const known = shown.timeline.find((entry: Json) => /the source says: review/.test(entry.detail));
  story.tell(known?.at ?? note.at, "Loop", "shows it under Needs review; a person there approves or rejects it");
  if ((await stage.count("process.accepted", story.id)) > 0) throw new Error(`return ${story.id} was processed although it is damaged`);
}

function look_around({ sandbox, hub, folder }: Stage): void {
  const command = `${path.relative(repository, hub.binary)} -c ${hub.config}`;
  say(bold("\nLook around\n"));
  say(`  submit a return      ${sandbox.url}/portal`);
  say(`  carrier, warehouse   ${sandbox.url}/floor`);
  say(`  Loop's admin         ${sandbox.url}/admin`);
  say(`  the hub's figures    ${hub.url}/metrics`);
  say(`  folder               ${folder} ${dim("(hub.log, backhaul.toml, data/)")}`);
  say();
  say(`  ${command} returns list`);
  say(`  ${command} returns show 90001`);
  say(`  ${command} attention`);
  say(`  ${command} policy show ShipHero`);
  say(dim("\nCtrl-C ends sandbox and hub."));
}

let current: Stage | undefined;

async function open(folder: string): Promise<Stage> {
  const sandbox = await Sandbox.start({ port: await free_port(4100) });
  const hub = await Hub.create(folder, { public_url: "http://127.0.0.1:{port}", listen_port: await free_port(4180) }, hub_binary(["release", "dev"]));
  hub.log_file = path.join(folder, "hub.log");
  current = new Stage(sandbox, hub, folder);
  await hub.connect(sandbox);
  await hub.serve();
  await current.registered();
  say(`${bold("Backhaul")} ${dim(`serves on ${hub.url}, connected to`)} Loop Returns ${dim("and")} ShipHero${dim(`, imitated on ${sandbox.url}`)}`);
  return current;
}

/** Ends hub and sandbox; in that order, so that nothing is sent to somebody who is gone. */
async function close(): Promise<void> {
  await current?.hub.stop();
  await current?.sandbox.stop();
}

/** Resolves with what ended the demo: nothing for a person's Ctrl-C. */
const interrupted = new Promise<string>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve(""));
});

function somebody_ended(stage: Stage): Promise<string> {
  return Promise.race([
    stage.hub.ended().then(() => "the hub has ended"), stage.sandbox.process.ended.then(() => "the sandbox has ended"),
  ]);
}

/** Gives the exit code. */
async function tour(folder: string, once: boolean): Promise<number> {
  const stage = await open(folder);
  await refunded(stage);
  await damaged(stage);
  if (once) return 0;
  look_around(stage);
  const why = await Promise.race([interrupted, somebody_ended(stage)]);
  if (why) console.error(`${why}; its log is in ${folder}`);
  return why ? 1 : 0;
}

async function main(): Promise<number> {
  const { once } = parseArgs({ options: { once: { type: "boolean", default: false } } }).values;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "backhaul-demo-"));
  let code = 1;
  try {
    code = await Promise.race([tour(folder, once), interrupted.then(() => (once ? 130 : 0))]);
  } catch (error) {
    console.error(`\nThe tour broke off: ${(error as Error).message}`);
    if (current) console.error(await current.report());
  }
  await close();
  if (code === 0) fs.rmSync(folder, { recursive: true, force: true });
  return code;
}

// Not by exitCode: after Ctrl-C in the middle a hop may still be waited for.
process.exit(await main());
