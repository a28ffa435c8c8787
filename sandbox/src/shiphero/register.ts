// Puts ShipHero on the server: the API below /shiphero, its control routes below /_control/shiphero, and its page /floor.

import type { FastifyInstance } from "fastify";
import { register_floor } from "../pages/floor.ts";
import type { World } from "../world.ts";
import { register_shiphero_control } from "./control.ts";
import { Quota } from "./quota.ts";
import { register_routes } from "./routes.ts";
import { resume_deliveries } from "./webhook_sender.ts";

export async function register_shiphero(app: FastifyInstance, world: World): Promise<void> {
  const quota = new Quota(world);
  world.on_restore(() => quota.restart());
  resume_deliveries(world);
  await app.register(async (api) => {
    accept_json_and_forms(api);
    register_routes(api, world, quota);
  }, { prefix: "/shiphero" });
  await app.register(async (control) => register_shiphero_control(control, world, quota), { prefix: "/_control/shiphero" });
  register_floor(app, world, quota);
}

/** Documented is JSON; some clients post their credentials as a form. What cannot be read counts as empty. */
function accept_json_and_forms(api: FastifyInstance): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, text, done) => {
    done(null, Object.fromEntries(new URLSearchParams(text as string)));
  });
  api.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => {
    try {
      done(null, text === "" ? {} : JSON.parse(text as string));
    } catch {
      done(null, {});
    }
  });
}
