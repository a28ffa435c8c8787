// A PostgreSQL server of the bench's own: a new cluster on the disk the build is on, reached over a socket in its directory.
// It ends with the driver, however that ends. Debian's postgresql-15 must be installed, which has pgbench as well.
import { chownSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { background, BenchError, removeDirectory, run, temporaryDirectory } from "./processes.mjs";

const binaries = "/usr/lib/postgresql/15/bin";
const user = "backhaul";

// A small machine's server, durable as a merchant's would be. What is measured is a few seconds of commits, so a checkpoint must
// not fall into some of them: none is due by the clock, nor by the WAL that any of them writes; `database` makes one before each.
const settings = {
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "256MB",
  wal_buffers: "16MB",
  max_wal_size: "4GB",
  min_wal_size: "1GB", // WAL files are used again rather than made anew
  checkpoint_timeout: "1h",
  dynamic_shared_memory_type: "mmap", // in the directory, which is removed
  log_min_messages: "error",
  log_checkpoints: "off",
};

const walBytesReady = 512 * 1024 * 1024;
const walMessageBytes = 16 * 1024 * 1024;

export function postgresTool(name) {
  const file = join(binaries, name);
  if (!existsSync(file)) throw new BenchError(`${file} does not exist; apt-get install postgresql-15`);
  return file;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// PostgreSQL refuses to run as root. The signal ends it with us, also when we are killed.
async function asServer(directory) {
  const words = ["--pdeathsig", "SIGQUIT"];
  if (process.getuid() !== 0) return words;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  chownSync(directory, Number(uid), Number(gid));
  return [...words, "--reuid", uid.trim(), "--regid", gid.trim(), "--clear-groups"];
}

export class Postgres {
  #databases = 0;

  // Use startPostgres.
  constructor(directory, port, server) {
    Object.assign(this, { directory, port, server });
  }

  async stop() {
    await this.server.stop();
    removeDirectory(this.directory);
  }

  // A URL as libpq and Node's pg take it. "postgres" is the database that is always there.
  url(database = "postgres") {
    return `postgres:///${database}?user=${user}&host=${this.directory}&port=${this.port}`;
  }

  // Runs SQL; gives what psql prints of it.
  sql(text, database) {
    return run(postgresTool("psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, this.url(database)]);
  }

  // Gives `work` the name of a new, empty database, and drops it afterwards. A checkpoint before: everyone's pages are then written
  // whole to the WAL once, and nobody's predecessor is still being written back.
  async database(work) {
    const name = `bench${++this.#databases}`;
    await this.sql(`CREATE DATABASE ${name}`);
    try {
      await this.sql("CHECKPOINT");
      return await work(name);
    } finally {
      await this.sql(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }

  // The first one measured should not be the only one that pays for making the WAL's files.
  async makeWalFiles() {
    const message = `pg_logical_emit_message(false, 'bench', repeat('x', ${walMessageBytes}))`;
    await this.sql(`SELECT count(${message}) FROM generate_series(1, ${walBytesReady / walMessageBytes})`);
    await this.sql("CHECKPOINT");
  }
}

// Starts the server; `stop` ends it and removes its directory.
export async function startPostgres(build) {
  const directory = temporaryDirectory(build);
  try {
    const who = await asServer(directory);
    const data = join(directory, "data");
    const cluster = ["--pgdata", data, "--username", user, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"];
    await run("setpriv", [...who, postgresTool("initdb"), ...cluster, "--no-sync"]);
    const port = await freePort();
    const postgres = new Postgres(directory, port, await startServer(who, directory, data, port));
    await postgres.makeWalFiles().catch((error) => postgres.stop().then(() => Promise.reject(error)));
    return postgres;
  } catch (error) {
    removeDirectory(directory);
    throw error;
  }
}

function startServer(who, directory, data, port) {
  const places = ["-D", data, "-k", directory, "-h", "127.0.0.1", "-p", String(port)];
  const set = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const asked = ["-q", "-h", directory, "-p", String(port)];
  const isReady = () => run(postgresTool("pg_isready"), asked).then(() => true, () => false);
  // SIGQUIT: at once, without a last checkpoint. Nothing of it is kept.
  return background("setpriv", [...who, postgresTool("postgres"), ...places, ...set], { endWith: "SIGQUIT", isReady });
}
