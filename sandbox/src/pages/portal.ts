// The shopper's portal: find the order, say what goes back and why, get a label, watch what happens.
import type { FastifyInstance } from "fastify";
import { BadInput, list_of, object, text } from "../input.ts";
import { new_line_shape } from "../loop/control.ts";
import { create_return, find_return, make_label_soon, returnable, returns_of, type NewLine } from "../loop/returns.ts";
import { show_return } from "../loop/show.ts";
import type { Order, World } from "../world.ts";
import { draw_label } from "./label.ts";
import { page } from "./layout.ts";

/** Parent reason and the reasons below it, as a shop would set them up in Loop. */
export const reasons: Record<string, string[]> = {
  "Didn't fit": ["Too small", "Too big", "Cut is not for me"],
  "Not as expected": ["Colour is different", "Material is different", "Not like the pictures"],
  "Something is wrong": ["Arrived damaged", "Wrong item", "Part is missing"],
  "Changed my mind": ["No longer needed", "Found a better price", "Ordered by mistake"],
};

// The newest orders are the ones a person has just made; more than this would be a catalogue, not an offer.
const most_samples = 12;

export function register_portal(app: FastifyInstance, world: World): void {
  app.get("/portal", async (_request, reply) => reply.type("text/html").send(start_page(world)));
  app.get("/portal/returns/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    if (!find_return(world, id)) return reply.code(404).type("text/html").send(missing_page(id));
    return reply.type("text/html").send(status_page(id));
  });
  app.get("/portal/labels/:file", async (request, reply) => {
    const { file } = request.params as { file: string };
    const id = Number(file.replace(/\.svg$/, ""));
    for (const ret of Object.values(world.loop.returns)) {
      const label = ret.labels.find((one) => one.id === id);
      if (label) return reply.type("image/svg+xml").send(draw_label(world, ret, label));
    }
    return reply.code(404).send({ error: `there is no label ${file}` });
  });

  app.get("/portal/api/samples", async () => ({
    orders: world.shop.orders.slice(-most_samples).map((order) => sample(world, order)),
  }));
  app.post("/portal/api/find", async (request) => {
    const given = object({ order_name: text, proof: text })(request.body, "body");
    return show_order(world, prove(world, given["order_name"] as string, given["proof"] as string));
  });
  app.post("/portal/api/returns", async (request) => {
    const given = object({ order_name: text, proof: text, lines: list_of(object(new_line_shape)) })(request.body, "body");
    const order = prove(world, given["order_name"] as string, given["proof"] as string);
    const ret = create_return(world, { order_name: order.name, lines: given["lines"] as unknown as NewLine[], label: "later" });
    make_label_soon(world, ret);
    return { id: ret.id };
  });
  app.get("/portal/api/returns/:id", async (request) => {
    const { id } = request.params as { id: string };
    const ret = find_return(world, id);
    if (!ret) throw new BadInput(`there is no return ${id}`);
    return show_return(world, ret);
  });
}

/** An order number alone is guessable, so shops ask for the e-mail or the postal code too. */
function prove(world: World, name: string, proof: string): Order {
  const wanted = name.trim().replace(/^(?!#)(\d+)$/, "#$1");
  const given = proof.trim().toLowerCase();
  const order = world.shop.orders.find((o) => o.name.toLowerCase() === wanted.toLowerCase());
  const proven = order && (given === order.email.toLowerCase() || given === order.address.zip.toLowerCase());
  if (!proven) throw new BadInput("We could not find an order with this number and this e-mail or postal code.");
  return order;
}

function sample(world: World, order: Order) {
  return {
    name: order.name, email: order.email, zip: order.address.zip, customer: order.address.name, created_at: order.created_at,
    skus: order.lines.map((line) => line.sku), left: returnable(world, order).reduce((n, r) => n + r.quantity, 0),
  };
}

function show_order(world: World, order: Order) {
  return {
    name: order.name, email: order.email, customer: order.customer, created_at: order.created_at,
    lines: returnable(world, order).map(({ line, quantity }) => ({
      sku: line.sku, title: line.title, price_minor: line.price_minor, ordered: line.quantity, left: quantity,
      variants: (world.shop.products.find((p) => p.id === line.product_id)?.variants ?? []).map((v) => ({ sku: v.sku, title: v.title })),
    })),
    returns: returns_of(world, order.name)
      .map((ret) => ({ id: ret.id, state: ret.state, items: ret.lines.length, created_at: ret.created_at })),
  };
}

function start_page(world: World): string {
  return page({
    title: "Start a return", active: "portal", script: "portal", data: { reasons },
    body: `
<div class="head"><span class="eyebrow">${world.shop.name}</span><h1>Returns and exchanges</h1>
<p>Send back what does not suit you. It takes about a minute.</p></div>
<div id="portal" class="stack"></div>
<noscript><p class="notice warn">This page needs JavaScript.</p></noscript>`,
  });
}

function status_page(id: string): string {
  return page({
    title: `Return ${id}`, active: "portal", script: "portal_status", data: { id },
    body: `<div id="status" class="stack"><p class="muted">Loading return ${id} …</p></div>`,
  });
}

function missing_page(id: string): string {
  const shown = id.replace(/[^\w-]/g, "");
  return page({
    title: "No such return", active: "portal",
    body: `<div class="card empty"><strong>There is no return ${shown}</strong><p>The sandbox may have been reset since.</p><a class="button primary" href="/portal">Start a return</a></div>`,
  });
}
