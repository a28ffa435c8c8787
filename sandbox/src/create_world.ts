// Builds the World out of its parts. The vendors' beginnings come in as arguments; this file knows neither vendor.
import { create_delivery_engine, normal_delivery } from "./delivery.ts";
import { seeded_random } from "./random.ts";
import { RequestLog } from "./requests.ts";
import { initial_shop } from "./shop/orders.ts";
import type { Book, Faults, Shop, World, WorldSnapshot } from "./world.ts";

export interface VendorStart {
  loop_state(shop: Shop): World["loop"];
  loop_faults(): Faults["loop"];
  shiphero_state(shop: Shop): World["shiphero"];
  shiphero_faults(): Faults["shiphero"];
}

// setTimeout treats more than this as "at once"; longer vendor times are walked in steps.
const longest_timer_ms = 2_147_000_000;

export function default_faults(start: VendorStart): Faults {
  return {
    loop: start.loop_faults(),
    shiphero: start.shiphero_faults(),
    delivery: { loop: { ...normal_delivery }, shiphero: { ...normal_delivery } },
  };
}

export function create_world(start: VendorStart, first_seed: number): World {
  let seed = first_seed;
  let random = seeded_random(seed);
  let timers = new Set<NodeJS.Timeout>();
  const touched = new Set<() => void>();
  const restored: (() => void)[] = [];

  function arm(real_ms: number, fn: () => void): void {
    const step = Math.min(Math.max(real_ms, 0), longest_timer_ms);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (real_ms > step) arm(real_ms - step, fn);
      else fn();
    }, step);
    timer.unref();
    timers.add(timer);
  }

  function drop_timers(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = new Set();
  }

  const engine = create_delivery_engine(() => world);
  const shop = initial_shop(random.next);
  const world: World = {
    clock: { now: () => new Date(), scale: 1 },
    after: (ms, fn) => arm(ms / world.clock.scale, fn),
    random: () => random.next(),
    shop,
    books: [],
    record(entry: Omit<Book, "at" | "n">) {
      world.books.push({ n: world.books.length + 1, at: world.clock.now().toISOString(), ...entry });
      world.touch();
    },
    faults: default_faults(start),
    engine,
    loop: start.loop_state(shop),
    shiphero: start.shiphero_state(shop),
    requests: new RequestLog(),
    base_url: "",
    touch: () => touched.forEach((fn) => fn()),
    on_touch(fn) {
      touched.add(fn);
      return () => touched.delete(fn);
    },
    on_restore: (fn) => void restored.push(fn),
    reset(new_seed = seed) {
      drop_timers();
      seed = new_seed;
      random = seeded_random(seed);
      world.shop = initial_shop(random.next);
      world.books = [];
      world.faults = default_faults(start);
      world.loop = start.loop_state(world.shop);
      world.shiphero = start.shiphero_state(world.shop);
      world.requests.clear();
      engine.clear();
      restored.forEach((fn) => fn());
      world.touch();
    },
    snapshot: (): WorldSnapshot => ({
      version: 1, seed, random_state: random.state, scale: world.clock.scale, shop: world.shop, books: world.books,
      faults: world.faults, loop: world.loop, shiphero: world.shiphero, deliveries: engine.dump(),
    }),
    restore(snapshot) {
      if (snapshot.version !== 1) throw new Error(`cannot read a saved world of version ${String(snapshot.version)}`);
      drop_timers();
      // The caller may hold on to the object, and the world is going to change it.
      const copy = structuredClone(snapshot);
      seed = copy.seed;
      random = seeded_random(seed);
      random.state = copy.random_state;
      world.clock.scale = copy.scale;
      world.shop = copy.shop;
      world.books = copy.books;
      world.faults = { ...default_faults(start), ...copy.faults };
      world.loop = copy.loop;
      world.shiphero = copy.shiphero;
      world.requests.clear();
      engine.restore(copy.deliveries);
      restored.forEach((fn) => fn());
      world.touch();
    },
  };
  return world;
}
