// One HTTP POST with an overall time limit, on kept-alive connections. Never throws: a failure is status 0.
import http from "node:http";
import https from "node:https";

export interface Answer {
  /** 0 = no answer. */
  status: number;
  body: string;
  ms: number;
  error: string | null;
  /** From Retry-After, in seconds or as a date; null when absent or unreadable. */
  retry_after_ms: number | null;
}

// Both vendors deliver in parallel; the limit keeps a burst from opening a thousand sockets to one receiver.
const agents = {
  "http:": new http.Agent({ keepAlive: true, maxSockets: 64 }),
  "https:": new https.Agent({ keepAlive: true, maxSockets: 64 }),
};
const largest_answer_bytes = 256 * 1024;

export function post(url: string, headers: Record<string, string>, body: string, timeout_ms: number): Promise<Answer> {
  return request("POST", url, headers, body, timeout_ms);
}

/**
 * The same with any method. A kept-alive connection that the receiver closed while we were about to use it fails with
 * ECONNRESET through nobody's fault; such a request is sent again once, on a new connection.
 */
export async function request(
  method: string, url: string, headers: Record<string, string>, body: string, timeout_ms: number,
): Promise<Answer> {
  const first = await request_once(method, url, headers, body, timeout_ms);
  return first.error === stale_connection ? request_once(method, url, headers, body, timeout_ms) : first;
}

const stale_connection = "ECONNRESET on a kept-alive connection";

function request_once(
  method: string, url: string, headers: Record<string, string>, body: string, timeout_ms: number,
): Promise<Answer> {
  return new Promise((resolve) => {
    let began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (status: number, text: string, error: string | null, retry_after_ms: number | null = null) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve({ status, body: text, ms: Math.round(performance.now() - began), error, retry_after_ms });
    };

    let target: URL;
    try {
      target = new URL(url);
    } catch {
      return settle(0, "", `not an address: ${url}`);
    }
    if (target.protocol !== "http:" && target.protocol !== "https:") return settle(0, "", `not an http address: ${url}`);
    const bytes = Buffer.from(body, "utf8");
    const request = (target.protocol === "https:" ? https : http).request(target, {
      method,
      agent: agents[target.protocol],
      headers: { "content-type": "application/json", "content-length": bytes.length, ...headers },
    });
    // Waiting for a free socket is our own queue and not the receiver's slowness, so the limit starts with the socket.
    request.on("socket", () => {
      began = performance.now();
      timer = setTimeout(() => {
        settle(0, "", `timeout after ${timeout_ms} ms`);
        request.destroy();
      }, timeout_ms);
    });
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= largest_answer_bytes) chunks.push(chunk);
      });
      response.on("end", () => {
        const retry_after = parse_retry_after(response.headers["retry-after"]);
        settle(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"), null, retry_after);
      });
      response.on("error", (error) => settle(0, "", describe(error)));
      response.on("aborted", () => settle(0, "", "connection closed in the middle of the answer"));
    });
    request.on("error", (error) => {
      const stale = request.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET";
      settle(0, "", stale ? stale_connection : describe(error));
    });
    request.end(bytes);
  });
}

export function parse_retry_after(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function describe(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
