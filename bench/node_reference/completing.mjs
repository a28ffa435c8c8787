// Completing: takes waiting deliveries from the store in order, makes their RMAs and has the store mark them.
import { connectWarehouse } from "./warehouse.mjs";

// Two batches, so that RMAs of one are made while the other's marks are committed.
export const batches = 2;
const retryMs = 1000;

// `concurrency`: RMAs under way at once. Gives a function to be called when a delivery was stored.
export function startCompleting(store, { warehouse, concurrency }) {
  const makeRma = connectWarehouse(warehouse, { connections: concurrency });
  const limit = Math.ceil(concurrency / batches);
  let stored = 0;
  let sleeping = [];
  // What failed is not marked, and is taken again after a while.
  const failed = () => new Promise((resolve) => setTimeout(resolve, retryMs));
  const makeAll = (rows) => Promise.all(rows.map(({ body }) => makeRma(body).catch(failed)));
  const work = async () => {
    for (;;) {
      const before = stored;
      const taken = await store.complete(limit, makeAll);
      if (taken === 0 && stored === before) await new Promise((resolve) => sleeping.push(resolve));
    }
  };
  const wake = () => {
    stored += 1;
    if (sleeping.length === 0) return;
    const ready = sleeping;
    sleeping = [];
    for (const resume of ready) resume();
  };
  for (let i = 0; i < batches; ++i) work();
  return wake;
}
