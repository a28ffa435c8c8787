// The Node reference: verify, store durably, answer. node server.mjs --database FILE --secret S --commit each|group
//
// Prints {"ready":true,"url":...} when it listens; ends on SIGTERM, or by itself after half an hour.
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseArgs } from "node:util";
import Fastify from "fastify";
import { commitEach, commitGrouped, openStore } from "./store.mjs";

const { values: options } = parseArgs({
  options: {
    database: { type: "string" },
    secret: { type: "string" },
    commit: { type: "string", default: "each" },
    port: { type: "string", default: "0" },
  },
});

const store = openStore(options.database);
const keep = options.commit === "group" ? commitGrouped(store) : commitEach(store);
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
  keep(delivery, (failure) => reply.code(failure ? 503 : 200).type("application/json").send(failure ? "{}" : '{"ok":true}'));
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
