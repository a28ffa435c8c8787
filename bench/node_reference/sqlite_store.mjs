// The SQLite side: one connection, as SQLite has one writer, and the two ways of committing that are compared.
import Database from "better-sqlite3";

// Marks wait for company: that many, or the next delivery's commit, or this long, whichever comes first. A mark lost with the
// process costs one look-up, which finds the RMA under the return's id.
const marksMax = 256;
const markDelayMs = 10;

// `commit`: each or group.
export function openSqliteStore({ file, commit }) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  makeTables(db);
  const statements = {
    add: db.prepare(
      "INSERT INTO deliveries (digest, return_id, topic, received_at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    mark: db.prepare("INSERT INTO completions (seq, rma_id, made_at) VALUES (?, ?, ?)"),
    waiting: db.prepare(`
      SELECT seq, body FROM deliveries d
      WHERE seq > ? AND NOT EXISTS (SELECT 1 FROM completions c WHERE c.seq = d.seq) ORDER BY seq LIMIT ?`),
  };
  const { keep, mark } = commit === "group" ? commitGrouped(db, statements) : commitEach(statements);
  return { keep, complete: completion(statements.waiting, mark), close: () => db.close() };
}

// `digest` recognises a delivery that came before: Loop sends no event id, so equal bodies are equal deliveries. Completions have
// a table of their own because a row of deliveries fills a page: marking it in place would write 4 KB for each.
function makeTables(db) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS deliveries (
      seq INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE,
      return_id TEXT NOT NULL,
      topic TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      body BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS completions (
      seq INTEGER PRIMARY KEY,
      rma_id TEXT NOT NULL,
      made_at INTEGER NOT NULL
    )`);
}

const add = (statements, d) => statements.add.run(d.digest, d.returnId, d.topic, d.receivedAt, d.body);
const addMark = (statements, { seq, rmaId, madeAt }) => statements.mark.run(seq, rmaId, madeAt);

// Every delivery and every mark is its own transaction, durable when this returns.
function commitEach(statements) {
  return {
    keep(delivery, answer) {
      add(statements, delivery);
      answer();
    },
    mark(marks) {
      for (const one of marks) addMark(statements, one);
    },
  };
}

// Deliveries that arrive in the same turn of the event loop share one transaction, and all are answered after it. setImmediate
// runs when the sockets that were readable have been read, so a batch is as large as the load makes it and waits for no timer.
function commitGrouped(db, statements) {
  let waiting = [];
  let marks = [];
  let timer;
  const write = db.transaction((deliveries, done) => {
    for (const { delivery } of deliveries) add(statements, delivery);
    for (const one of done) addMark(statements, one);
  });
  const flush = () => {
    const [batch, done] = [waiting, marks];
    [waiting, marks] = [[], []];
    clearTimeout(timer);
    timer = undefined;
    let failure;
    try {
      write(batch, done);
    } catch (error) {
      failure = error;
    }
    for (const { answer } of batch) answer(failure);
  };
  return {
    keep(delivery, answer) {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ delivery, answer });
    },
    mark(more) {
      marks.push(...more);
      if (marks.length >= marksMax) flush();
      else timer ??= setTimeout(flush, markDelayMs);
    },
  };
}

// Takes up to `limit` waiting deliveries in order, and marks those that `make` gives an RMA's id for; tells how many it took.
// What was taken is known by a cursor: it is one process, and a new one begins with what has no mark.
function completion(waiting, mark) {
  let taken = 0;
  let failed = [];
  return async (limit, make) => {
    const rows = failed.length > 0 ? failed.splice(0, limit) : waiting.all(taken, limit);
    if (rows.length === 0) return 0;
    taken = Math.max(taken, rows.at(-1).seq);
    const ids = await make(rows);
    const madeAt = Date.now();
    mark(rows.map(({ seq }, i) => ({ seq, rmaId: ids[i], madeAt })).filter(({ rmaId }) => rmaId !== undefined));
    failed.push(...rows.filter((_, i) => ids[i] === undefined));
    return rows.length;
  };
}
