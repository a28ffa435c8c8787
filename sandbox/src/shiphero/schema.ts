// Puts the parts of the schema together and teaches it the scalars.

import { readFileSync } from "node:fs";
import { buildSchema, GraphQLError, GraphQLScalarType, Kind, type GraphQLSchema, type ValueNode } from "graphql";
import { parse_time } from "./time.ts";

const parts = ["base", "orders", "returns", "webhooks"];

export function create_schema(): GraphQLSchema {
  const text = parts.map((part) => readFileSync(new URL(`./schema/${part}.graphql`, import.meta.url), "utf8"));
  const schema = buildSchema(text.join("\n"));
  teach(schema, "BigInt", read_big_int);
  teach(schema, "ISODateTime", read_time_text);
  teach(schema, "DateTime", read_time_text);
  teach(schema, "URL", (value) => {
    if (typeof value === "string" && URL.canParse(value)) return value;
    throw new GraphQLError(`URL cannot represent value: ${JSON.stringify(value)}`);
  });
  return schema;
}

function teach(schema: GraphQLSchema, name: string, read: (value: unknown) => unknown): void {
  const scalar = schema.getType(name);
  if (!(scalar instanceof GraphQLScalarType)) throw new Error(`the schema has no scalar ${name}`);
  scalar.parseValue = read;
  scalar.parseLiteral = (node: ValueNode) => {
    if (node.kind === Kind.STRING || node.kind === Kind.INT) return read(node.kind === Kind.INT ? Number(node.value) : node.value);
    throw new GraphQLError(`${name} cannot represent a ${node.kind}`, { nodes: node });
  };
}

function read_big_int(value: unknown): number {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number)) return number;
  throw new GraphQLError(`BigInt cannot represent value: ${JSON.stringify(value)}`);
}

// Whether a zone is allowed hangs on a switch, so that is looked at when the argument is used.
function read_time_text(value: unknown): string {
  if (typeof value === "string" && parse_time(value)) return value;
  throw new GraphQLError(`ISODateTime cannot represent value: ${JSON.stringify(value)}`);
}
