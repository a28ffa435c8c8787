// What the floor page asks the server for. Types only, so that both sides can read them.

/** A parcel with a tracking number, known to Loop, to ShipHero or to both. */
export interface Parcel {
  tracking_number: string;
  carrier: string;
  /** Loop's label status; "unknown" when no Loop return has this label. */
  status: string;
  loop_id: string | null;
  /** The RMA at ShipHero, once somebody made it. */
  rma_id: number | null;
  order_name: string;
  customer: string;
  units: { sku: string; quantity: number }[];
}

export interface RmaSummary {
  legacy_id: number;
  order_name: string;
  customer: string;
  partner_id: string | null;
  status: string;
  stage: "waiting" | "started" | "finished";
  expected: number;
  received: number;
  restocked: number;
  tracking_number: string | null;
  warehouse: string;
  updated_at: string;
  units: { sku: string; quantity: number }[];
}

export interface RmaItem {
  legacy_id: number;
  sku: string;
  title: string;
  variant: string;
  barcode: string;
  quantity: number;
  quantity_received: number;
  restock: number;
  condition: string | null;
  reason: string;
}

export interface OpenRma extends RmaSummary {
  uuid: string;
  reason: string;
  created_at: string;
  items: RmaItem[];
  history: { created_at: string; body: string }[];
}

export interface FloorWebhook {
  legacy_id: number;
  name: string;
  url: string;
  enabled: boolean;
  health: string;
  /** Status codes of the newest attempts, oldest first; 0 = no answer. */
  answers: number[];
}

export interface FloorAccount {
  statuses: string[];
  webhooks: FloorWebhook[];
  credits: { remaining: number; size: number; per_second: number };
  requests_in_5_minutes: number;
  requests_allowed: number;
  refresh_revoked: boolean;
}

export type Switches = Record<string, number | boolean | string | string[]>;

export interface FloorData {
  parcels: Parcel[];
  rmas: RmaSummary[];
  /** All there are; `rmas` holds the newest. */
  rma_count: number;
  open: OpenRma | null;
  account: FloorAccount;
  switches: Switches;
  switch_defaults: Switches;
  switch_choices: Record<string, string[]>;
}

/** What a scanned or typed code turned out to be. */
export interface Found { rma_id: number | null; message: string }

export interface CatalogItem { sku: string; title: string; variant: string }
