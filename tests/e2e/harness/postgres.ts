// A PostgreSQL server of the tests' own: a new cluster in a temporary folder, reached over a socket in it. It ends with
// this process. Debian's postgresql-15 must be installed; `./dev test` does that.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { run, start, type Running } from "./process.ts";
import { until } from "./wait.ts";

const versions = "/usr/lib/postgresql";

function binary(name: string): string {
  const found = (fs.existsSync(versions) ? fs.readdirSync(versions) : [])
    .map((version) => path.join(versions, version, "bin", name)).filter((file) => fs.existsSync(file)).sort().at(-1);
  if (found === undefined) throw new Error(`these tests need a PostgreSQL server and found none in ${versions}: apt-get install postgresql-15`);
  return found;
}

// PostgreSQL refuses to run as root. The signal ends it with us, however we end.
async function as_server(): Promise<string[]> {
  if (process.getuid?.() !== 0) return ["--pdeathsig", "SIGQUIT"];
  const id = async (flag: string) => (await run("id", [flag, "postgres"])).stdout.trim();
  return ["--pdeathsig", "SIGQUIT", "--reuid", await id("-u"), "--regid", await id("-g"), "--clear-groups"];
}

export class Postgres {
  private server: Running | undefined;
  private databases = 0;

  private constructor(readonly folder: string, private readonly who: string[], private readonly settings: string[]) {}

  static async create(settings: string[] = []): Promise<Postgres> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "backhaul-pg-"));
    process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
    const who = await as_server();
    if (who.includes("--reuid")) fs.chownSync(folder, Number(who[who.indexOf("--reuid") + 1]), Number(who[who.indexOf("--regid") + 1]));
    const made = await run("setpriv", [...who, binary("initdb"), "--pgdata", path.join(folder, "data"), "--username", "backhaul",
      "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
    if (made.code !== 0) throw new Error(`initdb: ${made.stderr}`);
    const postgres = new Postgres(folder, who, settings);
    await postgres.start();
    return postgres;
  }

  private static one: Promise<Postgres> | undefined;
  /** One server for all scenarios of this process. */
  static shared(): Promise<Postgres> { return (Postgres.one ??= Postgres.create()); }
  static async stop_shared(): Promise<void> { await (await Postgres.one)?.stop(); }

  async start(): Promise<void> {
    this.server = start("PostgreSQL", "setpriv", [...this.who, binary("postgres"), "-D", path.join(this.folder, "data"),
      "-k", this.folder, "-c", "listen_addresses=", ...this.settings.flatMap((setting) => ["-c", setting])]);
    await until("PostgreSQL to be ready", async () => (await run(binary("pg_isready"), ["-q", "-h", this.folder])).code === 0);
  }

  /** SIGINT breaks connections off and ends in order; SIGQUIT ends at once, as a crash does. */
  async stop(signal: "SIGINT" | "SIGQUIT" = "SIGINT"): Promise<void> {
    if (!this.server) return;
    process.kill(this.server.pid, signal);
    await this.server.ended;
    this.server = undefined;
  }

  url(database: string): string { return `postgres:///${database}?user=backhaul&host=${this.folder}`; }

  /** A new, empty database; gives its URL. */
  async database(): Promise<string> {
    const name = `hub${++this.databases}`;
    await this.sql("postgres", `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs SQL with psql, another reader than the hub; gives the rows as psql prints them, one line each. */
  async sql(database: string, text: string): Promise<string[]> {
    const url = database.startsWith("postgres:") ? database : this.url(database);
    const said = await run(binary("psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, url]);
    if (said.code !== 0) throw new Error(`psql: ${said.stderr}`);
    return said.stdout.trim() === "" ? [] : said.stdout.trim().split("\n");
  }
}

after(() => Postgres.stop_shared());

/** What [store] url says in these tests: BACKHAUL_E2E_STORE=postgres runs them on PostgreSQL. */
export async function store_url(): Promise<string> {
  return process.env["BACKHAUL_E2E_STORE"] === "postgres" ? (await Postgres.shared()).database() : "";
}
