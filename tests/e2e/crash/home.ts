// What must hold when returns under load have come home, whatever was done to the hub meanwhile.
import assert from "node:assert/strict";
import type { Postgres } from "../harness/postgres.ts";
import type { Book, Json } from "../harness/sandbox.ts";
import type { Stage } from "../harness/stage.ts";
import { until } from "../harness/wait.ts";
import type { Load } from "./load.ts";

/** Vendors that are quick and do not throttle. */
export const vendors = {
  loop: { webhook_backoff_ms: 300 },
  // Quotas and auto-disabled webhooks have tests of their own; here they would only make the run longer.
  shiphero: { bucket_size: 1_000_000, refill_per_second: 100_000, requests_per_5_minutes: 10_000_000, webhook_retry_base_ms: 300 },
};

/** Where each return must end at Loop. */
function wanted_state(load: Load, id: string): string {
  return { complete: "closed", damaged: "review", never: "open" }[load.fates.get(id)!];
}

/** Waits until every return is where it belongs, and the hub knows it and has nothing to do. */
export async function converged(stage: Stage, load: Load, within_ms: number): Promise<void> {
  let shown = 0;
  await until("every return where it belongs", async () => {
    await load.receive_what_is_there(true);
    const at_loop = (await stage.sandbox.control("GET", "/loop/returns")).returns as Json[];
    const known = new Map(((await stage.hub.ask("returns", "list", "--limit", "1000")) as Json[]).map((row) => [row.source_id, row.state]));
    const jobs = await stage.hub.jobs();
    const amiss = at_loop.filter((ret) => ret.state !== wanted_state(load, ret.id) || known.get(ret.id) !== ret.state);
    if (performance.now() - shown > 5_000) {
      shown = performance.now();
      console.log(`  ${at_loop.length - amiss.length} of ${at_loop.length} returns are where they belong, ${jobs.length} jobs to do`);
    }
    return amiss.length === 0 && jobs.length === 0;
  }, { within_ms, every_ms: 500 });
}

function by_return(books: Book[], what: string): Map<string, Book[]> {
  const found = new Map<string, Book[]>();
  for (const book of books) if (book.what === what) found.set(book.ref, [...(found.get(book.ref) ?? []), book]);
  return found;
}

/** The vendors' books: law 2 for every return. */
export function judge_books(books: Book[], load: Load): void {
  const made = by_return(books, "rma.created");
  const accepted = by_return(books, "process.accepted");
  const completed = by_return(books, "process.completed");
  const flags = by_return(books, "flag");
  const notes = by_return(books, "note");
  for (const [id, fate] of load.fates) {
    assert.equal(made.get(id)?.length, 1, `RMAs of ${id}`);
    assert.equal(accepted.get(id)?.length ?? 0, fate === "complete" ? 1 : 0, `processes of ${id}, ${fate}`);
    assert.equal(completed.get(id)?.length ?? 0, fate === "complete" ? 1 : 0, `refunds of ${id}, ${fate}`);
    assert.equal(flags.get(id)?.length ?? 0, fate === "damaged" ? 1 : 0, `flags of ${id}, ${fate}`);
    assert.equal(notes.get(id)?.length ?? 0, fate === "damaged" ? 1 : 0, `notes of ${id}, ${fate}`);
  }
}

// What the server is not asked to check (migrations/0005_light_rows.up.sql, 0004_hot_rows.up.sql).
const references = [
  ["attempts", "job", "jobs"], ["jobs", "return_id", "returns"], ["rmas", "return_id", "returns"], ["subjects", "return_id", "returns"],
  ["returns", "subject", "subjects"], ["events", "subject", "subjects"],
] as const;

/** Law 1, read by psql: what was acknowledged is there, nothing runs any more, and no row is without the one it belongs to. */
export async function judge_postgres(postgres: Postgres, url: string, load: Load): Promise<void> {
  const rows = await postgres.sql(url, "SELECT replace(encode(j.body, 'base64'), E'\\n', '') FROM journal j JOIN events e USING (seq) WHERE e.kind = 'delivery'");
  const kept = new Set(rows.map((row) => Buffer.from(row, "base64").toString("utf8")));
  const missing = load.acknowledged.filter((body) => !kept.has(body));
  assert.equal(missing.length, 0, `${missing.length} of ${load.acknowledged.length} acknowledged deliveries are not in the database`);
  assert.deepEqual(await postgres.sql(url, "SELECT count(*) FROM jobs WHERE state = 'running'"), ["0"]);
  for (const [table, column, other] of references) {
    const lost = `SELECT ${column} FROM ${table} t WHERE ${column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${other} o WHERE o.id = t.${column})`;
    assert.deepEqual(await postgres.sql(url, lost), [], `${table} whose ${column} is not in ${other}`);
  }
}
