// A sandbox in this process, a client for it, and a receiver that keeps the webhooks it gets.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach } from "node:test";
import { build_sandbox, type Sandbox } from "../src/app.ts";

// Registered while the file loads, so that it runs at the end of the file and not of the hook that started something.
const started: (() => Promise<unknown>)[] = [];
after(() => Promise.all(started.map((close) => close())));

export interface Answer { status: number; headers: Headers; text: string; json: any }

export interface Client extends Sandbox {
  url: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Control call; fails the test when the answer is not 200. */
  control(method: string, path: string, body?: unknown): Promise<any>;
  /** Loop API call with the key that may do everything. */
  loop(method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
}

export async function start_sandbox(scale = 100): Promise<Client> {
  const sandbox = await build_sandbox({ seed: 7 });
  const url = await sandbox.listen("127.0.0.1", 0);
  sandbox.world.clock.scale = scale;
  started.push(() => sandbox.close());
  const call: Client["call"] = async (method, path, body, headers = {}) => {
    const with_body = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers }, ...with_body });
    const text = await response.text();
    let json: any;
    try { json = JSON.parse(text); } catch { json = undefined; }
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    ...sandbox, url, call,
    async control(method, path, body) {
      const answer = await call(method, `/_control${path}`, body);
      if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    },
    loop: (method, path, body, key = "loop-sandbox-key") => call(method, `/loop/api/2026-10${path}`, body, { "x-authorization": key }),
  };
}

export interface Received { method: string; path: string; headers: http.IncomingHttpHeaders; body: string; json: any; at: number }

export interface Receiver {
  url: string;
  received: Received[];
  /** What to answer the n-th request (1 = first); 200 when it gives nothing. */
  answer: (n: number, request: Received) => { status: number; headers?: Record<string, string>; body?: string; delay_ms?: number } | undefined;
  triggers(): string[];
}

export async function start_receiver(): Promise<Receiver> {
  const receiver: Receiver = { url: "", received: [], answer: () => undefined, triggers: () => receiver.received.map((r) => r.json?.trigger) };
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      let json: unknown;
      try { json = JSON.parse(body); } catch { json = undefined; }
      const got: Received = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body, json, at: performance.now() };
      receiver.received.push(got);
      const reply = receiver.answer(receiver.received.length, got) ?? { status: 200 };
      setTimeout(() => response.writeHead(reply.status, reply.headers).end(reply.body ?? ""), reply.delay_ms ?? 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  started.push(() => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }));
  return receiver;
}

/** A sandbox and a receiver for a whole file. Before each test the world is as new, and nothing has been received. */
export async function sandbox_and_receiver(): Promise<{ sandbox: Client; receiver: Receiver }> {
  const scale = 100;
  const sandbox = await start_sandbox(scale);
  const receiver = await start_receiver();
  beforeEach(async () => {
    await sandbox.control("POST", "/reset", {});
    sandbox.world.clock.scale = scale;
    receiver.received.length = 0;
    receiver.answer = () => undefined;
  });
  return { sandbox, receiver };
}

/** Waits for a condition by asking often; fails loudly rather than hang. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeout_ms = 3000): Promise<void> {
  const give_up = performance.now() + timeout_ms;
  while (!(await condition())) {
    if (performance.now() > give_up) throw new Error(`waited ${timeout_ms} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
