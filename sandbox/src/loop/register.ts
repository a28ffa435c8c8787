// Puts Loop on the server: the API below /loop, and its control routes below /_control/loop.
import type { FastifyInstance } from "fastify";
import type { World } from "../world.ts";
import { register_loop_control } from "./control.ts";
import { create_gate } from "./gate.ts";
import { encode } from "./json.ts";
import { arm_queue } from "./processing.ts";
import { arm_promised_labels } from "./returns.ts";
import { register_data_routes } from "./routes_data.ts";
import { register_destination_routes } from "./routes_destinations.ts";
import { register_grading_routes } from "./routes_grading.ts";
import { register_return_routes } from "./routes_returns.ts";
import { register_webhook_routes } from "./routes_webhooks.ts";
import { resume_deliveries } from "./webhooks.ts";

export async function register_loop(app: FastifyInstance, world: World): Promise<void> {
  resume_deliveries(world);
  world.on_restore(() => {
    arm_queue(world);
    arm_promised_labels(world);
  });
  await app.register(async (api) => {
    accept_any_body(api);
    api.setNotFoundHandler((request, reply) => {
      void reply.code(404).type("application/json").send(encode({ code: "NOT_FOUND", message: `No route for ${request.method} ${request.url.split("?")[0]}.` }));
    });
    const gate = create_gate(api, world);
    // Data before actions: /warehouse/return/list is not the return with the id "list".
    register_data_routes(gate, world);
    register_return_routes(gate, world);
    register_webhook_routes(gate, world);
    register_grading_routes(gate, world);
    register_destination_routes(gate, world);
  }, { prefix: "/loop" });
  await app.register(async (control) => register_loop_control(control, world), { prefix: "/_control/loop" });
}

/** Bodies are optional and of any content type here; what cannot be read counts as absent and fails validation later. */
function accept_any_body(api: FastifyInstance): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => {
    try {
      done(null, text === "" ? undefined : JSON.parse(text as string));
    } catch {
      done(null, undefined);
    }
  });
}
