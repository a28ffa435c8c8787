// The bodies with which Loop says no. Refused actions are HTTP 200; the shape says it, never the status.
import type { World } from "../world.ts";
import type { LoopReturn } from "./state.ts";

export interface Reply {
  status: number;
  /** Undefined = no body at all. */
  body?: unknown;
  /** For the request log: the call was understood and turned down. */
  refused?: string;
}

export type RefusalShape = "errors" | "message" | "content";

/** A refused action. `documented` is the shape this case has in Loop's specs; a switch may force another. */
export function refusal(world: World, message: string, code?: string, documented: RefusalShape = "errors"): Reply {
  const forced = world.faults.loop.refusal_shape;
  const shape = forced === "documented" ? documented : forced;
  const bodies = {
    errors: { errors: code ? { message, code } : { message } },
    message: { message },
    content: { content: message },
  };
  return { status: 200, body: bodies[shape], refused: message };
}

export function no_such_return(world: World): Reply {
  return refusal(world, "No return found with this ID.");
}

/** "Return is closed and therefore cannot be processed." and its kin, each in its documented shape. */
export function state_refusal(world: World, ret: LoopReturn): Reply {
  const message = `Return is ${ret.state} and therefore cannot be processed.`;
  if (ret.state === "cancelled" || ret.state === "review") return refusal(world, message, undefined, "message");
  return refusal(world, message, ret.flagged ? "UNPROCESSABLE_FLAGGED_RETURN" : "UNPROCESSABLE_RETURN");
}

export function unauthorized(world: World): Reply {
  const gateway = { error: { code: "401", http_code: "GEN-UNAUTHORIZED", message: "Unauthorized." } };
  const body = world.faults.loop.auth_shape === "gateway" ? gateway : { errors: "Unauthorized." };
  return { status: 401, body, refused: "Unauthorized." };
}

export function invalid(errors: Record<string, string[]>): Reply {
  const message = Object.values(errors)[0]?.[0] ?? "The given data was invalid.";
  return { status: 422, body: { message, errors }, refused: message };
}

export function not_found(message: string): Reply {
  return { status: 404, body: { code: "NOT_FOUND", message }, refused: message };
}

export function accepted(world: World): Reply {
  return { status: 200, body: world.faults.loop.action_success_string ? "true" : true };
}
