// Runs one GraphQL request and shapes its answer: 200 and flat errors once the text is valid, whatever went wrong inside.

import { execute, type ExecutionResult, type GraphQLError, type GraphQLSchema } from "graphql";
import type { Call } from "./call.ts";
import type { Compiled, Operation } from "./compile.ts";
import { cost_rule, type Variables } from "./cost.ts";
import { ShipHeroError } from "./errors.ts";
import { operations } from "./operations.ts";

export interface GraphqlAnswer { status: number; body: unknown; /** ShipHero's words when it said no. */ refused: string | null }

export function choose_operation(compiled: Compiled, name: string | null | undefined): Operation | null {
  if (name) return compiled.operations.get(name) ?? null;
  return compiled.operations.size === 1 ? [...compiled.operations.values()][0]! : null;
}

export async function run_graphql(
  schema: GraphQLSchema, root: Record<string, unknown>, compiled: Compiled, operation: Operation | null,
  operation_name: string | null, variables: Variables, call: Call,
): Promise<GraphqlAnswer> {
  if (compiled.errors.length > 0 || !compiled.document) return invalid(call, compiled.errors);
  if (operation) estimate(operation, variables, call);
  const running = execute({
    schema, document: compiled.document, rootValue: root, contextValue: call, variableValues: variables,
    operationName: operation_name,
  });
  const result: ExecutionResult = running instanceof Promise ? await running : running;
  give_back_unused(call);
  // No data at all means that it did not get as far as running: variables of the wrong type, or no such operation.
  if (result.data === undefined) return invalid(call, result.errors ?? []);
  const errors = result.errors?.map((error) => flat(error, operation!, call));
  const body = errors ? { errors, data: result.data } : { data: result.data };
  return { status: 200, body, refused: errors ? String(errors[0]!.message) : null };
}

function estimate(operation: Operation, variables: Variables, call: Call): void {
  const rule = cost_rule(call.faults);
  const given = { ...operation.defaults, ...variables };
  for (const root of operation.roots) {
    const cost = operation.kind === "mutation" ? rule.mutation() : rule.query(root.connections, given);
    call.meters.set(root.key, { estimate: cost, reserved: 0, rows: 0, refundable: operation.kind === "query" });
  }
}

function give_back_unused(call: Call): void {
  for (const meter of call.meters.values()) {
    if (meter.refundable && meter.reserved > 0) call.quota.give_back(Math.max(0, meter.reserved - 1 - meter.rows));
  }
}

function invalid(call: Call, errors: readonly GraphQLError[]): GraphqlAnswer {
  const shown = errors.map(({ message, locations }) => ({ message, locations: locations ?? [] }));
  return { status: call.faults.validation_error_status, body: { errors: shown }, refused: shown[0]?.message ?? "invalid" };
}

function flat(error: GraphQLError, operation: Operation, call: Call): Record<string, unknown> {
  const refusal = error.originalError;
  // Anything else is a mistake in the emulator and must not look like an answer of ShipHero.
  if (!(refusal instanceof ShipHeroError)) throw error.originalError ?? error;
  const key = error.path?.[0];
  const name = operation.roots.find((root) => root.key === key)?.name ?? String(key);
  const path = error.path ?? [];
  const field = operations[name]?.kind === "mutation" || path.length < 2 ? name : String(path.at(-1));
  return {
    message: refusal.message, operation: name, field, request_id: call.request_id,
    ...(refusal.code === null ? {} : { code: refusal.code }), ...refusal.extra,
  };
}
