// What an operation is estimated to cost. The formula is not public; the rule here is a plausible reading of samples:
// a query costs 1 plus, for every connection, the product of the page sizes on its path. For example
// `products { data { ... } }` is 1 + 100 = 101, and two orders with up to fifty lines each are 1 + 2 + 2 * 50 = 103.

import {
  GraphQLObjectType, getNamedType, type FieldNode, type FragmentDefinitionNode, type GraphQLField, type GraphQLNamedType,
  type SelectionSetNode, type ValueNode,
} from "graphql";
import { page_size_max } from "./connection.ts";
import type { ShipHeroFaults } from "./faults.ts";

export type Variables = Record<string, unknown>;

/** One connection in a document, worked out once per query text; page sizes may hang on variables. */
export interface ConnectionCost { size: (variables: Variables) => number; inner: ConnectionCost[] }

export interface Fragments { [name: string]: FragmentDefinitionNode }

/** `field` is what `node` selects; the connections at and below it. */
export function connections_of(
  field: GraphQLField<unknown, unknown>, node: FieldNode, fragments: Fragments, outer?: FieldNode,
): ConnectionCost[] {
  const type = getNamedType(field.type);
  const inner = node.selectionSet ? connections_below(type, node.selectionSet, fragments, node) : [];
  if (!type.name.endsWith("Connection")) return inner;
  // One connection, webhooks_call_logs, is paged by the field around it.
  const sized = field.args.some((arg) => arg.name === "first") || !outer ? node : outer;
  return [{ size: page_size(sized), inner }];
}

function connections_below(
  type: GraphQLNamedType, selections: SelectionSetNode, fragments: Fragments, outer: FieldNode,
): ConnectionCost[] {
  if (!(type instanceof GraphQLObjectType)) return [];
  return selections.selections.flatMap((selection) => {
    if (selection.kind === "InlineFragment") return connections_below(type, selection.selectionSet, fragments, outer);
    if (selection.kind === "FragmentSpread") {
      const fragment = fragments[selection.name.value];
      return fragment ? connections_below(type, fragment.selectionSet, fragments, outer) : [];
    }
    const field = type.getFields()[selection.name.value];
    return field ? connections_of(field, selection, fragments, outer) : [];
  });
}

function page_size(node: FieldNode): (variables: Variables) => number {
  const given = (name: string): ValueNode | undefined => node.arguments?.find((arg) => arg.name.value === name)?.value;
  const value_of = (value: ValueNode | undefined, variables: Variables): number | null => {
    if (value?.kind === "IntValue") return Number(value.value);
    if (value?.kind !== "Variable") return null;
    const variable = variables[value.name.value];
    return typeof variable === "number" ? variable : null;
  };
  const [first, last] = [given("first"), given("last")];
  return (variables) => {
    const size = value_of(first, variables) ?? value_of(last, variables) ?? page_size_max;
    return Math.min(Math.max(size, 0), page_size_max);
  };
}

export interface CostRule { query(connections: ConnectionCost[], variables: Variables): number; mutation(): number }

export function cost_rule(faults: ShipHeroFaults): CostRule {
  const deepest_only = faults.cost_rule === "deepest_only";
  const sum = (connections: ConnectionCost[], factor: number, variables: Variables): number => {
    let total = 0;
    for (const connection of connections) {
      const rows = factor * connection.size(variables);
      const inner = sum(connection.inner, rows, variables);
      total += deepest_only ? Math.max(rows, inner) : rows + inner;
    }
    return total;
  };
  return {
    query: (connections, variables) => 1 + sum(connections, 1, variables),
    mutation: () => faults.mutation_cost,
  };
}
