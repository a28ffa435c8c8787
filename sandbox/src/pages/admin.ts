// Loop's admin: returns, the review queue, one return, and the developer page. The pages act through /_control/loop;
// here are only the frames and the reading they need on top.
import type { FastifyInstance } from "fastify";
import { default_common_faults } from "../faults.ts";
import { fault_choices } from "../fault_switches.ts";
import { default_loop_faults } from "../loop/faults.ts";
import { find_return } from "../loop/returns.ts";
import { show_return } from "../loop/show.ts";
import { scopes, type LoopReturn } from "../loop/state.ts";
import { topics, triggers } from "../loop/webhooks.ts";
import { normal_delivery } from "../delivery.ts";
import type { World } from "../world.ts";
import { escape_html, page } from "./layout.ts";

// A screenful or three; older ones are found by the search field.
const most_rows = 100;
const most_deliveries = 60;

type View = "returns" | "review" | "developer";

export function register_admin(app: FastifyInstance, world: World): void {
  const send = (view: View, script: string, title: string, body: string, data?: unknown) =>
    page({ title, active: "admin", script, data, body: tabs(view) + body });
  app.get("/admin", async (_request, reply) => reply.type("text/html").send(
    send("returns", "admin_returns", "Returns", `${head("Returns", "Everything shoppers have sent in, newest first.")}<div id="returns" class="stack"></div>`)));
  app.get("/admin/review", async (_request, reply) => reply.type("text/html").send(
    send("review", "admin_review", "Needs review", `${head("Needs review", "Nothing is paid out here until a person decides.")}<div id="review" class="stack"></div>`)));
  app.get("/admin/returns/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    if (!find_return(world, id)) return reply.code(404).type("text/html").send(send("returns", "admin_tabs", "No such return", missing(id)));
    return reply.type("text/html").send(send("returns", "admin_detail", `Return ${id}`, '<div id="detail" class="stack"></div>', { id }));
  });
  app.get("/admin/developer", async (_request, reply) => reply.type("text/html").send(
    send("developer", "admin_developer", "Developer tools", `${head("Developer tools", "Keys, webhooks, what was delivered, and ways to make life hard for a client.")}<div id="developer" class="stack"></div>`,
      { scopes, topics, triggers, choices: fault_choices["loop"], defaults: default_loop_faults(), common: Object.keys(default_common_faults()), delivery_defaults: normal_delivery })));

  app.get("/admin/api/returns", async (request) => {
    const { state, q } = request.query as { state?: string; q?: string };
    const all = Object.values(world.loop.returns);
    const found = world.loop.return_ids.map((id) => world.loop.returns[id]!).filter((ret) => matches(ret, state, q?.trim().toLowerCase() ?? ""));
    return {
      counts: count_by_state(all), found: found.length,
      returns: found.slice(-most_rows).reverse().map((ret) => show_return(world, ret)),
    };
  });
  app.get("/admin/api/counts", async () => count_by_state(Object.values(world.loop.returns)));
  app.get("/admin/api/developer", async () => ({
    keys: world.loop.keys, secret: world.loop.webhook_secret, webhooks: world.loop.webhooks, faults: world.faults.loop,
    delivery: world.faults.delivery.loop, scale: world.clock.scale,
    deliveries: world.engine.log().filter((entry) => entry.vendor === "loop").slice(-most_deliveries).reverse(),
    requests: world.requests.list("loop").slice(-most_deliveries).reverse(),
  }));
}

function matches(ret: LoopReturn, state: string | undefined, q: string): boolean {
  const in_state = !state || (state === "review" ? needs_review(ret) : ret.state === state);
  const texts = [ret.id, ret.order_name.toLowerCase(), ...ret.lines.map((l) => l.sku.toLowerCase()), ...ret.labels.map((l) => l.tracking_number)];
  return in_state && (q === "" || texts.some((t) => t.includes(q)));
}

function needs_review(ret: LoopReturn): boolean {
  return ret.state === "review" || ret.flagged;
}

function count_by_state(all: LoopReturn[]): Record<string, number> {
  const counts: Record<string, number> = { all: all.length, open: 0, review: 0, closed: 0, cancelled: 0, expired: 0 };
  for (const ret of all) counts[ret.state]!++;
  counts["review"] = all.filter(needs_review).length;
  return counts;
}

function tabs(view: View): string {
  const link = (name: View, href: string, label: string) =>
    `<a href="${href}"${name === view ? ' aria-current="page"' : ""}>${label}${name === "review" ? ' <span class="count" id="review-count" hidden></span>' : ""}</a>`;
  return `<nav class="tabs" aria-label="Loop admin">${link("returns", "/admin", "Returns")}${link("review", "/admin/review", "Needs review")}${link("developer", "/admin/developer", "Developer tools")}</nav>`;
}

function head(title: string, text: string): string {
  return `<div class="head"><h1>${title}</h1><p>${text}</p></div>`;
}

function missing(id: string): string {
  return `<div class="card empty"><strong>There is no return ${escape_html(id)}</strong><p>The sandbox may have been reset since.</p><a class="button" href="/admin">All returns</a></div>`;
}
