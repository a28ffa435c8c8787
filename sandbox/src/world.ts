// The one world both vendors live in: clock, chance, shop, vendors' state, faults and books.
//
// Rules for vendor modules:
// - Reach state through `world.loop` / `world.shiphero` / `world.shop` each time. A reset or load replaces those objects.
// - Everything under them is plain JSON, because save and load write and read exactly that.
// - Anything that happens "later at the vendor" goes through `after`, so that it obeys the clock and dies with a reset.
//   Work that must survive save and load is kept as data and armed again in an `on_restore` hook.
//
// What src/app.ts imports from each vendor's index.ts (Loop shown; ShipHero alike with `shiphero` / `ShipHero`):
//   types LoopState, LoopFaults (LoopFaults extends CommonFaults of faults.ts)
//   initialLoopState(shop: Shop): LoopState
//   default_loop_faults(): LoopFaults
//   register_loop(app: FastifyInstance, world: World): Promise<void>    API, control and (ShipHero) floor page routes
import type { DeliveryEngine, DeliveryFaults } from "./delivery.ts";
import type { LoopFaults, LoopState } from "./loop/index.ts";
import type { RequestLog } from "./requests.ts";
import type { ShipHeroFaults, ShipHeroState } from "./shiphero/index.ts";

export interface World {
  /** Real time. `scale` divides vendor delays and backoffs: 100 means a hundred times faster. */
  clock: { now(): Date; scale: number };
  /** Runs `fn` after `ms` of vendor time (real delay = ms / clock.scale). Unref'd; dropped on reset and load. */
  after(ms: number, fn: () => void): void;
  /** Seeded, 0 <= x < 1. */
  random(): number;
  shop: Shop;
  /** Independent bookkeeping, append-only: what really happened at the vendor, whatever the caller was told. */
  books: Book[];
  record(entry: Omit<Book, "at" | "n">): void;
  faults: Faults;
  engine: DeliveryEngine;
  loop: LoopState;
  shiphero: ShipHeroState;

  /** API requests received, newest 2000. */
  requests: RequestLog;
  /** The address the server listens on, for absolute links in answers; empty until it listens. */
  base_url: string;
  /** Says that something a page might show has changed. `record`, API requests and control routes call it already. */
  touch(): void;
  /** Calls `fn` after every touch; returns the function that stops it. */
  on_touch(fn: () => void): () => void;
  /** Calls `fn` after reset and after load, to arm timers for work that is kept as data. */
  on_restore(fn: () => void): void;
  reset(seed?: number): void;
  /** Everything as plain data, and back. */
  snapshot(): WorldSnapshot;
  restore(snapshot: WorldSnapshot): void;
}

export interface Faults {
  loop: LoopFaults;
  shiphero: ShipHeroFaults;
  delivery: { loop: DeliveryFaults; shiphero: DeliveryFaults };
}

export interface Book {
  n: number;
  at: string;
  vendor: "loop" | "shiphero";
  /** For example "process.accepted", "process.completed", "flag", "rma.created", "rma.received". */
  what: string;
  ref: string;
  detail: Record<string, unknown>;
}

export interface Shop {
  name: string;
  /** *.myshopify.com */
  domain: string;
  products: Product[];
  orders: Order[];
}

export interface Product {
  id: string;
  title: string;
  variants: Variant[];
}

export interface Variant {
  id: string;
  sku: string;
  barcode: string;
  title: string;
  price_minor: number;
}

export interface Order {
  /** Numeric string. */
  shopify_id: string;
  /** "#1001" */
  name: string;
  number: number;
  loop_id: number;
  shiphero_id: number;
  email: string;
  customer: { first_name: string; last_name: string };
  address: Address;
  created_at: string;
  lines: OrderLine[];
}

export interface Address {
  name: string;
  address1: string;
  address2: string;
  city: string;
  state: string;
  zip: string;
  country: string;
  country_code: string;
  phone: string;
}

export interface OrderLine {
  shopify_line_id: string;
  sku: string;
  variant_id: string;
  product_id: string;
  title: string;
  quantity: number;
  price_minor: number;
  shiphero_line_id: number;
}

export interface WorldSnapshot {
  version: 1;
  seed: number;
  random_state: number;
  scale: number;
  shop: Shop;
  books: Book[];
  faults: Faults;
  loop: LoopState;
  shiphero: ShipHeroState;
  deliveries: unknown;
}
