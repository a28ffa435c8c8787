// The Node reference: verify, store durably, answer; with --warehouse, also make an RMA there for every delivery stored.
//
//   node server.mjs --database FILE --secret S [--commit each|group]
//   node server.mjs --store postgres --database URL --secret S [--commits-in-flight 2]
//                   [--warehouse URL [--concurrency 64]] [--port 0]
//
// Prints {"ready":true,"url":...} when it listens; ends on SIGTERM, or by itself after half an hour.
import { isUtf8 } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseArgs } from "node:util";
import Fastify from "fastify";
import { batches, startCompleting } from "./completing.mjs";
import { openPostgresStore } from "./postgres_store.mjs";
import { openSqliteStore } from "./sqlite_store.mjs";

const { values: options } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    database: { type: "string" },
    secret: { type: "string" },
    commit: { type: "string", default: "each" },
    "commits-in-flight": { type: "string", default: "2" },
    warehouse: { type: "string" },
    concurrency: { type: "string", default: "64" },
    port: { type: "string", default: "0" },
  },
});

function openStore() {
  if (options.store !== "postgres") return openSqliteStore({ file: options.database, commit: options.commit });
  const commitsInFlight = Number(options["commits-in-flight"]);
  return openPostgresStore({ url: options.database, commitsInFlight, completers: options.warehouse ? batches : 0 });
}

const store = await openStore();
const completing = { warehouse: options.warehouse, concurrency: Number(options.concurrency) };
const stored = options.warehouse ? startCompleting(store, completing) : () => {};
const secret = options.secret;

// The digest of the body when the signature is right; it is also what recognises a repeated delivery.
function verifiedDigest(signature, body) {
  const digest = createHmac("sha256", secret).update(body).digest();
  if (typeof signature !== "string") return undefined;
  const given = Buffer.from(signature, "base64");
  return given.length === digest.length && timingSafeEqual(given, digest) ? digest : undefined;
}

// No logger, no schema, no hooks: nothing on the way that the job does not need.
const server = Fastify({ logger: false, bodyLimit: 2 * 1024 * 1024, keepAliveTimeout: 75_000 });

// The signature covers the raw bytes, so the body stays a Buffer.
server.removeAllContentTypeParsers();
server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

// Callback style rather than async: it saves a promise per request.
server.post("/hooks/loop", (request, reply) => {
  const body = request.body;
  const digest = verifiedDigest(request.headers["x-loop-signature"], body);
  if (digest === undefined) {
    reply.code(401).send();
    return;
  }
  let message;
  try {
    if (!isUtf8(body)) throw new Error("JSON is UTF-8");
    message = JSON.parse(body);
  } catch {
    reply.code(400).send();
    return;
  }
  const delivery = {
    digest,
    returnId: String(message.id ?? message.return_id),
    topic: message.trigger ?? message.topic,
    receivedAt: Date.now(),
    body,
  };
  store.keep(delivery, (failure) => {
    reply.code(failure ? 503 : 200).type("application/json").send(failure ? "{}" : '{"ok":true}');
    if (!failure) stored();
  });
});

await server.listen({ host: "127.0.0.1", port: Number(options.port) });
process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${server.server.address().port}` })}\n`);

const stop = () => {
  server.server.closeAllConnections();
  store.close();
  process.exit(0);
};
process.on("SIGTERM", stop);
setTimeout(stop, 30 * 60_000).unref();
