// The SQLite side: one table, durable commits, and the two ways of committing that are compared.
import Database from "better-sqlite3";

export function openStore(file) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  // `digest` recognises a delivery that came before: Loop sends no event id, so equal bodies are equal deliveries.
  db.exec(`
    CREATE TABLE IF NOT EXISTS deliveries (
      seq INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE,
      return_id TEXT NOT NULL,
      topic TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      body BLOB NOT NULL
    )`);
  const insert = db.prepare(
    "INSERT INTO deliveries (digest, return_id, topic, received_at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const add = (d) => insert.run(d.digest, d.returnId, d.topic, d.receivedAt, d.body);
  const addAll = db.transaction((deliveries) => {
    for (const delivery of deliveries) add(delivery);
  });
  return { add, addAll, close: () => db.close() };
}

// Every delivery is its own transaction, durable when this returns.
export function commitEach(store) {
  return (delivery, answer) => {
    store.add(delivery);
    answer();
  };
}

// Deliveries that arrive in the same turn of the event loop share one transaction, and all are answered after it. setImmediate
// runs when the sockets that were readable have been read, so a batch is as large as the load makes it and waits for no timer.
export function commitGrouped(store) {
  let waiting = [];
  const flush = () => {
    const batch = waiting;
    waiting = [];
    let failure;
    try {
      store.addAll(batch.map((item) => item.delivery));
    } catch (error) {
      failure = error;
    }
    for (const { answer } of batch) answer(failure);
  };
  return (delivery, answer) => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ delivery, answer });
  };
}
