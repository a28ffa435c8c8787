// Query text to something that can be run. A client sends the same few texts over and over, so parsing, validating and
// working out the cost are done once per text.

import {
  GraphQLError, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, type DocumentNode, type FieldNode,
  type GraphQLSchema, type OperationDefinitionNode,
} from "graphql";
import { connections_of, type ConnectionCost, type Fragments, type Variables } from "./cost.ts";

export interface RootField { key: string; name: string; connections: ConnectionCost[] }
export interface Operation { kind: "query" | "mutation"; roots: RootField[]; defaults: Variables }
export interface Compiled {
  document: DocumentNode | null;
  errors: readonly GraphQLError[];
  operations: Map<string, Operation>;
}

// Room for every text a client has; a client that writes values into its texts only loses the saving.
const kept_max = 500;

export function create_compiler(schema: GraphQLSchema): (text: string, introspection: boolean) => Compiled {
  const kept = new Map<string, Compiled>();
  return (text, introspection) => {
    const key = introspection ? text : `!${text}`;
    let compiled = kept.get(key);
    if (!compiled) {
      compiled = compile(schema, text, introspection);
      if (kept.size >= kept_max) kept.delete(kept.keys().next().value!);
      kept.set(key, compiled);
    }
    return compiled;
  };
}

function compile(schema: GraphQLSchema, text: string, introspection: boolean): Compiled {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: 5000 });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { document: null, errors: [error], operations: new Map() };
  }
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const errors = validate(schema, document, rules);
  const operations = new Map<string, Operation>();
  if (errors.length === 0) {
    const fragments: Fragments = {};
    for (const node of document.definitions) if (node.kind === "FragmentDefinition") fragments[node.name.value] = node;
    for (const node of document.definitions) {
      if (node.kind === "OperationDefinition") operations.set(node.name?.value ?? "", operation_of(schema, node, fragments));
    }
  }
  return { document, errors, operations };
}

function operation_of(schema: GraphQLSchema, node: OperationDefinitionNode, fragments: Fragments): Operation {
  const type = schema.getRootType(node.operation);
  const fields = type?.getFields() ?? {};
  const roots = root_fields(node.selectionSet.selections, fragments).map((field) => {
    const definition = fields[field.name.value];
    return {
      key: field.alias?.value ?? field.name.value,
      name: field.name.value,
      connections: definition ? connections_of(definition, field, fragments) : [], // __schema and the like have none
    };
  });
  const defaults: Variables = {};
  for (const variable of node.variableDefinitions ?? []) {
    if (variable.defaultValue?.kind === "IntValue") defaults[variable.variable.name.value] = Number(variable.defaultValue.value);
  }
  return { kind: node.operation === "mutation" ? "mutation" : "query", roots, defaults };
}

function root_fields(selections: OperationDefinitionNode["selectionSet"]["selections"], fragments: Fragments): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === "Field") return [selection];
    const inner = selection.kind === "InlineFragment" ? selection : fragments[selection.name.value];
    return inner ? root_fields(inner.selectionSet.selections, fragments) : [];
  });
}
