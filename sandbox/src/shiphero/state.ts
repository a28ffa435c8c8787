// What ShipHero knows, as plain data: it is saved and loaded as JSON. Look-up tables over it are in tables.ts.
// Orders and products are not copied here; they are the shop's, seen through orders.ts.

import type { Order, Shop } from "../world.ts";

export interface AddressRow {
  name: string | null; address1: string | null; address2: string | null; city: string | null;
  state: string | null; country: string | null; zip: string | null; phone: string | null;
}
export interface DimensionsRow { weight: string | null; height: string | null; width: string | null; length: string | null }

export interface AccountRow { legacy_id: number; email: string; username: string; is_3pl: boolean }
export interface WarehouseRow { legacy_id: number; owner: "three_pl" | "merchant"; identifier: string; address: AddressRow }

export interface ReturnItemRow {
  legacy_id: number;
  /** The order line it stands for; null for an item nobody announced. */
  order_line_id: number | null;
  sku: string;
  quantity: number; quantity_received: number; restock: number;
  condition: string | null; is_component: boolean; reason: string;
  created_at: string; updated_at: string;
}
export interface LabelRow {
  legacy_id: number; tracking_number: string; status: string; created_at: string;
  carrier: string; shipping_method: string; cost: string; made_by_shiphero: boolean;
}
export interface HistoryRow { legacy_id: number; created_at: string; body: string }
export interface AttachmentRow {
  legacy_id: number; return_item_id: number | null; url: string; filename: string | null;
  file_type: string | null; description: string | null; created_at: string;
}
export interface ExchangeRow {
  legacy_id: number; exchange_order_id: number;
  items: { legacy_id: number; return_item_id: number; sku: string; quantity: number }[];
}
export type LabelType = "FREE" | "PAID" | "SELF_RETURN" | "FLAT_RATE" | "RETURN_TO_SENDER";

export interface ReturnRow {
  legacy_id: number; account_id: number; order_id: number; warehouse_id: number;
  partner_id: string | null; reason: string; status: string;
  label_type: LabelType; label_cost: string; shipping_carrier: string; shipping_method: string;
  dimensions: DimensionsRow; address: AddressRow; display_issue_refund: boolean;
  items: ReturnItemRow[]; labels: LabelRow[]; history: HistoryRow[]; attachments: AttachmentRow[]; exchanges: ExchangeRow[];
  created_at: string;
  /** Known to ShipHero and to its `updated_from` filter, shown to nobody. */
  updated_at: string;
}

export type Health = "HEALTHY" | "WARNING" | "UNHEALTHY";
export interface WebhookRow {
  legacy_id: number; account_id: number; shop_name: string | null; name: string; url: string;
  enabled: boolean; health: Health; failures_in_a_row: number; secret: string;
  created_at: string; updated_at: string; last_enabled_change: string;
}
export interface CallLogRow {
  legacy_id: number; webhook_id: number; webhook_type: string; url: string; at: string; status_code: number; response: string;
}
/** A body that waits for its webhook to be enabled again; only with the switch `discard_while_disabled` off. */
export interface HeldBody { webhook_id: number; subject: string; body: string }

export interface ShipHeroState {
  next_id: Record<IdKind, number>;
  merchant: AccountRow; three_pl: AccountRow; warehouses: WarehouseRow[];
  developer: { legacy_id: number; email: string; username: string; password: string };
  auth: {
    refresh_token: string; refresh_revoked: boolean; refresh_serial: number;
    /** Access tokens are numbered; all up to these numbers are no longer good. */
    token_serial: number; revoked_up_to: number; expired_up_to: number;
  };
  scopes: string[]; statuses: string[];
  /** Credits taken and not refilled yet. */
  credits_spent: number;
  returns: ReturnRow[]; exchange_orders: Order[];
  webhooks: WebhookRow[]; held: HeldBody[]; call_logs: CallLogRow[];
}
export type IdKind = "return" | "return_item" | "label" | "history" | "attachment" | "exchange" | "exchange_item" |
  "exchange_order" | "webhook" | "call_log" | "message";

export const all_scopes = [
  "view:account", "view:orders", "view:products", "view:returns", "change:returns", "view:webhooks", "change:webhooks", "view:pii",
];
export const built_in_statuses = ["Pending", "Warehouse Complete", "Complete"];

export function initialShipHeroState(shop: Shop): ShipHeroState {
  const street = (name: string, address1: string, city: string, state: string, zip: string): AddressRow =>
    ({ name, address1, address2: null, city, state, country: "US", zip, phone: null });
  return {
    next_id: {
      return: 700001, return_item: 800001, label: 650001, history: 1, attachment: 1, exchange: 1, exchange_item: 1,
      exchange_order: 980000001, webhook: 301, call_log: 1, message: 1,
    },
    merchant: { legacy_id: 7001, email: "operations@example.com", username: shop.name, is_3pl: false },
    three_pl: { legacy_id: 7000, email: "warehouse@example.com", username: "Example Fulfilment", is_3pl: true },
    warehouses: [
      { legacy_id: 42, owner: "three_pl", identifier: "Primary", address: street("Example Fulfilment", "1 Dock Road", "Testville", "NY", "10001") },
      { legacy_id: 43, owner: "merchant", identifier: "Returns Desk", address: street(shop.name, "5 Sample Street", "Exampleton", "CA", "90001") },
    ],
    developer: { legacy_id: 5001, email: "developer@example.com", username: "developer@example.com", password: "shiphero-sandbox-password" },
    auth: {
      refresh_token: "shiphero-sandbox-refresh", refresh_revoked: false, refresh_serial: 0,
      token_serial: 0, revoked_up_to: 0, expired_up_to: 0,
    },
    scopes: [...all_scopes],
    statuses: [...built_in_statuses, "Issue", "Damaged", "RTS"],
    credits_spent: 0,
    returns: [], exchange_orders: [],
    webhooks: [], held: [], call_logs: [],
  };
}

export function take_id(state: ShipHeroState, kind: IdKind): number {
  const id = state.next_id[kind];
  state.next_id[kind] = id + 1;
  return id;
}
