// /_control/shiphero: what people in the warehouse and in ShipHero's settings do, for tests and for the floor page.

import type { FastifyInstance } from "fastify";
import { BadInput, boolean, choice, list_of, object, optional, text, whole } from "../input.ts";
import type { World } from "../world.ts";
import { end_tokens } from "./auth.ts";
import { decode_either_id, encode_id } from "./ids.ts";
import type { Quota } from "./quota.ts";
import { receive_in_warehouse, set_status, type Receipt } from "./returns_store.ts";
import { show_account, show_return } from "./show.ts";
import type { ReturnRow } from "./state.ts";
import { tables_of } from "./tables.ts";

const receive_body = object({
  lines: list_of(object({
    id: optional(whole(1)), sku: text, received: whole(0), restock: optional(whole(0)), condition: optional(text), extra: optional(boolean),
  })),
  status: optional(text),
});

export function register_shiphero_control(control: FastifyInstance, world: World, quota: Quota): void {
  control.get("/returns", async (request) => {
    const { partner_id } = request.query as { partner_id?: string };
    const rows = partner_id === undefined ? world.shiphero.returns : (tables_of(world).returns_by_partner_id.get(partner_id) ?? []);
    return { returns: rows.map((row) => show_return(world, row)) };
  });
  control.get("/returns/:id", async (request) => show_return(world, known(world, request.params)));

  control.post("/returns/:id/receive", async (request) => {
    const row = known(world, request.params);
    const body = receive_body(request.body, "body") as { lines: Receipt[]; status?: string };
    for (const line of body.lines) {
      if ((line.restock ?? 0) > line.received) throw new BadInput(`restock of ${line.sku} is more than what was received`);
    }
    try {
      receive_in_warehouse(world, row, body.lines, body.status);
    } catch (error) {
      throw new BadInput((error as Error).message);
    }
    return show_return(world, row);
  });
  control.post("/returns/:id/status", async (request) => {
    const row = known(world, request.params);
    set_status(world, row, object({ status: text })(request.body, "body")["status"] as string, "warehouse");
    return show_return(world, row);
  });
  control.post("/returns/:id/reopen", async (request) => {
    const row = known(world, request.params);
    set_status(world, row, "Pending", "warehouse");
    return show_return(world, row);
  });

  control.get("/account", async () => show_account(world, quota));
  control.put("/scopes", async (request) => {
    world.shiphero.scopes = object({ scopes: list_of(text) })(request.body, "body")["scopes"] as string[];
    world.touch();
    return { scopes: world.shiphero.scopes };
  });
  register_token_control(control, world);
}

const token_kind = object({ kind: optional(choice("access", "refresh", "all")) });

function register_token_control(control: FastifyInstance, world: World): void {
  const show = () => ({ ...world.shiphero.auth });
  control.post("/tokens/revoke", async (request) => {
    const kind = token_kind(request.body ?? {}, "body")["kind"] ?? "access";
    if (kind !== "refresh") end_tokens(world, "revoked");
    if (kind !== "access") world.shiphero.auth.refresh_revoked = true;
    world.touch();
    return show();
  });
  control.post("/tokens/expire", async () => {
    end_tokens(world, "expired");
    world.touch();
    return show();
  });
  control.post("/tokens/restore", async () => {
    world.shiphero.auth.refresh_revoked = false;
    world.touch();
    return show();
  });
}

/** By legacy id, by the API's id, or by "partner:" and the client's own reference (the newest, if there are several). */
function known(world: World, params: unknown): ReturnRow {
  const { id } = params as { id: string };
  const tables = tables_of(world);
  const row = id.startsWith("partner:")
    ? tables.returns_by_partner_id.get(id.slice("partner:".length))?.at(-1)
    : tables.returns_by_id.get(decode_either_id("Return", id) ?? -1);
  if (!row) throw new BadInput(`there is no return ${id}; try a number, an id like ${encode_id("Return", 700001)}, or partner:...`);
  return row;
}
