// Wires the sandbox together: the world, both vendors, the control API and the pages on one server.
import Fastify, { type FastifyInstance } from "fastify";
import { register_control } from "./control.ts";
import { create_world, type VendorStart } from "./create_world.ts";
import { BadInput } from "./input.ts";
import { register_live } from "./live.ts";
import { default_loop_faults, initialLoopState, register_loop } from "./loop/index.ts";
import { register_pages } from "./pages/register.ts";
import { default_shiphero_faults, initialShipHeroState, register_shiphero } from "./shiphero/index.ts";
import type { World } from "./world.ts";

export interface Sandbox {
  app: FastifyInstance;
  world: World;
  /** Listens and returns the address. */
  listen(host: string, port: number): Promise<string>;
  close(): Promise<void>;
}

// A return with hundreds of graded lines and pictures stays far below this.
const largest_body_bytes = 8 * 1024 * 1024;

const start: VendorStart = {
  loop_state: initialLoopState,
  loop_faults: default_loop_faults,
  shiphero_state: initialShipHeroState,
  shiphero_faults: default_shiphero_faults,
};

export async function build_sandbox(options: { seed?: number } = {}): Promise<Sandbox> {
  const world = create_world(start, options.seed ?? 1);
  const app = Fastify({ bodyLimit: largest_body_bytes, forceCloseConnections: true, logger: false });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof BadInput ? 400 : (error.statusCode ?? 500);
    if (status >= 500) console.error(error);
    void reply.code(status).send({ error: error.message });
  });
  accept_empty_json(app);
  register_control(app, world, start);
  register_live(app, world);
  await register_loop(app, world);
  await register_shiphero(app, world);
  await register_pages(app, world);
  return {
    app,
    world,
    async listen(host, port) {
      await app.listen({ host, port });
      const address = app.server.address();
      if (address === null || typeof address === "string") throw new Error("the server has no port");
      world.base_url = `http://${host}:${address.port}`;
      return world.base_url;
    },
    close: () => app.close(),
  };
}

/** Many control calls have nothing to say; a JSON content type with an empty body is not an error. */
function accept_empty_json(app: FastifyInstance): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, body === "" ? undefined : JSON.parse(body as string));
    } catch {
      done(new BadInput("the body is not JSON"));
    }
  });
}
