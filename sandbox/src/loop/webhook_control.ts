// /_control/loop/webhooks and /secret: the developer page of Loop Admin, and drift behind a client's back.
import type { FastifyInstance } from "fastify";
import { BadInput, choice, object, optional, text } from "../input.ts";
import type { World } from "../world.ts";
import { NotPossible } from "./returns.ts";
import { add_webhook, change_webhook, delete_webhook, find_webhook, read_fields } from "./routes_webhooks.ts";
import type { Webhook } from "./state.ts";

export function register_webhook_control(control: FastifyInstance, world: World): void {
  control.get("/webhooks", async () => ({ webhooks: world.loop.webhooks }));
  control.post("/webhooks", async (request) => {
    const fields = read_fields(request.body);
    if ("errors" in fields) throw new BadInput(first_sentence(fields.errors));
    return add_webhook(world, { ...fields, status: fields.status ?? "active" }, "admin");
  });
  control.put("/webhooks/:id", async (request) => {
    const hook = known(world, request.params);
    const { topic, trigger, url, status } = hook;
    const fields = read_fields({ topic, trigger, url, status, ...(request.body as object) });
    if ("errors" in fields) throw new BadInput(first_sentence(fields.errors));
    change_webhook(world, hook, fields, "admin");
    return hook;
  });
  control.delete("/webhooks/:id", async (request) => {
    delete_webhook(world, known(world, request.params), "admin");
    return { deleted: true };
  });

  /** What a person or another integration does to a client's webhooks without telling it. */
  control.post("/webhooks/drift", async (request) => {
    const { mode, id, url } = object({
      mode: choice("delete", "deactivate", "change-url"), id: optional(numeric_text), url: optional(text),
    })(request.body, "body");
    const struck = world.loop.webhooks.filter((hook) => id === undefined || String(hook.id) === id);
    for (const hook of struck) {
      if (mode === "delete") delete_webhook(world, hook, "admin");
      else if (mode === "deactivate") change_webhook(world, hook, { status: "inactive" }, "admin");
      else change_webhook(world, hook, { url: (url as string) ?? `${hook.url}/moved` }, "admin");
    }
    return { changed: struck.map((hook) => hook.id), webhooks: world.loop.webhooks };
  });

  control.get("/secret", async () => ({ webhook_secret: world.loop.webhook_secret }));
  control.put("/secret", async (request) => {
    const given = object({ webhook_secret: text })(request.body, "body");
    world.loop.webhook_secret = given["webhook_secret"] as string;
    world.touch();
    return { webhook_secret: world.loop.webhook_secret };
  });
}

function known(world: World, params: unknown): Webhook {
  const { id } = params as { id: string };
  const hook = find_webhook(world, id);
  if (!hook) throw new NotPossible(`there is no webhook ${id}`);
  return hook;
}

function first_sentence(errors: Record<string, string[]>): string {
  return Object.values(errors).flat().join(" ");
}

function numeric_text(value: unknown, name: string): string {
  if (!/^\d+$/.test(String(value))) throw new BadInput(`${name} must be a number`);
  return String(value);
}
