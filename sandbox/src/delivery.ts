// Webhook delivery for both vendors: exact bytes out, retries as the vendor makes them, faults, and a log.
//
// The engine knows no vendor. A vendor hands over finished bytes and headers with its own retry rules; everything a
// person or a test may want to see afterwards is in the log.

export interface DeliveryFaults {
  /** 0..1: share of deliveries never sent. The vendor does not know, so `on_result` is not called. */
  lose: number;
  /** 1 = normal; 3 sends two more of the same bytes. Extra copies are sent once and never retried. */
  copies: number;
  /** Extra random real delay, 0..n ms, drawn per copy; reorders deliveries. */
  shuffle_ms: number;
  /** Fixed extra real delay. */
  delay_ms: number;
  /** Replaces the vendor's own timeout when above 0. */
  timeout_ms: number;
}

export const normal_delivery: DeliveryFaults = { lose: 0, copies: 1, shuffle_ms: 0, delay_ms: 0, timeout_ms: 0 };

export interface Delivery {
  vendor: "loop" | "shiphero";
  url: string;
  /** Exact bytes, as UTF-8 text. */
  body: string;
  /** `content-type`, `content-length` and `host` are added when absent. */
  headers: Record<string, string>;
  topic: string;
  /** What it is about: a return id, an RMA id. */
  subject: string;
  max_attempts: number;
  /** Vendor time to wait after attempt n (1 = first) failed. */
  retry_delay_ms: (attempt: number) => number;
  /** 0 = network error or timeout. */
  retry_on: (status: number) => boolean;
  /** Real time for one attempt, from sending to the last byte of the answer. */
  timeout_ms: number;
  on_result?: (r: DeliveryResult) => void;

  /** What counts as acknowledged; any 2xx by default. */
  accept?: (status: number, body: string) => boolean;
  /** Called before every attempt; changed headers (a new message id, say) go with that attempt only. */
  headers_for?: (attempt: number) => Record<string, string>;
  /** Retry-After is honoured up to this many milliseconds, and a longer one fails the delivery. Absent = ignored. */
  retry_after_max_ms?: number;
  /** Free data for the vendor to rebuild the functions above after a load, see `on_resume`. */
  memo?: Record<string, unknown>;
}

export interface DeliveryResult {
  attempt: number;
  /** 0 = network error or timeout. */
  status: number;
  /** No further attempt will follow. */
  final: boolean;
  ok: boolean;
  /** Start of the answer's body, at most 4000 characters. */
  body: string;
}

export interface DeliveryAttempt {
  attempt: number;
  copy: number;
  at: string;
  status: number;
  ms: number;
  /** Why there is no status, e.g. "timeout after 10000 ms" or "ECONNREFUSED". */
  error: string | null;
  response: string;
}

export interface DeliveryLogEntry {
  id: string;
  vendor: "loop" | "shiphero";
  at: string;
  url: string;
  topic: string;
  subject: string;
  headers: Record<string, string>;
  body: string;
  /** waiting: queued or between attempts. abandoned: the process ended and nobody could take it up again. */
  state: "waiting" | "sending" | "delivered" | "failed" | "lost" | "abandoned";
  max_attempts: number;
  attempts: DeliveryAttempt[];
  next_at: string | null;
  /** The delivery this one repeats, when a person asked for it again. */
  repeats: string | null;
  memo: Record<string, unknown>;
}

export interface DeliveryEngine {
  /** Returns the delivery's id. */
  enqueue(d: Delivery): string;
  /** Newest last, at most 5000. */
  log(): DeliveryLogEntry[];
  /** Resolves when nothing is queued, in flight or waiting to retry. */
  idle(): Promise<void>;
  /** Sends the same bytes and headers again, once, to the same address. Throws if the id is unknown. */
  redeliver(id: string): string;
  /** How a vendor takes up deliveries that were unfinished when the world was saved. Null = abandon it. */
  on_resume(vendor: "loop" | "shiphero", rebuild: (entry: DeliveryLogEntry) => Delivery | null): void;
}

export { create_delivery_engine } from "./delivery_engine.ts";
