// The stylesheet, the icon, and the client modules, compiled from TypeScript the first time they are asked for.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";
import type { FastifyInstance } from "fastify";

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1f6f5c"/><path d="M9 12h9a5.5 5.5 0 0 1 0 11h-6" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/><path d="M13 7.5 8.5 12l4.5 4.5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export function register_assets(app: FastifyInstance): void {
  const compiled = new Map<string, Promise<string>>();

  app.get("/assets/icon.svg", async (_request, reply) => reply.type("image/svg+xml").send(icon));
  app.get("/assets/style.css", async (_request, reply) =>
    reply.type("text/css").send(await readFile(new URL("./style.css", import.meta.url), "utf8")));
  app.get("/assets/:file", async (request, reply) => {
    const { file } = request.params as { file: string };
    const name = /^([a-z_]+)\.js$/.exec(file)?.[1];
    if (!name) return reply.code(404).send({ error: `no asset ${file}` });
    const script = compiled.get(name) ?? compile(name);
    compiled.set(name, script);
    try {
      return await reply.type("text/javascript").send(await script);
    } catch (error) {
      compiled.delete(name);
      throw error;
    }
  });
}

async function compile(name: string): Promise<string> {
  const source = await readFile(new URL(`./client/${name}.ts`, import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "es2022" });
  return code;
}
