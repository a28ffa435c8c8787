// Another reader of the hub's database than the hub: the sqlite3 command.
import { unpacked } from "./lz4.ts";
import { run } from "./process.ts";
import type { Json } from "./sandbox.ts";

export async function query(file: string, sql: string): Promise<Json[]> {
  const said = await run("sqlite3", ["-readonly", "-json", file, sql]);
  if (said.code !== 0) throw new Error(`sqlite3: ${said.stderr}`);
  return said.stdout.trim() === "" ? [] : JSON.parse(said.stdout);
}

/** The bodies of all deliveries kept, in the order in which they came. What is ours in the journal has connection 0. */
export async function delivery_bodies(file: string): Promise<string[]> {
  const rows = await query(file, "SELECT hex(body) AS body, packed_from FROM journal WHERE connection <> 0 ORDER BY seq");
  return rows.map((row) => {
    const bytes = Buffer.from(row.body as string, "hex");
    return (row.packed_from === 0 ? bytes : unpacked(bytes, row.packed_from as number)).toString();
  });
}

/** Deliveries that no return knows of: kept in the journal, never filed under what they are about. */
export async function unfiled(file: string): Promise<number> {
  const [{ n }] = (await query(file, "SELECT count(*) AS n FROM journal WHERE connection <> 0 AND seq NOT IN (SELECT seq FROM events)")) as [Json];
  return n;
}

/** Complaints of SQLite itself about the file; empty when it is sound. */
export async function damage(file: string): Promise<string[]> {
  const integrity = (await query(file, "PRAGMA integrity_check")).map((row) => String(row.integrity_check)).filter((word) => word !== "ok");
  const references = (await query(file, "PRAGMA foreign_key_check")).map((row) => JSON.stringify(row));
  return [...integrity, ...references];
}
