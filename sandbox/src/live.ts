// Server-sent events: pages hear "something changed" and read again what they show.
import type { FastifyInstance } from "fastify";
import type { World } from "./world.ts";

// A burst of changes is one event; a person cannot see the difference.
const gather_ms = 80;
const heartbeat_ms = 15_000;

export function register_live(app: FastifyInstance, world: World): void {
  app.get("/_control/changes", (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", connection: "keep-alive" });
    raw.write("retry: 1000\nevent: changed\ndata: hello\n\n");
    let gathering: NodeJS.Timeout | undefined;
    const stop = world.on_touch(() => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        raw.write("event: changed\ndata: now\n\n");
      }, gather_ms).unref();
    });
    const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeat_ms).unref();
    request.raw.on("close", () => {
      stop();
      clearInterval(heartbeat);
      clearTimeout(gathering);
    });
  });
}
