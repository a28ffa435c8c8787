// The PostgreSQL side: deliveries go in with group commits on a few connections; completing has connections of its own.
import pg from "pg";

const rowsMax = 512; // in one insert

// `commitsInFlight`: connections of the intake; `completers`: those of completing, 0 when nothing is to be completed.
export async function openPostgresStore({ url, commitsInFlight, completers }) {
  const connect = async () => {
    // A plan made while the tables are empty would read all of them, until they are next analysed.
    const client = new pg.Client({ connectionString: url, options: "-c enable_seqscan=off -c jit=off" });
    client.on("error", giveUp);
    await client.connect();
    return client;
  };
  const intake = await Promise.all(Array.from({ length: commitsInFlight }, connect));
  await makeTables(intake[0]);
  const completing = await Promise.all(Array.from({ length: completers }, connect));
  return {
    keep: groupCommit(intake, completers > 0 ? insertToComplete : insert),
    complete: completion(completing),
    close() {},
  };
}

// The server went away; a supervisor would start us again.
function giveUp(error) {
  console.error(error.message);
  process.exit(1);
}

// What waits has a narrow table of its own: a mark in `deliveries` would copy the row with its body and add to each of its
// indexes again. The server inserts such a body in 6 us with LZ4, in 16 us with the default compression.
const makeTables = (client) =>
  client.query(`
    CREATE TABLE IF NOT EXISTS deliveries (
      seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      digest bytea NOT NULL UNIQUE,
      return_id text NOT NULL,
      topic text NOT NULL,
      received_at bigint NOT NULL,
      body bytea COMPRESSION lz4 NOT NULL
    );
    CREATE TABLE IF NOT EXISTS waiting (seq bigint PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS completions (seq bigint PRIMARY KEY, rma_id text NOT NULL, made_at bigint NOT NULL)`);

const insertText = `
  INSERT INTO deliveries (digest, return_id, topic, received_at, body)
  SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::bytea[]) ON CONFLICT DO NOTHING`;
const insert = { name: "insert", text: insertText };
const insertToComplete = {
  name: "insert_to_complete",
  text: `WITH added AS (${insertText} RETURNING seq) INSERT INTO waiting SELECT seq FROM added`,
};

// Deliveries gather while every connection has a commit under way; then they go out as one statement, and are answered after
// its commit. setImmediate runs when the sockets that were readable have been read.
function groupCommit(clients, statement) {
  const idle = [...clients];
  let waiting = [];
  let due = false;
  const send = async (client, batch) => {
    let failure;
    try {
      await client.query({ ...statement, values: columns(batch) });
    } catch (error) {
      failure = error;
    }
    for (const { answer } of batch) answer(failure);
    idle.push(client);
    flush();
  };
  const flush = () => {
    due = false;
    while (waiting.length > 0 && idle.length > 0) send(idle.pop(), waiting.splice(0, rowsMax));
  };
  return (delivery, answer) => {
    waiting.push({ delivery, answer });
    if (due || idle.length === 0) return;
    due = true;
    setImmediate(flush);
  };
}

function columns(batch) {
  const column = (name) => batch.map(({ delivery }) => delivery[name]);
  return [byteaArray(column("digest")), column("returnId"), column("topic"), column("receivedAt"), byteaArray(column("body"))];
}

// PostgreSQL's binary form of a bytea[]. Given arrays of Buffers, pg would write each byte as two hex digits; a Buffer it
// passes on as it is.
function byteaArray(values) {
  const head = 20;
  const out = Buffer.allocUnsafe(values.reduce((sum, value) => sum + 4 + value.length, head));
  const fields = [1, 0, 17, values.length, 1]; // dimensions, no nulls, bytea's oid, length, first index
  fields.forEach((field, i) => out.writeInt32BE(field, 4 * i));
  let at = head;
  for (const value of values) {
    out.writeInt32BE(value.length, at);
    value.copy(out, at + 4);
    at += 4 + value.length;
  }
  return out;
}

// The rows stay locked, and taken away, in a transaction that is open while their RMAs are made: nothing has to be written for
// a claim, and when this process ends the server gives them back.
const claim = {
  name: "claim", // the body as text: pg reads a bytea as two hex digits for each byte
  text: `
    WITH taken AS (
      DELETE FROM waiting WHERE seq = ANY (ARRAY(SELECT seq FROM waiting ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED))
      RETURNING seq)
    SELECT d.seq, convert_from(d.body, 'UTF8') AS body FROM taken JOIN deliveries d USING (seq) ORDER BY d.seq`,
};
const mark = {
  name: "mark",
  text: `
    WITH made AS (
      INSERT INTO completions SELECT seq, rma_id, $3 FROM unnest($1::bigint[], $2::text[]) AS w (seq, rma_id)
      WHERE rma_id IS NOT NULL)
    INSERT INTO waiting SELECT seq FROM unnest($1::bigint[], $2::text[]) AS w (seq, rma_id) WHERE rma_id IS NULL`,
};

// Takes up to `limit` waiting deliveries in order, and marks those that `make` gives an RMA's id for; tells how many it took.
function completion(clients) {
  const idle = [...clients];
  return async (limit, make) => {
    const client = idle.pop();
    try {
      await client.query("BEGIN");
      const { rows } = await client.query({ ...claim, values: [limit] });
      if (rows.length > 0) {
        const ids = await make(rows);
        await client.query({ ...mark, values: [rows.map(({ seq }) => seq), ids.map((id) => id ?? null), Date.now()] });
      }
      await client.query("COMMIT");
      return rows.length;
    } finally {
      idle.push(client);
    }
  };
}
