// The ceiling on PostgreSQL: the hub's journal rows, inserted by pgbench as fast as the server takes them.
//
// Why it is fair: it is the hub's own table, made by the hub's own migrations, in the same server, with bodies of the same size
// and make-up (so they compress alike), durable with every commit, and as many rows under way at once as the load has connections.
// Why it is a ceiling: the body stands in the prepared statement and the server puts the fresh id into it, so that nothing is sent
// or parsed; there is no HTTP, no signature, no JSON, no look-up of duplicates, and none of the rows that say what a delivery is
// about. What is left is the insert and the flush.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deliveryBody, here } from "./bench.mjs";
import { BenchError, run } from "./processes.mjs";
import { postgresTool } from "./postgres.mjs";
import { percentile } from "./report.mjs";

const warmupSeconds = 1;
const idInBody = "9000000000";

// Hexadecimal, as pgbench takes a colon for the beginning of a variable's name.
function insertScript(batch) {
  const body = readFileSync(deliveryBody);
  const at = body.indexOf(idInBody) + 1;
  const id = `convert_to((${idInBody} + seq)::text, 'UTF8')`;
  return `INSERT INTO journal (seq, body)
    SELECT seq, overlay('\\x${body.toString("hex")}'::bytea PLACING ${id} FROM ${at})
    FROM (SELECT nextval('journal_seq') AS seq FROM generate_series(1, ${batch})) AS numbered;`.replaceAll("\n", " ");
}

async function makeHubTables(postgres, database) {
  const directory = join(here, "../src/store/postgres/migrations");
  const files = readdirSync(directory).filter((file) => file.endsWith(".up.sql")).sort();
  for (const file of files) await postgres.sql(readFileSync(join(directory, file), "utf8"), database);
}

// Lines of "client number latency_us script epoch_s us"; without those that ended in the first second.
function readLog(directory) {
  const log = readdirSync(directory).filter((file) => file.startsWith("log."));
  const lines = log.flatMap((file) => readFileSync(join(directory, file), "utf8").split("\n").filter(Boolean));
  if (lines.length === 0) throw new BenchError("pgbench made no transaction");
  const all = lines.map((line) => {
    const [, , latency, , seconds, micros] = line.split(" ").map(Number);
    return { latency, ended: seconds + micros / 1e6 };
  });
  const start = Math.min(...all.map(({ ended, latency }) => ended - latency / 1e6));
  const counted = all.filter(({ ended }) => ended >= start + warmupSeconds);
  const latencies = counted.map(({ latency }) => latency).sort((a, b) => a - b);
  return { latencies, seconds: Math.max(...counted.map(({ ended }) => ended)) - start - warmupSeconds };
}

// `clients` sessions insert `batch` rows per transaction for as long as a load takes. Latencies are those of a transaction.
export function pgbenchInserts(bench, postgres, { batch, clients, seconds }) {
  return bench.inDirectory((directory) =>
    postgres.database(async (database) => {
      await makeHubTables(postgres, database);
      const script = join(directory, "insert.sql");
      writeFileSync(script, insertScript(batch));
      const log = ["-l", "--log-prefix", join(directory, "log")];
      const plan = ["-c", clients, "-j", 1, "-T", seconds + warmupSeconds, "-M", "prepared", "-n", "-f", script];
      const args = [...plan, ...log, postgres.url(database)].map(String);
      await run(postgresTool("pgbench"), args, { seconds: seconds + 60 });
      const { latencies, seconds: elapsed } = readLog(directory);
      const perSecond = latencies.length / elapsed;
      return {
        ...{ per_second: perSecond * batch, transactions_per_second: perSecond, batch, clients },
        ...{ p50_us: percentile(latencies, 0.5), p99_us: percentile(latencies, 0.99), max_us: latencies.at(-1) },
      };
    }),
  );
}
