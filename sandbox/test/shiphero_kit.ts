// What the ShipHero tests share: a signed-in GraphQL client, and input as a well-behaved client writes it.
import type { ShipHeroFaults } from "../src/shiphero/index.ts";
import type { Order } from "../src/world.ts";
import { start_sandbox, type Client as Sandbox, type Received, type Receiver } from "./harness.ts";

export interface GraphqlError {
  message: string; operation?: string; field?: string; request_id?: string; code?: number; locations?: unknown;
  required_credits?: number; remaining_credits?: number; time_remaining?: string;
}
// Answers are read member by member in assertions; a wrong name shows as undefined there.
export type Json = any;
export interface GraphqlAnswer { status: number; data: Json; errors: GraphqlError[] | undefined; text: string }

export interface Client extends Sandbox {
  token: string;
  at(time: Date): void;
  faults(switches: Partial<ShipHeroFaults>): void;
  gql(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  refresh(refresh_token?: string): Promise<{ status: number; json: Json }>;
  order(name: string): Order;
}

/** With `now`, time stands still at that moment until the test moves it with `at`. */
export async function start(options: { now?: Date; scale?: number } = {}): Promise<Client> {
  const sandbox = await start_sandbox(options.scale ?? 1);
  const { world } = sandbox;
  const at = (time: Date) => { world.clock.now = () => new Date(time); };
  if (options.now) {
    at(options.now);
    world.reset();
  }
  const client: Client = {
    ...sandbox, token: "", at,
    faults: (switches) => void Object.assign(world.faults.shiphero, switches),
    async gql(query, variables = {}) {
      const { status, text, json } = await sandbox.call("POST", "/shiphero/graphql", { query, variables }, { authorization: `Bearer ${client.token}` });
      return { status, text, data: json?.data, errors: json?.errors };
    },
    refresh: (refresh_token = "shiphero-sandbox-refresh") => sandbox.call("POST", "/shiphero/auth/refresh", { refresh_token }),
    order: (name) => world.shop.orders.find((order) => order.name === name)!,
  };
  client.token = (await client.refresh()).json.access_token;
  return client;
}

export const b64 = (text: string): string => Buffer.from(text).toString("base64");

export const create_mutation = `mutation Create($d: CreateReturnInput!) {
  return_create(data: $d) { request_id complexity return {
    id legacy_id status partner_id order_id total_items_expected total_items_received total_items_restocked created_at label_type
    labels { tracking_number carrier } line_items { id legacy_id quantity quantity_received restock reason condition
      line_item { id sku partner_line_item_id } product { sku } } } } }`;

/** Input that makes a return of these units. */
export function create_input(order: Order, lines: { sku: string; quantity: number }[], more: Record<string, unknown> = {}) {
  return {
    order_id: b64(`Order:${order.shiphero_id}`), warehouse_id: b64("Warehouse:42"), partner_id: "loop-1", return_reason: "Too small",
    label_type: "SELF_RETURN", label_cost: "0.00", address: { name: "Jordan Example", address1: "1 Sample St", city: "Testville" },
    dimensions: { weight: "16" }, shipping_carrier: "generic", shipping_method: "generic", create_label: false,
    email_customer_return_label: false, display_issue_refund: false,
    line_items: lines.map((line) => ({ ...line, return_reason: "Too small" })),
    ...more,
  };
}

/** What a receiver got besides the HEAD probe. */
export const posts = (receiver: Receiver): Received[] => receiver.received.filter((one) => one.method === "POST");

export const webhook_create = `mutation W($d: CreateWebhookInput!) { webhook_create(data: $d) { request_id complexity
  webhook { id name url enabled health shop_name shared_signature_secret } } }`;
