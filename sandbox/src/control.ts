// /_control: the side door for tests and pages. Loop's and ShipHero's own control routes mount beside these.
import type { FastifyInstance } from "fastify";
import { default_faults, type VendorStart } from "./create_world.ts";
import { merge_faults } from "./fault_switches.ts";
import { BadInput, boolean, list_of, number, object, optional, text, whole } from "./input.ts";
import { add_order, type NewOrder } from "./shop/orders.ts";
import { load_world, save_world } from "./state_file.ts";
import type { World } from "./world.ts";

export function register_control(app: FastifyInstance, world: World, start: VendorStart): void {
  app.post("/_control/reset", async (request) => {
    const { seed } = object({ seed: optional(whole(0)) })(request.body ?? {}, "body");
    world.reset(seed as number | undefined);
    return { reset: true };
  });
  app.get("/_control/state", async () => {
    const { deliveries: _, ...state } = world.snapshot();
    return state;
  });
  app.post("/_control/save", async (request) => with_file(request.body, (file) => save_world(world, file)));
  app.post("/_control/load", async (request) => with_file(request.body, (file) => load_world(world, file)));

  app.get("/_control/books", async (request) => {
    const { vendor, what, ref, after } = request.query as Record<string, string | undefined>;
    const since = after === undefined ? 0 : Number(after);
    if (!Number.isInteger(since)) throw new BadInput("after must be a whole number");
    const books = world.books.filter((b) => b.n > since && (!vendor || b.vendor === vendor) && (!what || b.what === what) && (!ref || b.ref === ref));
    return { books };
  });

  app.get("/_control/faults", async () => world.faults);
  app.put("/_control/faults", async (request) => {
    merge_faults(world, default_faults(start), request.body);
    return world.faults;
  });
  app.delete("/_control/faults", async () => {
    world.faults = default_faults(start);
    world.touch();
    return world.faults;
  });

  app.get("/_control/clock", async () => ({ now: world.clock.now().toISOString(), scale: world.clock.scale }));
  app.put("/_control/clock", async (request) => {
    const { scale } = object({ scale: number })(request.body, "body");
    if ((scale as number) <= 0) throw new BadInput("scale must be above 0; 100 makes vendor time a hundred times faster");
    world.clock.scale = scale as number;
    world.touch();
    return { now: world.clock.now().toISOString(), scale: world.clock.scale };
  });

  app.get("/_control/deliveries", async (request) => {
    const { vendor, topic, subject } = request.query as Record<string, string | undefined>;
    const wanted = (entry: { vendor: string; topic: string; subject: string }) =>
      (!vendor || entry.vendor === vendor) && (!topic || entry.topic.includes(topic)) && (!subject || entry.subject === subject);
    return { deliveries: world.engine.log().filter(wanted) };
  });
  app.post("/_control/deliveries/:id/redeliver", async (request) => {
    const { id } = request.params as { id: string };
    if (!world.engine.log().some((entry) => entry.id === id)) throw new BadInput(`there is no delivery ${id}`);
    return { id: world.engine.redeliver(id) };
  });
  app.post("/_control/idle", async (request) => {
    const { timeout_ms } = object({ timeout_ms: optional(whole(0)) })(request.body ?? {}, "body");
    return { idle: await wait_until_idle(world, (timeout_ms as number | undefined) ?? 10_000) };
  });

  app.get("/_control/requests", async (request) => {
    const { vendor, operation, after } = request.query as Record<string, string | undefined>;
    const since = Number(after ?? 0);
    return { requests: world.requests.list(vendor).filter((r) => r.n > since && (!operation || r.operation === operation)) };
  });

  const order_shape = { name: optional(text), lines: list_of(object({ sku: text, quantity: whole(1) })), in_shiphero: optional(boolean) };
  app.post("/_control/orders", async (request) => {
    const wanted = object(order_shape)(request.body, "body") as unknown as NewOrder;
    if (wanted.lines.length === 0) throw new BadInput("an order needs at least one line");
    try {
      return add_order(world, wanted);
    } catch (error) {
      throw new BadInput((error as Error).message);
    }
  });
  app.get("/_control/shop", async () => world.shop);
}

/** Idle = no delivery queued, in flight or waiting to retry, and nothing in Loop's background queue to cause one. */
async function wait_until_idle(world: World, timeout_ms: number): Promise<boolean> {
  const give_up = performance.now() + timeout_ms;
  // Unref'd: a pause that lost its race must not keep a process alive that wants to end.
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());
  for (;;) {
    const left = give_up - performance.now();
    const engine_idle = await Promise.race([world.engine.idle().then(() => true), pause(Math.max(0, left)).then(() => false)]);
    if (engine_idle && world.loop.queue.length === 0) return true;
    if (performance.now() >= give_up) return false;
    await pause(5);
  }
}

function with_file(body: unknown, act: (file: string) => void): { file: string } {
  const file = object({ file: text })(body, "body")["file"] as string;
  try {
    act(file);
  } catch (error) {
    throw new BadInput(`${file}: ${(error as Error).message}`);
  }
  return { file };
}
