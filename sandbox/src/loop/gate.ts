// What every API call passes on its way in and out: faults, version, key, scope, rate limit, and the request log.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { draw_fault, garbage, suffer_latency } from "../faults.ts";
import type { World } from "../world.ts";
import { encode } from "./json.ts";
import { not_found, unauthorized, type Reply } from "./refusals.ts";

export interface Operation {
  /** Name in the request log and in the `only` switch. */
  name: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api/{version}. */
  path: string;
  scope: string;
}

export interface Call {
  params: Record<string, string>;
  query: Record<string, string>;
  /** Parsed JSON; undefined when there was none or it was unreadable. */
  body: unknown;
  /** Path below the host, without the query, for building next-page addresses. */
  path: string;
}

const versions = ["v1", "2026-07", "2026-10", "unstable"];

export type Gate = (operation: Operation, handler: (call: Call) => Reply) => void;

/** Returns the function that registers one operation, under every version and without one (Loop's fallback). */
export function create_gate(app: FastifyInstance, world: World): Gate {
  const limiter = new SlidingLimit();
  world.on_restore(() => limiter.clear());

  return (operation, handler) => {
    for (const prefix of ["/api/:version", "/api"]) {
      app.route({
        method: operation.method,
        url: prefix + operation.path,
        handler: (request, reply) => serve(world, limiter, operation, handler, request, reply),
      });
    }
  };
}

async function serve(
  world: World, limiter: SlidingLimit, operation: Operation, handler: (call: Call) => Reply,
  request: FastifyRequest, reply: FastifyReply,
): Promise<void> {
  const began = performance.now();
  const at = world.clock.now().toISOString();
  const { loop } = world.faults;
  const fault = draw_fault(world, loop, operation.name);
  const call: Call = {
    params: request.params as Record<string, string>, query: last_values(request.query), body: request.body,
    path: request.url.split("?")[0]!,
  };
  const log = (status: number, answer: Reply | null) => {
    world.requests.add({
      at, vendor: "loop", operation: operation.name, ref: call.params["id"] ?? call.query["return_id"] ?? call.query["order_name"] ?? "",
      status, ms: Math.round(performance.now() - began), fault, refused: answer?.refused !== undefined, message: answer?.refused ?? null,
    });
    world.touch();
  };
  const destroy = (answer: Reply | null) => {
    log(0, answer);
    reply.hijack();
    request.raw.socket.destroy();
  };

  await suffer_latency(loop, operation.name);
  if (fault === "drop_before") return destroy(null);
  if (fault === "rate_limit_429") return answer_with(reply, log, { status: 429, body: {}, refused: "rate limit (fault)" });
  if (fault === "error_500") return answer_with(reply, log, server_error);

  const key = String(request.headers["x-authorization"] ?? "");
  const refused = check(world, call, key, operation.scope);
  if (refused) return answer_with(reply, log, refused);
  const limit = limiter.take(key, loop.rate_limit_per_minute, world.clock.scale);
  if (loop.rate_headers) {
    void reply.header("x-ratelimit-limit", loop.rate_limit_per_minute).header("x-ratelimit-remaining", limit.left);
    if (!limit.allowed) void reply.header("retry-after", Math.ceil(limit.wait_ms / 1000));
  }
  if (!limit.allowed) return answer_with(reply, log, { status: 429, body: {}, refused: "rate limit" });

  const answer = handler(call);
  if (fault === "error_500_after_commit") return answer_with(reply, log, { ...server_error, refused: answer.refused });
  if (fault === "garbage_body") {
    log(200, answer);
    return void (await reply.code(200).type("application/json").send(garbage));
  }
  if (fault === "timeout_after_commit") {
    await new Promise((resolve) => setTimeout(resolve, loop.stall_ms).unref());
    return destroy(answer);
  }
  return answer_with(reply, log, answer);
}

const server_error: Reply = { status: 500, body: { error: { code: "UNEXPECTED_ERROR", message: "Server Error" } } };

async function answer_with(reply: FastifyReply, log: (status: number, answer: Reply) => void, answer: Reply): Promise<void> {
  log(answer.status, answer);
  void reply.code(answer.status);
  if (answer.body === undefined) await reply.send();
  else await reply.type("application/json").send(encode(answer.body));
}

function check(world: World, call: Call, key: string, scope: string): Reply | null {
  const version = call.params["version"];
  if (version !== undefined && world.faults.loop.unknown_version_404 && !versions.includes(version)) {
    return not_found(`There is no version ${version}.`);
  }
  const known = Object.hasOwn(world.loop.keys, key) ? world.loop.keys[key] : undefined;
  // A key without the scope gets 401 too, not 403.
  if (!known || known.revoked || !known.scopes.includes(scope)) return unauthorized(world);
  return null;
}

/** Query parameters given twice arrive as arrays; PHP keeps the last. */
function last_values(query: unknown): Record<string, string> {
  const entries = Object.entries(query as Record<string, string | string[]>);
  return Object.fromEntries(entries.map(([k, v]) => [k, Array.isArray(v) ? (v.at(-1) ?? "") : v]));
}

/** So many requests in any minute of vendor time, per key. */
export class SlidingLimit {
  private times = new Map<string, number[]>();

  take(key: string, per_minute: number, scale: number, now = performance.now()): { allowed: boolean; left: number; wait_ms: number } {
    const window = 60_000 / scale;
    const recent = (this.times.get(key) ?? []).filter((t) => t > now - window);
    const allowed = recent.length < per_minute;
    if (allowed) recent.push(now);
    this.times.set(key, recent);
    const wait_ms = allowed ? 0 : (recent[0] ?? now) + window - now;
    return { allowed, left: Math.max(0, per_minute - recent.length), wait_ms };
  }

  clear(): void {
    this.times.clear();
  }
}
