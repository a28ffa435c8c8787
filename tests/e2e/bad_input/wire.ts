// HTTP itself: sizes, methods, addresses, slow clients.
import assert from "node:assert/strict";
import net from "node:net";
import { delivery_bodies } from "../harness/database.ts";
import { loop_signature, post_to_loop_hook } from "../harness/signed.ts";
import { scenario, scenarios, type Stage } from "../harness/stage.ts";

/** Sends bytes as they are and gives everything that comes back until the server ends the connection. */
function raw(stage: Stage, parts: (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(stage.hub.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(Number(port), hostname, () => parts.forEach((part) => socket.write(part)));
    socket.setTimeout(60_000, () => socket.destroy(new Error("the server never ended the connection")));
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    // A server that refuses a body unread may reset the connection under the rest of it.
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(answer) : reject(error)));
    socket.on("end", () => {
      socket.end();
      resolve(answer);
    });
  });
}

async function still_serves(stage: Stage): Promise<void> {
  assert.equal((await fetch(`${stage.hub.url}/readyz`)).status, 200);
}

scenarios("the wire", () => {
  scenario("a body of 10 MB is refused with 413 and not kept", {}, async (stage) => {
    const hook = await stage.hub.hook("loop");
    const before = (await delivery_bodies(stage.hub.database)).length;
    const body = Buffer.from(JSON.stringify({ topic: "return", trigger: "return.updated", id: "1", filler: "x".repeat(10 * 1024 * 1024) }));
    const head = `POST ${new URL(hook).pathname} HTTP/1.1\r\nHost: hub\r\nX-Loop-Signature: ${loop_signature(body)}\r\n`;
    assert.match(await raw(stage, [`${head}Content-Length: ${body.length}\r\n\r\n`]), /^HTTP\/1\.1 413 /, "announced");
    assert.match(await raw(stage, [`${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`]), /^HTTP\/1\.1 413 /, "in chunks");
    assert.equal((await delivery_bodies(stage.hub.database)).length, before);
    const largest = JSON.stringify({ topic: "return", trigger: "return.updated", id: "1", filler: "x".repeat(1_900_000) });
    assert.equal((await post_to_loop_hook(hook, largest)).status, 200, "just below the limit it is taken");
    await still_serves(stage);
  });

  scenario("a client that sends too slowly is cut off, and others are not kept waiting", { settings: { "limits.request_timeout_s": 1 } }, async (stage) => {
    const path = new URL(await stage.hub.hook("loop")).pathname;
    const slow = [
      raw(stage, [`POST ${path} HTTP/1.1\r\nHost: hub\r\nContent-Le`]),
      raw(stage, [`POST ${path} HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\nhalf of it`]),
    ];
    await still_serves(stage);
    for (const answer of await Promise.all(slow)) assert.match(answer, /^HTTP\/1\.1 408 /);
    await still_serves(stage);
  });

  scenario("ShipHero's HEAD probe is answered, other methods and unknown addresses are not", {}, async (stage) => {
    const hook = await stage.hub.hook("shiphero");
    const probe = await fetch(hook, { method: "HEAD" });
    assert.equal(probe.status, 200);
    assert.equal((await fetch(hook)).status, 405);
    assert.equal((await fetch(hook, { method: "PUT", body: "{}" })).status, 405);
    for (const path of ["/hooks/", "/hooks/nobody", `${new URL(hook).pathname}x`, new URL(hook).pathname.slice(0, -1), `${new URL(hook).pathname}/`]) {
      for (const method of ["HEAD", "POST"]) assert.equal((await fetch(stage.hub.url + path, { method })).status, 404, `${method} ${path}`);
    }
    assert.equal((await fetch(`${stage.hub.url}/nowhere`)).status, 404);
    assert.equal((await fetch(`${stage.hub.url}/healthz`)).status, 200);
  });

  scenario("what is no HTTP is refused and the connection ended", {}, async (stage) => {
    const nonsense = [
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: hub\r\n\r\n`,
    ];
    for (const bytes of nonsense) assert.match(await raw(stage, [Buffer.from(bytes, "latin1")]), /^(HTTP\/1\.1 4\d\d |$)/, bytes.slice(0, 30));
    await still_serves(stage);
  });
});
