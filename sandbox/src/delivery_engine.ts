// The delivery engine behind the interface of delivery.ts.
import type {
  Delivery, DeliveryAttempt, DeliveryEngine, DeliveryFaults, DeliveryLogEntry, DeliveryResult,
} from "./delivery.ts";
import { post } from "./post.ts";
import type { World } from "./world.ts";

// A page or a test looks at recent deliveries; without a limit a day of load would fill the memory.
const kept = 5000;
const kept_response_characters = 4000;

/** What create_world needs besides the public interface. */
export interface OwnedDeliveryEngine extends DeliveryEngine {
  clear(): void;
  dump(): unknown;
  restore(dumped: unknown): void;
}

type Needs = Pick<World, "after" | "random" | "clock" | "touch" | "faults">;

/** `here` gives the world the engine is part of; it is first asked when something is enqueued. */
export function create_delivery_engine(here: () => Needs): OwnedDeliveryEngine {
  let entries: DeliveryLogEntry[] = [];
  let by_id = new Map<string, DeliveryLogEntry>();
  let count = 0;
  let open = 0; // copies queued, in flight or waiting to retry
  let generation = 0; // a reset makes answers still on their way meaningless
  let idle_waiters: (() => void)[] = [];
  const rebuilders = new Map<string, (entry: DeliveryLogEntry) => Delivery | null>();

  function note(d: Delivery, repeats: string | null): DeliveryLogEntry {
    const entry: DeliveryLogEntry = {
      id: `dlv_${++count}`, vendor: d.vendor, at: here().clock.now().toISOString(), url: d.url, topic: d.topic,
      subject: d.subject, headers: d.headers, body: d.body, state: "waiting", max_attempts: d.max_attempts,
      attempts: [], next_at: null, repeats, memo: d.memo ?? {},
    };
    entries.push(entry);
    by_id.set(entry.id, entry);
    if (entries.length > kept) for (const old of entries.splice(0, entries.length - kept)) by_id.delete(old.id);
    return entry;
  }

  function closed_one(): void {
    open--;
    here().touch();
    if (open > 0) return;
    const waiters = idle_waiters;
    idle_waiters = [];
    waiters.forEach((fn) => fn());
  }

  /** Faults delay in real time; `born` guards against work of a world that has been reset since. */
  function later(real_ms: number, fn: () => void): void {
    const born = generation;
    const guarded = () => { if (born === generation) fn(); };
    if (real_ms <= 0) setImmediate(guarded);
    else setTimeout(guarded, real_ms).unref();
  }

  async function send(d: Delivery, entry: DeliveryLogEntry, attempt: number, copy: number): Promise<void> {
    const born = generation;
    const faults: DeliveryFaults = here().faults.delivery[d.vendor];
    const headers = { ...d.headers, ...(d.headers_for?.(attempt) ?? {}) };
    entry.state = "sending";
    entry.next_at = null;
    const at = here().clock.now().toISOString();
    const answer = await post(d.url, headers, d.body, faults.timeout_ms > 0 ? faults.timeout_ms : d.timeout_ms);
    if (born !== generation) return;
    const response = answer.body.slice(0, kept_response_characters);
    const tried: DeliveryAttempt = { attempt, copy, at, status: answer.status, ms: answer.ms, error: answer.error, response };
    entry.attempts.push(tried);
    const accept = d.accept ?? ((status) => status >= 200 && status < 300);
    const ok = answer.status > 0 && accept(answer.status, answer.body);
    if (copy > 1) {
      if (ok) entry.state = "delivered";
      return closed_one();
    }
    const wait = ok ? null : wait_before_next(d, attempt, answer.status, answer.retry_after_ms);
    const result: DeliveryResult = { attempt, status: answer.status, final: wait === null, ok, body: response };
    entry.state = ok ? "delivered" : wait === null ? "failed" : "waiting";
    d.on_result?.(result);
    if (wait === null) return closed_one();
    entry.next_at = new Date(here().clock.now().getTime() + wait / here().clock.scale).toISOString();
    here().touch();
    here().after(wait, () => void send(d, entry, attempt + 1, copy));
  }

  function wait_before_next(d: Delivery, attempt: number, status: number, asked_ms: number | null): number | null {
    if (attempt >= d.max_attempts || !d.retry_on(status)) return null;
    const own = d.retry_delay_ms(attempt);
    if (asked_ms === null || d.retry_after_max_ms === undefined) return own;
    if (asked_ms > d.retry_after_max_ms) return null;
    // What the receiver asks for is real time; `after` divides by the scale.
    return Math.max(own, asked_ms * here().clock.scale);
  }

  function start(d: Delivery, entry: DeliveryLogEntry, attempt: number): void {
    const faults = here().faults.delivery[d.vendor];
    const copies = Math.max(1, Math.floor(faults.copies));
    for (let copy = 1; copy <= copies; copy++) {
      open++;
      const extra = faults.delay_ms + (faults.shuffle_ms > 0 ? here().random() * faults.shuffle_ms : 0);
      later(extra, () => void send(d, entry, attempt, copy));
    }
  }

  return {
    enqueue(d) {
      const entry = note(d, null);
      const lose = here().faults.delivery[d.vendor].lose;
      if (lose > 0 && here().random() < lose) entry.state = "lost";
      else start(d, entry, 1);
      here().touch();
      return entry.id;
    },
    log: () => [...entries],
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => idle_waiters.push(resolve))),
    redeliver(id) {
      const entry = by_id.get(id);
      if (!entry) throw new Error(`no delivery ${id}`);
      const again: Delivery = {
        vendor: entry.vendor, url: entry.url, body: entry.body, headers: entry.headers, topic: entry.topic,
        subject: entry.subject, max_attempts: 1, retry_delay_ms: () => 0, retry_on: () => false,
        timeout_ms: 10_000, memo: entry.memo,
      };
      const repeat = note(again, id);
      open++;
      later(0, () => void send(again, repeat, 1, 1));
      return repeat.id;
    },
    on_resume: (vendor, rebuild) => void rebuilders.set(vendor, rebuild),
    clear() {
      generation++;
      entries = [];
      by_id = new Map();
      count = 0;
      open = 1;
      closed_one();
    },
    dump: () => ({ count, entries }),
    restore(dumped) {
      this.clear();
      const saved = dumped as { count: number; entries: DeliveryLogEntry[] };
      count = saved.count;
      entries = saved.entries;
      by_id = new Map(entries.map((e) => [e.id, e]));
      for (const entry of entries) {
        if (entry.state !== "waiting" && entry.state !== "sending") continue;
        const d = entry.repeats ? null : (rebuilders.get(entry.vendor)?.(entry) ?? null);
        if (d) start(d, entry, entry.attempts.filter((a) => a.copy === 1).length + 1);
        else entry.state = "abandoned";
      }
    },
  };
}
