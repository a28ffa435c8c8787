// Every top-level field goes through the same gate: analyze, scopes, credits, then the work, then the envelope.

import type { GraphQLResolveInfo } from "graphql";
import { account_operations } from "./account_operations.ts";
import type { Call } from "./call.ts";
import { missing_scopes } from "./errors.ts";
import { order_operations } from "./order_operations.ts";
import { return_mutations } from "./return_mutations.ts";
import { return_queries } from "./return_queries.ts";
import { webhook_operations } from "./webhook_operations.ts";

// Arguments have been checked against the schema by the time they get here; each operation names what it takes.
export type Args = any;

export interface OperationDefinition {
  kind: "query" | "mutation";
  scopes: string[];
  /** The field of the envelope the answer goes in; "" when the answer is the whole value, or there is none. */
  into: string;
  /** user_quota is answered without an envelope and for nothing, or an empty bucket could not be asked about. */
  bare?: boolean;
  run(args: Args, call: Call, info: GraphQLResolveInfo): unknown;
}

export const operations: Record<string, OperationDefinition> = {
  ...account_operations, ...order_operations, ...return_queries, ...return_mutations, ...webhook_operations,
};

export function root_value(): Record<string, ReturnType<typeof gate>> {
  return Object.fromEntries(Object.entries(operations).map(([name, definition]) => [name, gate(definition)]));
}

function gate(definition: OperationDefinition) {
  return (args: Args, call: Call, info: GraphQLResolveInfo): unknown => {
    call.ref ||= ref_of(args);
    if (definition.bare) return definition.run(args, call, info);
    const meter = call.meters.get(info.path.key)!;
    const envelope = { request_id: call.request_id, complexity: meter.estimate };
    if (args.analyze === true) return envelope;
    const missing = definition.scopes.filter((scope) => !call.state.scopes.includes(scope));
    if (missing.length > 0) throw missing_scopes(missing);
    call.quota.reserve(meter.estimate);
    meter.reserved = meter.estimate;
    const fill = (answer: unknown) => (definition.into === "" ? envelope : { ...envelope, [definition.into]: answer });
    const answer = definition.run(args, call, info);
    return answer instanceof Promise ? answer.then(fill) : fill(answer);
  };
}

const ref_arguments = [
  "partner_id", "return_id", "id", "partner_order_id", "order_number", "order_id", "tracking_number", "sku", "webhook_id", "name",
];

/** The argument that says best what a call is about. */
function ref_of(args: Args): string {
  const given = { ...args, ...args.data };
  const name = ref_arguments.find((one) => typeof given[one] === "string");
  return name ? given[name] : "";
}
