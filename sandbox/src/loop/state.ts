// What Loop remembers: plain data only. Ids are strings here because some have 18 digits; the wire decides how they look.
import type { Address, Shop } from "../world.ts";

export type ReturnState = "open" | "review" | "closed" | "cancelled" | "expired";
export type Outcome = "refund" | "credit" | "exchange";

export interface LoopState {
  shop_id: number;
  webhook_secret: string;
  keys: Record<string, ApiKey>;
  returns: Record<string, LoopReturn>;
  /** Ids in the order they were made. */
  return_ids: string[];
  /** Return ids per order name. */
  order_returns: Record<string, string[]>;
  /** Return id per line item id. */
  line_items: Record<string, string>;
  webhooks: Webhook[];
  destinations: Destination[];
  /** Accepted by the background queue, not done yet. */
  queue: QueuedProcess[];
  next: { return_id: number; line_id: number; label_id: number; note_id: number; webhook_id: number; destination_id: number };
}

export interface ApiKey {
  scopes: string[];
  revoked: boolean;
}

export interface LoopReturn {
  id: string;
  state: ReturnState;
  flagged: boolean;
  order_name: string;
  created_at: string;
  updated_at: string;
  edited_at: string | null;
  closed_at: string | null;
  /** When the outcomes were carried out; null until then, also when closed by hand. */
  processed_at: string | null;
  lines: LoopLine[];
  labels: LoopLabel[];
  /** later: expected but not made; none: this return never gets one. */
  label_mode: "now" | "later" | "none";
  /** When Loop makes the expected label by itself; null = only when asked. */
  label_due_at: string | null;
  notes: { id: number; content: string; created_at: string }[];
  destination_id: number | null;
  /** What a caller sent along with process. */
  additional_details: Record<string, unknown> | null;
  timeline: { at: string; text: string; by: Actor }[];
}

export type Actor = "shopper" | "api" | "admin" | "loop" | "carrier";

export interface LoopLine {
  line_item_id: string;
  shopify_line_id: string;
  product_id: string;
  variant_id: string;
  sku: string;
  barcode: string;
  title: string;
  line_item_title: string;
  variant_title: string;
  price_minor: number;
  outcome: Outcome;
  exchange_sku: string | null;
  reason: string;
  parent_reason: string;
  comment: string;
  returned_at: string;
  condition: Record<string, unknown> | null;
  disposition: Record<string, unknown> | null;
}

export interface LoopLabel {
  id: number;
  status: string;
  created_at: string;
  updated_at: string;
  carrier: string;
  tracking_number: string;
  rate_minor: number;
  line_items: string[];
}

export interface Webhook {
  id: number;
  topic: string;
  trigger: string;
  url: string;
  status: "active" | "inactive";
  /** Failed deliveries in a row. */
  failures: number;
}

export interface Destination {
  id: number;
  type: "warehouse" | "donate";
  name: string;
  enabled: boolean;
  provider_location_id: number | null;
  address: Pick<Address, "address1" | "city" | "country" | "country_code"> & Partial<Address>;
}

export interface QueuedProcess {
  return_id: string;
  source: "warehouse" | "admin" | "api" | null;
  due_at: string;
}

export const scopes = [
  "returns", "orders", "carts", "developer_tools", "destinations:read", "destinations:write",
  "happy_returns_shipments:read", "label_requests:read", "label_requests:write", "labels:read", "labels:write",
] as const;

export const known_key = "loop-sandbox-key";

export function initialLoopState(_shop: Shop): LoopState {
  return {
    shop_id: 42,
    webhook_secret: "loop-sandbox-secret",
    keys: { [known_key]: { scopes: [...scopes], revoked: false } },
    returns: {},
    return_ids: [],
    order_returns: {},
    line_items: {},
    webhooks: [],
    destinations: [
      {
        id: 31, type: "warehouse", name: "Example Warehouse East", enabled: true, provider_location_id: 61_000_000_001,
        address: { address1: "500 Sample Dock Road", address2: "", city: "Columbus", state: "OH", zip: "43228", country: "United States", country_code: "US" },
      },
      {
        id: 32, type: "donate", name: "Example Donation Centre", enabled: true, provider_location_id: null,
        address: { address1: "9 Placeholder Plaza", address2: "", city: "Austin", state: "TX", zip: "78702", country: "United States", country_code: "US" },
      },
    ],
    queue: [],
    next: { return_id: 90_001, line_id: 810_001, label_id: 5_001, note_id: 1, webhook_id: 101, destination_id: 33 },
  };
}
