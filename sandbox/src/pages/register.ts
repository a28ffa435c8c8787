// Pages, pictures and assets of the shopper's portal, Loop's admin and the overview. The floor page belongs to ShipHero.
import type { FastifyInstance } from "fastify";
import { draw_picture } from "../shop/pictures.ts";
import type { World } from "../world.ts";
import { register_admin } from "./admin.ts";
import { register_assets } from "./assets.ts";
import { index_page } from "./index.ts";
import { register_portal } from "./portal.ts";

export async function register_pages(app: FastifyInstance, world: World): Promise<void> {
  register_assets(app);
  app.get("/", async (_request, reply) => reply.type("text/html").send(index_page(world)));
  app.get("/pictures/:file", async (request, reply) => {
    const { file } = request.params as { file: string };
    return reply.type("image/svg+xml").header("cache-control", "max-age=3600").send(draw_picture(file.replace(/\.svg$/, "")));
  });
  register_portal(app, world);
  register_admin(app, world);
}
