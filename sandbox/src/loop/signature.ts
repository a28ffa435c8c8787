// X-Loop-Signature = base64(HMAC-SHA256(secret as text, exact body bytes)). Nothing else is signed: no time, no id.
import { createHmac } from "node:crypto";

export function sign(secret: string, body: string): string {
  return createHmac("sha256", Buffer.from(secret, "utf8")).update(Buffer.from(body, "utf8")).digest("base64");
}
