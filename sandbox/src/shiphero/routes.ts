// ShipHero's three addresses, and what every request passes on its way in and out: faults, token, ceiling, request log.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { draw_fault, garbage, suffer_latency } from "../faults.ts";
import type { World } from "../world.ts";
import { refuse_bearer, token_by_password, token_by_refresh, type Refusal, type TokenAnswer } from "./auth.ts";
import { new_call, type Call } from "./call.ts";
import { create_compiler } from "./compile.ts";
import type { Variables } from "./cost.ts";
import { choose_operation, run_graphql } from "./execute.ts";
import { root_value } from "./operations.ts";
import type { Quota } from "./quota.ts";
import { create_schema } from "./schema.ts";

interface Answer { status: number; body: unknown; refused: string | null; headers?: Record<string, string> }

/** What one request is, before anything is done: its name for faults and log, and how to do it. */
interface Work { operation: string; run(): Promise<Answer>; ref(): string }

export function register_routes(app: FastifyInstance, world: World, quota: Quota): void {
  const schema = create_schema();
  const compile = create_compiler(schema);
  const root = root_value();

  app.post("/graphql", (request, reply) => {
    const body = (request.body ?? {}) as { query?: unknown; variables?: unknown; operationName?: unknown };
    const faults = world.faults.shiphero;
    const compiled = compile(typeof body.query === "string" ? body.query : "", faults.introspection);
    const operation_name = typeof body.operationName === "string" ? body.operationName : null;
    const operation = choose_operation(compiled, operation_name);
    const names = [...new Set((operation?.roots ?? []).map((one) => one.name))];
    let call: Call | null = null;
    return serve(world, request, reply, {
      // A fault meant for one of several fields strikes the request as a whole.
      operation: names.find((name) => faults.only.includes(name)) ?? (names.join(",") || "invalid"),
      run: async () => {
        if (quota.count_request()) return too_many(world);
        const refused = refuse_bearer(world, request.headers.authorization);
        if (refused) return unauthorized(world, refused);
        call = new_call(world, quota);
        const variables = (typeof body.variables === "object" && body.variables !== null ? body.variables : {}) as Variables;
        return run_graphql(schema, root, compiled, operation, operation_name, variables, call);
      },
      ref: () => call?.ref ?? "",
    });
  });

  const token_route = (path: string, operation: string, issue: (body: Record<string, unknown>) => TokenAnswer | Refusal) => {
    app.post(path, (request, reply) => serve(world, request, reply, {
      operation,
      run: async () => {
        const answer = issue((request.body ?? {}) as Record<string, unknown>);
        if ("error" in answer) return { status: world.faults.shiphero.auth_failure_status, body: answer, refused: answer.error_description };
        return { status: 200, body: answer, refused: null };
      },
      ref: () => "",
    }));
  };
  token_route("/auth/token", "auth_token", (body) => token_by_password(world, body.username, body.password));
  token_route("/auth/refresh", "auth_refresh", (body) => token_by_refresh(world, body.refresh_token));
}

async function serve(world: World, request: FastifyRequest, reply: FastifyReply, work: Work): Promise<void> {
  const began = performance.now();
  const at = world.clock.now().toISOString();
  const faults = world.faults.shiphero;
  const fault = draw_fault(world, faults, work.operation) ?? draw_block(world, work.operation);
  const log = (status: number, refused: string | null) => {
    world.requests.add({
      at, vendor: "shiphero", operation: work.operation, ref: work.ref(), status, ms: Math.round(performance.now() - began),
      fault, refused: refused !== null, message: refused,
    });
    world.touch();
  };
  const send = async (answer: Answer) => {
    log(answer.status, answer.refused);
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    const headers = answer.headers ?? {};
    await reply.code(answer.status).headers({ "content-type": "application/json", ...headers }).send(text);
  };
  const destroy = (refused: string | null) => {
    log(0, refused);
    reply.hijack();
    request.raw.socket.destroy();
  };

  await suffer_latency(faults, work.operation);
  if (fault === "drop_before") return destroy(null);
  if (fault === "rate_limit_429") return send(too_many(world));
  if (fault === "error_500") return send(server_error);
  if (fault === "blocked_403") return send(blocked);

  const answer = await work.run();
  if (fault === "error_500_after_commit") return send({ ...server_error, refused: answer.refused });
  if (fault === "garbage_body") return send({ status: 200, body: garbage, refused: answer.refused });
  if (fault === "timeout_after_commit") {
    await new Promise((resolve) => setTimeout(resolve, faults.stall_ms).unref());
    return destroy(answer.refused);
  }
  return send(answer);
}

function draw_block(world: World, operation: string): "blocked_403" | null {
  const { blocked_403, only } = world.faults.shiphero;
  if (blocked_403 <= 0 || (only.length > 0 && !only.includes(operation))) return null;
  return world.random() < blocked_403 ? "blocked_403" : null;
}

// None of these bodies is documented.
const server_error: Answer = { status: 500, body: { message: "Internal Server Error" }, refused: null };
const blocked: Answer = {
  status: 403, body: "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>",
  refused: "blocked by the network", headers: { "content-type": "text/html" },
};

function unauthorized(world: World, message: string): Answer {
  return { status: world.faults.shiphero.auth_failure_status, body: { message: "Unauthorized" }, refused: message };
}

function too_many(world: World): Answer {
  return {
    status: 429, body: { message: "Too Many Requests" }, refused: "too many requests",
    headers: world.faults.shiphero.retry_after_header ? { "retry-after": "5" } : {},
  };
}
