// Deliveries of the test's own, signed as the vendors sign.
import { createHmac } from "node:crypto";
import { credentials } from "./sandbox.ts";

export const loop_signature = (body: string | Buffer, secret = credentials.webhook_secret): string =>
  createHmac("sha256", secret).update(body).digest("base64");

export async function post_to_loop_hook(
  url: string, body: string | Buffer, { signature, timeout_ms = 10_000 }: { signature?: string; timeout_ms?: number } = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: "POST", body, signal: AbortSignal.timeout(timeout_ms),
    headers: { "content-type": "application/json", "x-loop-signature": signature ?? loop_signature(body) },
  });
  return { status: response.status, text: await response.text() };
}
