// The warehouse floor: the carrier's parcels, the receiving desk, and ShipHero's settings.
import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";
import type { Quota } from "../shiphero/quota.ts";
import type { World } from "../world.ts";
import type { CatalogItem } from "./client/floor_types.ts";
import { find_by_code, floor_data } from "./floor_data.ts";
import { page } from "./layout.ts";

export function register_floor(app: FastifyInstance, world: World, quota: Quota): void {
  app.get("/floor", async (_request, reply) => reply.type("text/html").send(floor_page(world)));
  app.get("/assets/floor.css", async (_request, reply) =>
    reply.type("text/css").send(await readFile(new URL("./floor.css", import.meta.url), "utf8")));
  app.get("/floor/data", async (request) => {
    const { rma } = request.query as { rma?: string };
    return floor_data(world, quota, rma !== undefined && /^\d{1,15}$/.test(rma) ? Number(rma) : null);
  });
  app.get("/floor/find", async (request) => find_by_code(world, String((request.query as { code?: string }).code ?? "")));
}

function floor_page(world: World): string {
  const catalog: CatalogItem[] = world.shop.products.flatMap((product) =>
    product.variants.map((variant) => ({ sku: variant.sku, title: product.title, variant: variant.title })));
  return page({ title: "Warehouse", active: "floor", script: "floor", data: catalog, body });
}

const body = `
<link rel="stylesheet" href="/assets/floor.css">
<div class="head floor-head">
  <span class="eyebrow">Carrier and warehouse</span>
  <h1>The receiving floor</h1>
  <p>Carry parcels to the dock, open them, and say what was inside. ShipHero tells its webhooks after every save.</p>
</div>
<form class="card scan-bar" id="scan-form" autocomplete="off">
  <label for="scan" class="scan-label">Scan</label>
  <input type="text" id="scan" name="code" placeholder="Tracking number, RMA, order, or a product while an RMA is open" spellcheck="false" enterkeyhint="go">
  <button class="primary" type="submit">Look up</button>
</form>
<section aria-labelledby="board-title" class="stack">
  <div class="card-head"><h2 id="board-title">Parcels</h2><span class="muted small" id="board-note"></span></div>
  <div class="board" id="board"></div>
</section>
<section aria-labelledby="desk-title" id="desk" class="card desk" tabindex="-1" hidden></section>
<section aria-labelledby="list-title" class="card tight" id="list">
  <div class="card-head">
    <h2 id="list-title">RMAs in ShipHero</h2>
    <div class="tabs" id="tabs" role="group" aria-label="Which RMAs"></div>
    <input type="search" id="filter" aria-label="Filter RMAs" placeholder="Filter">
  </div>
  <div id="rows"></div>
</section>
<section aria-labelledby="settings-title" class="stack" id="settings">
  <h2 id="settings-title">ShipHero settings</h2>
  <div class="grid" id="panels"></div>
  <div class="card" id="switches"></div>
</section>`;
