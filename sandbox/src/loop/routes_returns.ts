// Section 4.1, return actions; 4.5, grading and disposition; and generating a label from 4.7.
import type { World } from "../world.ts";
import { add_note, cancel_return, close_return, flag_return, process_return, remove_lines } from "./actions.ts";
import type { Call, Gate } from "./gate.ts";
import { naive_date } from "./payloads.ts";
import { no_such_return, type Reply } from "./refusals.ts";
import { find_return, make_label } from "./returns.ts";
import type { LoopReturn } from "./state.ts";

export function register_return_routes(gate: Gate, world: World): void {
  const base = "/warehouse/return/:id";
  const on_return = (act: (ret: LoopReturn, call: Call) => Reply) => (call: Call): Reply => {
    const ret = find_return(world, call.params["id"] ?? "");
    return ret ? act(ret, call) : no_such_return(world);
  };
  const scope = "returns";

  gate({ name: "process", method: "POST", path: `${base}/process`, scope },
    on_return((ret, call) => process_return(world, ret, object_or_null(call.body))));
  gate({ name: "cancel", method: "POST", path: `${base}/cancel`, scope }, on_return((ret) => cancel_return(world, ret)));
  gate({ name: "flag", method: "POST", path: `${base}/flag`, scope }, on_return((ret) => flag_return(world, ret)));
  gate({ name: "close", method: "POST", path: `${base}/close`, scope }, on_return((ret) => close_return(world, ret)));
  gate({ name: "note", method: "POST", path: `${base}/note`, scope },
    on_return((ret, call) => add_note(world, ret, object_or_null(call.body)?.["content"])));
  gate({ name: "notes", method: "GET", path: `${base}/notes`, scope }, on_return((ret) => list_notes(world, ret)));
  gate({ name: "remove", method: "POST", path: `${base}/remove`, scope }, on_return((ret, call) => remove(world, ret, call)));
  gate({ name: "labels.generate", method: "POST", path: "/returns/:id/labels", scope }, (call) => generate_label(world, call));
}

function remove(world: World, ret: LoopReturn, call: Call): Reply {
  const ids = (call.query["line_item_id"] ?? "").split(",").map((id) => id.trim()).filter(Boolean);
  if (ids.length === 0) {
    const message = "The line item id field is required.";
    return { status: 422, body: { error: { message } }, refused: message };
  }
  return remove_lines(world, ret, ids);
}

function list_notes(world: World, ret: LoopReturn): Reply {
  if (ret.notes.length === 0) return { status: 422, body: false };
  const notes = ret.notes.map((note) => ({ ...note, created_at: naive_date(note.created_at) }));
  return { status: 200, body: world.faults.loop.notes_shape === "array" ? notes : { notes } };
}

/** Answers 202 and makes the label behind the caller's back; it then shows up in details. */
function generate_label(world: World, call: Call): Reply {
  const no = (status: number, code: string): Reply => ({ status, body: { code, message: code.replaceAll("_", " ") }, refused: code });
  const ret = find_return(world, call.params["id"] ?? "");
  if (!ret) return no(404, "return_not_found");
  if (ret.labels.length > 0) return no(409, "label_already_exists");
  if (ret.label_mode === "none" || (ret.state !== "open" && ret.state !== "review")) return no(422, "return_cannot_receive_label");
  if (world.faults.loop.label_generation_fails) return no(422, "label_generation_failed");
  world.after(0, () => { if (ret.labels.length === 0 && (ret.state === "open" || ret.state === "review")) make_label(world, ret); });
  return { status: 202, body: { message: "Label generation started.", returnId: Number(ret.id) } };
}

function object_or_null(body: unknown): Record<string, unknown> | null {
  return body !== null && typeof body === "object" && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
}
