import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./shiphero_kit.ts";

test("a refresh answers a token of 28 days and no new refresh token", async () => {
  const client = await start();
  const { status, json: body } = await client.refresh();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body).sort(), ["access_token", "expires_in", "scope", "token_type"]);
  assert.deepEqual([body.expires_in, body.token_type, body.scope], [2_419_200, "Bearer", "openid profile offline_access"]);
  const [header, claims, signature] = body.access_token.split(".");
  assert.equal(JSON.parse(Buffer.from(header, "base64url").toString()).alg, "RS256");
  const read = JSON.parse(Buffer.from(claims, "base64url").toString());
  assert.equal(read.exp - read.iat, 2_419_200);
  assert.equal(read.iss, "https://shiphero.auth0.com/");
  assert.equal(Buffer.from(signature, "base64url").length, 256);
});

test("the password grant also gives the refresh token, and forms are read like JSON", async () => {
  const client = await start();
  const { developer } = client.world.shiphero;
  const response = await fetch(`${client.url}/shiphero/auth/token`, {
    method: "POST", body: new URLSearchParams({ username: developer.username, password: developer.password }),
  });
  const body = await response.json() as Record<string, unknown>;
  assert.equal(response.status, 200);
  assert.equal(body["refresh_token"], "shiphero-sandbox-refresh");
  const wrong = await client.call("POST", "/shiphero/auth/token", { username: developer.username, password: "wrong" });
  assert.equal(wrong.status, 401);
  // The official field is username; `email`, which some guides show, is not accepted.
  const email = await client.call("POST", "/shiphero/auth/token", { email: developer.email, password: developer.password });
  assert.equal(email.status, 401);
});

test("no, garbled, foreign, expired and revoked tokens are all 401", async () => {
  const client = await start();
  const works = async (token: string) => {
    const response = await fetch(`${client.url}/shiphero/graphql`, {
      method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ me { data { email } } }" }),
    });
    return response.status;
  };
  assert.equal(await works(client.token), 200);
  assert.equal(await works(""), 401);
  assert.equal(await works("nonsense"), 401);
  assert.equal(await works(client.token.slice(0, -4) + "AAAA"), 401);
  await client.call("POST", "/_control/shiphero/tokens/expire");
  assert.equal(await works(client.token), 401);
  const second = (await client.refresh()).json.access_token;
  assert.equal(await works(second), 200);
  await client.call("POST", "/_control/shiphero/tokens/revoke");
  assert.equal(await works(second), 401);
  assert.equal((await client.refresh()).status, 200);
});

test("a token ends by itself when its lifetime is over", async () => {
  const begin = new Date("2026-03-01T00:00:00Z");
  const client = await start({ now: begin });
  const status = async () => (await client.gql("{ me { data { email } } }")).status;
  client.at(new Date(begin.getTime() + 2_419_199_000));
  assert.equal(await status(), 200);
  client.at(new Date(begin.getTime() + 2_419_200_000));
  assert.equal(await status(), 401);
});

test("a revoked refresh token stays refused until it is restored", async () => {
  const client = await start();
  await client.call("POST", "/_control/shiphero/tokens/revoke", { kind: "refresh" });
  assert.equal((await client.refresh()).status, 401);
  assert.equal((await client.gql("{ me { data { email } } }")).status, 200, "access tokens live on");
  await client.call("POST", "/_control/shiphero/tokens/restore");
  assert.equal((await client.refresh()).status, 200);
});

test("an inactive account still issues tokens, which then do not work", async () => {
  const client = await start();
  client.faults({ account_inactive: true });
  const answer = await client.refresh();
  assert.equal(answer.status, 200);
  client.token = answer.json.access_token;
  assert.equal((await client.gql("{ me { data { email } } }")).status, 401);
});

test("with rotation switched on, the old refresh token stops working", async () => {
  const client = await start();
  client.faults({ rotate_refresh_token: true });
  const { json: body } = await client.refresh();
  assert.equal(typeof body.refresh_token, "string");
  assert.equal((await client.refresh()).status, 401);
  assert.equal((await client.refresh(body.refresh_token)).status, 200);
});
