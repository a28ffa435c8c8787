// The sandbox as its own process, and its side door.
import path from "node:path";
import { sandbox_folder } from "./places.ts";
import { ready_line, start, type Running } from "./process.ts";
import { until } from "./wait.ts";

// Shapes of other people's JSON; the tests name what they look at.
/* eslint-disable-next-line @typescript-eslint/no-explicit-any */
export type Json = any;

export interface Book { n: number; at: string; vendor: "loop" | "shiphero"; what: string; ref: string; detail: Json }

export interface NewLine { sku: string; reason?: string; parent_reason?: string; comment?: string; outcome?: string }
export interface NewReturn {
  lines: NewLine[];
  label?: "now" | "later" | "none";
  /** An existing order; a new one with just these units otherwise. */
  order_name?: string;
  in_shiphero?: boolean;
}
export interface Counted { sku: string; received: number; restock?: number; condition?: string; extra?: boolean }

export const credentials = {
  api_key: "loop-sandbox-key", webhook_secret: "loop-sandbox-secret", refresh_token: "shiphero-sandbox-refresh",
};

export class Sandbox {
  private constructor(readonly process: Running, readonly url: string) {}

  static async start({ port = 0, seed = 1 }: { port?: number; seed?: number } = {}): Promise<Sandbox> {
    const loader = path.join(sandbox_folder, "node_modules/tsx/dist/loader.mjs");
    const args = ["--import", loader, "src/main.ts", "--port", String(port), "--seed", String(seed), "--exit-with-stdin"];
    const running = start("the sandbox", process.execPath, args, { cwd: sandbox_folder });
    const ready = await ready_line(running);
    return new Sandbox(running, ready["url"] as string);
  }

  stop() { return this.process.stop(); }

  async control(method: string, address: string, body?: unknown): Promise<Json> {
    const response = await fetch(`${this.url}/_control${address}`, {
      method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /_control${address}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  async books(filter: { vendor?: string; what?: string; ref?: string } = {}): Promise<Book[]> {
    const query = new URLSearchParams(filter as Record<string, string>);
    return (await this.control("GET", `/books?${query}`)).books;
  }

  async faults(switches: Json): Promise<void> { await this.control("PUT", "/faults", switches); }
  async faults_off(): Promise<void> { await this.control("DELETE", "/faults"); }

  /** A shopper submits a return; gives Loop's return. */
  async submit({ order_name, in_shiphero, lines, label }: NewReturn): Promise<Json> {
    const units = new Map<string, number>();
    for (const { sku } of lines) units.set(sku, (units.get(sku) ?? 0) + 1);
    const order = order_name ?? (await this.control("POST", "/orders", {
      lines: [...units].map(([sku, quantity]) => ({ sku, quantity })), ...(in_shiphero === undefined ? {} : { in_shiphero }),
    })).name;
    return this.control("POST", "/loop/returns", { order_name: order, lines, ...(label ? { label } : {}) });
  }

  /** What people and carriers do to a return in Loop: label, label-status, process, cancel, close, lift-flag, edit, ... */
  in_loop(id: string, verb: string, body: Json = {}): Promise<Json> { return this.control("POST", `/loop/returns/${id}/${verb}`, body); }
  loop_return(id: string): Promise<Json> { return this.control("GET", `/loop/returns/${id}`); }

  /** The warehouse's RMA for a return of Loop's; waits until there is one. */
  rma(id: string): Promise<Json> {
    return until(`an RMA for return ${id}`, async () => (await this.control("GET", `/shiphero/returns?partner_id=${id}`)).returns.at(-1));
  }

  /** One save at the receiving desk. */
  receive(id: string, lines: Counted[], status?: string): Promise<Json> {
    return this.control("POST", `/shiphero/returns/partner:${id}/receive`, { lines, ...(status ? { status } : {}) });
  }
  set_status(id: string, status: string): Promise<Json> {
    return this.control("POST", `/shiphero/returns/partner:${id}/status`, { status });
  }

  /** Waits until each vendor has been asked for changes `times` more from now: whatever a poll could have caused was begun. */
  async polled(times = 2): Promise<void> {
    const last = ((await this.control("GET", "/requests")).requests as { n: number }[]).at(-1)?.n ?? 0;
    const asked = async (vendor: string, operation: string) =>
      (await this.control("GET", `/requests?vendor=${vendor}&operation=${operation}&after=${last}`)).requests.length >= times;
    await until(`${times} polls of both vendors`, async () => (await asked("loop", "list")) && (await asked("shiphero", "returns")));
  }

  /** Waits until no webhook is under way. */
  async delivered(): Promise<void> {
    await until("all webhooks delivered", async () => (await this.control("POST", "/idle", { timeout_ms: 2_000 })).idle);
  }
}
