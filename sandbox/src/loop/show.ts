// A return as the control API and the pages see it: everything, in one spelling, ids always strings.
import { find_order } from "../shop/orders.ts";
import type { World } from "../world.ts";
import { money } from "./json.ts";
import { currency, label_url, overall_outcome, totals } from "./payloads.ts";
import { is_queued } from "./processing.ts";
import type { LoopReturn } from "./state.ts";

export function show_return(world: World, ret: LoopReturn) {
  const order = find_order(world.shop, ret.order_name);
  const sums = totals(world, ret);
  return {
    ...ret,
    queued: is_queued(world, ret),
    outcome: overall_outcome(ret),
    currency,
    refund: money(sums.refund),
    credit: money(sums.credit),
    total: money(sums.returned),
    email: order?.email ?? "",
    customer: order ? `${order.customer.first_name} ${order.customer.last_name}` : "",
    tracking_number: ret.labels.at(-1)?.tracking_number ?? null,
    label_status: ret.labels.at(-1)?.status ?? null,
    labels: ret.labels.map((label) => ({ ...label, url: label_url(world, label) })),
    status_page_url: `${world.base_url}/portal/returns/${ret.id}`,
  };
}

export type ShownReturn = ReturnType<typeof show_return>;
