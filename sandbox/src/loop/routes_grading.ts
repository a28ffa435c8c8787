// Section 4.5: condition grades and dispositions, stored on the line; the last write wins.
import type { World } from "../world.ts";
import { parse_date } from "./dates.ts";
import type { Gate } from "./gate.ts";
import { invalid, type Reply } from "./refusals.ts";
import type { LoopLine } from "./state.ts";

const categories = ["grade_a", "grade_b", "grade_c", "grade_d", "incorrect_item", "missing", "junk"];
const most_items = 30;

type Item = Record<string, unknown>;
type Problem = [field: string, message: string] | null;

export function register_grading_routes(gate: Gate, world: World): void {
  gate({ name: "grade", method: "POST", path: "/dispositioning/grade", scope: "returns" }, (call) =>
    store(world, call.body, "grade", grade_problem, (line, { line_item_id: _, ...condition }) => {
      line.condition = condition;
    }));
  gate({ name: "assess", method: "POST", path: "/dispositioning/assess", scope: "returns" }, (call) =>
    store(world, call.body, "assess", (item) => assess_problem(world, item), (line, { line_item_id: _, ...disposition }) => {
      line.disposition = disposition;
    }));
}

function store(
  world: World, body: unknown, what: string, problem_of: (item: Item) => Problem, write: (line: LoopLine, item: Item) => void,
): Reply {
  const items = (body as { items?: unknown } | null | undefined)?.items;
  if (!Array.isArray(items) || items.length === 0) return invalid({ items: ["The items field is required."] });
  if (items.length > most_items) return invalid({ items: [`The items may not have more than ${most_items} items.`] });
  const lines: LoopLine[] = [];
  for (const [i, item] of (items as Item[]).entries()) {
    const problem = item_problem(item) ?? problem_of(item);
    if (problem) return invalid({ [`items.${i}.${problem[0]}`]: [problem[1]] });
    const line = find_line(world, String(item["line_item_id"]));
    if (!line) return unknown_line(world, i);
    lines.push(line);
  }
  // All or nothing: nothing is written before every item has passed.
  for (const [i, item] of (items as Item[]).entries()) {
    const line = lines[i]!;
    write(line, item);
    const ref = world.loop.line_items[line.line_item_id] ?? "";
    world.record({ vendor: "loop", what, ref, detail: { ...item, line_item_id: line.line_item_id, sku: line.sku } });
  }
  return { status: 200, body: items };
}

function item_problem(item: Item): Problem {
  if (item === null || typeof item !== "object") return ["line_item_id", "The item must be an object."];
  if (!/^\d+$/.test(String(item["line_item_id"] ?? ""))) return ["line_item_id", "The line item id must be an integer."];
  if (!optional_text(item["return_processor"], 100)) return ["return_processor", "The return processor may not be greater than 100 characters."];
  if (!optional_text(item["note"], 65_535)) return ["note", "The note may not be greater than 65535 characters."];
  const inspected = item["inspected_at"];
  if (inspected != null && parse_date(String(inspected)) === null) return ["inspected_at", "The inspected at is not a valid date."];
  return null;
}

function grade_problem(item: Item): Problem {
  const description = item["description"];
  if (typeof description !== "string" || description === "") return ["description", "The description field is required."];
  if (description.length > 255) return ["description", "The description may not be greater than 255 characters."];
  const category = item["condition_category"];
  if (category != null && !categories.includes(String(category))) return ["condition_category", "The selected condition category is invalid."];
  const images = item["images"];
  if (images == null) return null;
  if (!Array.isArray(images) || images.length > 5) return ["images", "The images may not have more than 5 items."];
  return images.every((url) => optional_text(url, 2048)) ? null : ["images", "An image may not be greater than 2048 characters."];
}

function assess_problem(world: World, item: Item): Problem {
  const outcome = item["disposition_outcome"];
  if (typeof outcome !== "string" || outcome === "") return ["disposition_outcome", "The disposition outcome field is required."];
  const known = world.faults.loop.disposition_outcomes;
  return known.includes(outcome) ? null : ["disposition_outcome", "The selected disposition outcome is invalid."];
}

function find_line(world: World, line_item_id: string): LoopLine | undefined {
  const ret = world.loop.returns[world.loop.line_items[line_item_id] ?? ""];
  return ret?.lines.find((line) => line.line_item_id === line_item_id);
}

function unknown_line(world: World, index: number): Reply {
  if (world.faults.loop.unknown_line_item === "422") return invalid({ [`items.${index}.line_item_id`]: ["The selected line item id is invalid."] });
  const message = "This action is unauthorized.";
  return { status: 403, body: { message }, refused: message };
}

function optional_text(value: unknown, most: number): boolean {
  return value == null || (typeof value === "string" && value.length <= most);
}
