// A return as Loop shows it. The three places (list, details, webhook) disagree about ids, dates and some names;
// contracts' section 3 has the table this file follows column by column.
import { find_variant } from "../shop/catalog.ts";
import { find_order } from "../shop/orders.ts";
import type { Order, World } from "../world.ts";
import { money, WireNumber } from "./json.ts";
import type { LoopLabel, LoopLine, LoopReturn } from "./state.ts";

export type Place = "list" | "details" | "webhook";

export const currency = "USD";

export function return_payload(world: World, ret: LoopReturn, place: Place): Record<string, unknown> {
  const order = order_of(world, ret);
  const show = writer(world, place);
  const sums = totals(world, ret);
  const label = ret.labels.at(-1);
  const common = {
    id: show.return_id(ret.id),
    state: ret.state,
    ...(place === "webhook" ? {} : { outcome: overall_outcome(ret) }),
    created_at: show.date(ret.created_at),
    ...(place === "webhook" ? {} : { updated_at: show.date(ret.updated_at) }),
    edited_at: ret.edited_at && show.date(ret.edited_at),
    total: money(sums.returned),
    order_id: show.order_id(String(order.loop_id)),
    order_name: order.name,
    provider_order_id: show.id(order.shopify_id),
    order_number: show.id(String(order.number)),
    provider_order_number: place === "list" ? String(order.number) : order.number,
    customer: order.email,
    currency,
    return_product_total: money(sums.returned),
    return_discount_total: "0.00",
    return_tax_total: "0.00",
    return_total: money(sums.returned),
    return_credit_total: money(sums.returned),
    exchange_product_total: money(sums.exchanged),
    exchange_discount_total: "0.00",
    exchange_tax_total: "0.00",
    exchange_total: money(sums.exchanged),
    exchange_credit_total: "0.00",
    gift_card: money(sums.credit),
    handling_fee: "0.00",
    refund: money(sums.refund),
    upsell: "0.00",
    line_items: ret.lines.map((line) => line_payload(world, line, place)),
    exchanges: exchange_rows(world, ret),
    labels: ret.labels.map((one) => label_row(world, one, place)),
    carrier: label?.carrier ?? "",
    tracking_number: label?.tracking_number ?? "N/A",
    label_status: label?.status ?? (ret.label_mode === "none" ? "no_label" : "pending"),
    label_updated_at: show.date(label?.updated_at ?? ret.created_at),
    label_url: label ? label_url(world, label) : null,
    destination_id: ret.destination_id === null ? null : show.id(String(ret.destination_id)),
    status_page_url: `${world.base_url}/portal/returns/${ret.id}`,
    package_reference: null,
    return_method: null,
  };
  if (place === "webhook") return { ...common, ...webhook_only(ret, order, sums.refund) };
  const read = {
    ...common,
    origin_country: order.address.country,
    origin_country_code: order.address.country_code,
    multi_currency: false,
    gift_card_order_name: null,
    gift_card_order_id: null,
    label_rate: label?.rate_minor ?? 0,
    was_processed: ret.processed_at !== null,
    refund_before_inspection: false,
    outcomes_processed_at: outcomes_processed(ret),
  };
  if (place === "list") return read;
  return {
    ...read,
    customer_email: order.email,
    customer_first_name: order.customer.first_name,
    customer_last_name: order.customer.last_name,
    exchange: exchange_rows(world, ret).map((row) => row.title).join(", "),
    exchange_order_name: exchange_order_name(ret),
    exchange_order_id: null,
    refunds: refund_rows(ret, sums.refund),
  };
}

export function order_of(world: World, ret: LoopReturn): Order {
  const order = find_order(world.shop, ret.order_name);
  if (!order) throw new Error(`return ${ret.id} belongs to order ${ret.order_name}, which the shop does not have`);
  return order;
}

export function overall_outcome(ret: LoopReturn): string {
  const wanted = (["exchange", "credit", "refund"] as const).filter((o) => ret.lines.some((line) => line.outcome === o));
  return wanted.join("+");
}

export interface Totals { returned: number; refund: number; credit: number; exchanged: number }

export function totals(world: World, ret: LoopReturn): Totals {
  const sum = (lines: LoopLine[]) => lines.reduce((total, line) => total + line.price_minor, 0);
  return {
    returned: sum(ret.lines),
    refund: sum(ret.lines.filter((line) => line.outcome === "refund")),
    credit: sum(ret.lines.filter((line) => line.outcome === "credit")),
    exchanged: ret.lines.reduce((total, line) => total + (exchange_variant(world, line)?.variant.price_minor ?? 0), 0),
  };
}

export function label_url(world: World, label: LoopLabel): string {
  return `${world.base_url}/portal/labels/${label.id}.svg`;
}

/** How ids and dates look in one of the three places. */
export function writer(world: World, place: Place) {
  const number = (id: string) => new WireNumber(id);
  const text = (id: string) => id;
  return {
    id: place === "details" ? number : text,
    order_id: place === "list" ? text : number,
    return_id: place === "details" || (place === "webhook" && world.faults.loop.webhook_id_type === "number") ? number : text,
    date: (iso: string) => (place === "list" ? iso : place === "details" ? naive_date(iso) : webhook_date(world, iso)),
  };
}

export function naive_date(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

export function webhook_date(world: World, iso: string): string {
  return iso.slice(0, 19) + (world.faults.loop.webhook_dates === "z" ? "Z" : "+00:00");
}

function line_payload(world: World, line: LoopLine, place: Place): Record<string, unknown> {
  const show = writer(world, place);
  const comment = line.comment || "N/A";
  const reasons = place === "details"
    ? { reason: line.reason, parent_reason: line.parent_reason }
    : { return_reason: line.reason, parent_return_reason: line.parent_reason };
  const in_details = { line_item_title: line.line_item_title, variant_title: line.variant_title, image: picture_url(world, line.sku) };
  return {
    line_item_id: show.id(line.line_item_id),
    provider_line_item_id: show.id(line.shopify_line_id),
    product_id: show.id(line.product_id),
    variant_id: show.id(line.variant_id),
    sku: line.sku,
    barcode: line.barcode,
    title: line.title,
    ...(place === "details" ? in_details : {}),
    price: money(line.price_minor),
    discount: "0.00",
    tax: "0.00",
    refund: money(line.price_minor),
    ...(place === "webhook" ? {} : { refund_item: money(line.price_minor), refund_tax: "0.00" }),
    returned_at: place === "webhook" ? naive_date(line.returned_at) : line.returned_at,
    exchange_variant: exchange_variant(world, line)?.variant.id ?? "",
    ...reasons,
    return_comment: comment,
    outcome: "default",
    ...(place === "webhook" ? {} : {
      provider_restock_location_id: null,
      consolidation_tracking: null,
      condition: line.condition,
      disposition: line.disposition,
    }),
  };
}

export function exchange_variant(world: World, line: LoopLine) {
  return line.exchange_sku === null ? null : find_variant(world.shop.products, line.exchange_sku);
}

function exchange_rows(world: World, ret: LoopReturn) {
  return ret.lines.flatMap((line) => {
    const wanted = exchange_variant(world, line);
    if (!wanted) return [];
    return [{
      exchange_id: line.line_item_id,
      exchange_order_id: null,
      exchange_order_name: exchange_order_name(ret),
      product_id: wanted.product.id,
      variant_id: wanted.variant.id,
      sku: wanted.variant.sku,
      title: `${wanted.product.title} - ${wanted.variant.title}`,
      type: "product",
      price: money(wanted.variant.price_minor),
      discount: "0.00",
      tax: "0.00",
      total: money(wanted.variant.price_minor),
      out_of_stock: false,
      out_of_stock_resolution: null,
    }];
  });
}

/** The order Loop makes in the shop on processing; the name is this shop's habit, nothing of Loop's. */
function exchange_order_name(ret: LoopReturn): string | null {
  return ret.processed_at && ret.lines.some((line) => line.outcome === "exchange") ? `${ret.order_name}-X${ret.id}` : null;
}

function label_row(world: World, label: LoopLabel, place: Place) {
  return {
    status: label.status,
    updated_at: writer(world, place).date(label.updated_at),
    url: label_url(world, label),
    rate: label.rate_minor,
    carrier: label.carrier,
    tracking_number: label.tracking_number,
    line_items: label.line_items.map((id) => new WireNumber(id)),
  };
}

function webhook_only(ret: LoopReturn, order: Order, refund_minor: number) {
  return {
    provider_order_external_id: order.shopify_id,
    provider_order_sales_channel: "web",
    customer_detail: {
      email: order.email, first_name: order.customer.first_name, middle_name: null, last_name: order.customer.last_name,
    },
    address: { company: null, ...order.address },
    is_gift_return: false,
    refunds: refund_rows(ret, refund_minor),
  };
}

function refund_rows(ret: LoopReturn, refund_minor: number) {
  if (!ret.processed_at || refund_minor === 0) return [];
  return [{ gateway: "shopify_payments", amount: money(refund_minor), currency, provider_refund_id: `97${ret.id}` }];
}

function outcomes_processed(ret: LoopReturn) {
  const done = ret.processed_at && { date: `${naive_date(ret.processed_at)}.000000`, timezone: "UTC", timezone_type: 3 };
  const when = (outcome: string) => (ret.lines.some((line) => line.outcome === outcome) ? done : null);
  return {
    return_processed: done, refund_processed: when("refund"),
    gift_card_processed: when("credit"), exchange_processed: when("exchange"),
  };
}

function picture_url(world: World, sku: string): string {
  return `${world.base_url}/pictures/${encodeURIComponent(sku)}.svg`;
}
