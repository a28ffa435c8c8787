import assert from "node:assert/strict";
import { test } from "node:test";
import { create_input, create_mutation, start, type Client } from "./shiphero_kit.ts";

const input = (client: Client) => ({ d: create_input(client.order("#1002"), [{ sku: "SHELL-OLV-M", quantity: 1 }]) });
const last = (client: Client) => {
  const { operation, status, fault, refused, ref } = client.world.requests.list("shiphero").at(-1)!;
  return { operation, status, fault, refused, ref };
};

for (const [fault, status, effect] of [
  ["error_500", 500, false], ["error_500_after_commit", 500, true], ["rate_limit_429", 429, false], ["blocked_403", 403, false],
  ["garbage_body", 200, true], ["drop_before", 0, false], ["timeout_after_commit", 0, true],
] as const) {
  test(`${fault}: ${effect ? "the return is made" : "nothing is done"}, and the log names the fault`, async () => {
    const client = await start();
    client.faults({ [fault]: 1, stall_ms: 50 });
    const answer = await client.gql(create_mutation, input(client)).catch((error: Error) => error);
    if (status === 0) assert.ok(answer instanceof TypeError, "the socket was destroyed");
    else {
      assert.ok(!(answer instanceof Error));
      assert.equal(answer.status, status);
      if (fault === "garbage_body") assert.throws(() => JSON.parse(answer.text));
    }
    assert.equal(client.world.shiphero.returns.length, effect ? 1 : 0);
    const ref = effect ? "loop-1" : "";
    assert.deepEqual(last(client), { operation: "return_create", status, fault, refused: fault === "rate_limit_429" || fault === "blocked_403", ref });
  });
}

test("a fault strikes only the operations it is meant for, the token endpoints among them", async () => {
  const client = await start();
  client.faults({ error_500: 1, only: ["returns", "auth_refresh"] });
  assert.equal((await client.gql("{ me { data { email } } }")).status, 200);
  assert.equal((await client.gql("{ me { data { email } } returns { data(first: 1) { edges { node { id } } } } }")).status, 500);
  assert.equal((await client.refresh()).status, 500);
  assert.deepEqual(client.world.requests.list("shiphero").slice(-3).map((one) => [one.operation, one.fault]),
    [["me", null], ["returns", "error_500"], ["auth_refresh", "error_500"]]);
});

test("latency is added once per request", async () => {
  const client = await start();
  client.faults({ latency_ms: 120 });
  const began = performance.now();
  await client.gql("{ me { data { email } } }");
  const took = performance.now() - began;
  assert.ok(took >= 115 && took < 240, `took ${took} ms`);
});

test("the log tells refusals inside a 200 apart", async () => {
  const client = await start();
  await client.gql("{ order(id: \"1\") { data { id } } }");
  assert.deepEqual(last(client), { operation: "order", status: 200, fault: null, refused: true, ref: "1" });
  await client.gql("{ nonsense }");
  assert.deepEqual(last(client), { operation: "invalid", status: 400, fault: null, refused: true, ref: "" });
});

test("a Retry-After comes with 429 only by switch", async () => {
  const client = await start();
  client.faults({ rate_limit_429: 1 });
  const header = async () => (await client.call("POST", "/shiphero/graphql", { query: "{ me { data { email } } }" })).headers.get("retry-after");
  assert.equal(await header(), null);
  client.faults({ retry_after_header: true });
  assert.equal(await header(), "5");
});

test("switches are set over the control API, and wrong ones are refused with the known names", async () => {
  const client = await start();
  await client.control("PUT", "/faults", { shiphero: { order_id_field: "name", bucket_size: 10 } });
  assert.deepEqual([client.world.faults.shiphero.order_id_field, client.world.faults.shiphero.bucket_size], ["name", 10]);
  const wrong_word = await client.call("PUT", "/_control/faults", { shiphero: { order_id_field: "sku" } });
  assert.deepEqual([wrong_word.status, wrong_word.json.error.includes("shopify_id")], [400, true]);
  const unknown = await client.call("PUT", "/_control/faults", { shiphero: { nonsense: 1 } });
  assert.deepEqual([unknown.status, unknown.json.error.includes("bucket_size")], [400, true]);
  await client.control("DELETE", "/faults");
  assert.equal(client.world.faults.shiphero.bucket_size, 4004);
});
