// Tokens. The refresh token is static; access tokens look like the JWTs ShipHero's identity provider issues, and carry
// their number, so that nothing has to be stored per token.

import { createHash, createHmac } from "node:crypto";
import type { World } from "../world.ts";
import { random_hex } from "./call.ts";

export interface TokenAnswer {
  access_token: string; refresh_token?: string; expires_in: number; scope: string; token_type: "Bearer";
}

export type Refusal = { error: string; error_description: string };

const scope = "openid profile offline_access";
// The signature only has to be unforgeable by accident; there is no secret worth keeping in a sandbox.
const signing_key = "backhaul sandbox";

export function token_by_password(world: World, username: unknown, password: unknown): TokenAnswer | Refusal {
  const { developer, auth } = world.shiphero;
  if (username !== developer.username || password !== developer.password) {
    return { error: "invalid_grant", error_description: "Wrong email or password." };
  }
  auth.refresh_revoked = false; // signing in again makes the developer's refresh token good again
  return { ...issue(world), refresh_token: auth.refresh_token };
}

export function token_by_refresh(world: World, refresh_token: unknown): TokenAnswer | Refusal {
  const { auth } = world.shiphero;
  if (auth.refresh_revoked || refresh_token !== auth.refresh_token) {
    return { error: "invalid_grant", error_description: "Unknown or invalid refresh token." };
  }
  if (!world.faults.shiphero.rotate_refresh_token) return issue(world);
  auth.refresh_token = `shiphero-sandbox-refresh-${++auth.refresh_serial}-${random_hex(world, 16)}`;
  return { ...issue(world), refresh_token: auth.refresh_token };
}

/** Why this Authorization header is no good, or null when it is. */
export function refuse_bearer(world: World, header: string | undefined): string | null {
  if (!header?.startsWith("Bearer ")) return "Authorization header is missing";
  const claims = read_token(header.slice("Bearer ".length).trim());
  if (!claims) return "Token is invalid";
  const { auth } = world.shiphero;
  if (world.faults.shiphero.account_inactive) return "Account is inactive";
  if (claims.jti > auth.token_serial || claims.jti <= auth.revoked_up_to) return "Token is revoked";
  if (claims.jti <= auth.expired_up_to || claims.exp <= world.clock.now().getTime() / 1000) return "Token is expired";
  return null;
}

/** All tokens issued so far stop working, as if revoked or as if their time were up. */
export function end_tokens(world: World, how: "revoked" | "expired"): void {
  const { auth } = world.shiphero;
  auth[how === "revoked" ? "revoked_up_to" : "expired_up_to"] = auth.token_serial;
}

interface Claims { iat: number; exp: number; jti: number }

function issue(world: World): TokenAnswer {
  const { auth, developer } = world.shiphero;
  const expires_in = world.faults.shiphero.token_lifetime_s;
  const iat = Math.floor(world.clock.now().getTime() / 1000);
  const claims = {
    iss: "https://shiphero.auth0.com/", sub: `auth0|${developer.legacy_id}`, aud: ["shiphero-public-api"],
    iat, exp: iat + expires_in, gty: "password", jti: ++auth.token_serial, scope,
  };
  const text = `${part({ typ: "JWT", alg: "RS256" })}.${part(claims)}`;
  return { access_token: `${text}.${signature(text)}`, expires_in, scope, token_type: "Bearer" };
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** As long as an RS256 signature is: eight digests in a row. */
function signature(text: string): string {
  const digests = [createHmac("sha256", signing_key).update(text).digest()];
  while (digests.length < 8) digests.push(createHash("sha256").update(digests.at(-1)!).digest());
  return Buffer.concat(digests).toString("base64url");
}

// A client sends the same token with every request; checking its signature once is enough.
const read_before = new Map<string, Claims | null>();
const read_before_max = 1000;

function read_token(token: string): Claims | null {
  let claims = read_before.get(token);
  if (claims === undefined) {
    claims = parse_token(token);
    if (read_before.size >= read_before_max) read_before.clear();
    read_before.set(token, claims);
  }
  return claims;
}

function parse_token(token: string): Claims | null {
  const end = token.lastIndexOf(".");
  const [, claims] = token.split(".");
  if (end < 0 || !claims || signature(token.slice(0, end)) !== token.slice(end + 1)) return null;
  try {
    return JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as Claims;
  } catch {
    return null;
  }
}
