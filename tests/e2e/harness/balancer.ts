// A load balancer as simple as they come: each request goes to any node that lately answered. No sticky routing.
import http from "node:http";
import type { AddressInfo } from "node:net";

const patience_ms = 2_000;
const left_alone_ms = 1_000;

export class Balancer {
  private nodes: string[] = [];
  private readonly failed = new Map<string, number>();
  private next = 0;
  url = "";

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<Balancer> {
    const server = http.createServer();
    const balancer = new Balancer(server);
    server.on("request", (request, response) => balancer.pass(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    balancer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return balancer;
  }

  serve(nodes: string[]): void { this.nodes = nodes; }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private pick(): string | undefined {
    const now = performance.now();
    const well = this.nodes.filter((node) => now - (this.failed.get(node) ?? -Infinity) > left_alone_ms);
    const among = well.length > 0 ? well : this.nodes;
    return among[this.next++ % Math.max(1, among.length)];
  }

  private pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const node = this.pick();
      const fail = () => {
        if (node !== undefined) this.failed.set(node, performance.now());
        if (!response.headersSent) response.writeHead(502).end();
      };
      if (node === undefined) return fail();
      const onward = http.request(node + request.url, { method: request.method ?? "GET", headers: request.headers, timeout: patience_ms }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      });
      onward.on("timeout", () => onward.destroy(new Error("no answer")));
      onward.on("error", fail);
      onward.end(Buffer.concat(chunks));
    });
  }
}
