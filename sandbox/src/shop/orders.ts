// The example shop's orders: a dozen to begin with, and more on request.
import type { Address, Order, OrderLine, Product, Shop, World } from "../world.ts";
import { find_variant, products } from "./catalog.ts";

const first_number = 1001;

// Everybody is called Example, and every address is one that cannot be delivered to.
const people: [first: string, street: string, city: string, state: string, zip: string][] = [
  ["Jordan", "12 Example Street", "Columbus", "OH", "43215"],
  ["Sam", "480 Sample Avenue", "Portland", "OR", "97205"],
  ["Robin", "7 Placeholder Lane", "Austin", "TX", "78701"],
  ["Alex", "2301 Specimen Road", "Denver", "CO", "80202"],
  ["Casey", "95 Illustration Way", "Madison", "WI", "53703"],
  ["Jamie", "6 Instance Court", "Burlington", "VT", "05401"],
];

const beginnings: { person: number; days_ago: number; lines: [sku: string, quantity: number][] }[] = [
  { person: 0, days_ago: 6, lines: [["TEE-BLK-M", 2], ["SOCK-GRY-L", 1]] },
  { person: 1, days_ago: 8, lines: [["SHELL-OLV-M", 1]] },
  { person: 2, days_ago: 9, lines: [["BOOT-BRN-10", 1], ["SOCK-GRY-M", 3]] },
  { person: 3, days_ago: 10, lines: [["FLEECE-SND-M", 1], ["BEANIE-RUS", 1]] },
  { person: 4, days_ago: 11, lines: [["PACK-PIN", 1]] },
  { person: 5, days_ago: 12, lines: [["MUG-CRM", 4], ["MUG-SEA", 2]] },
  { person: 0, days_ago: 14, lines: [["SHELL-SUN-M", 1], ["BEANIE-NVY", 1]] },
  { person: 1, days_ago: 15, lines: [["TEE-SEA-L", 1], ["TEE-BLK-L", 1], ["TEE-BLK-S", 1]] },
  { person: 2, days_ago: 17, lines: [["FLEECE-PIN-M", 2]] },
  { person: 3, days_ago: 19, lines: [["BOOT-BRN-9", 1]] },
  { person: 4, days_ago: 22, lines: [["SOCK-RUS-M", 5], ["MUG-SEA", 1]] },
  { person: 5, days_ago: 25, lines: [["PACK-NVY", 1], ["SHELL-OLV-L", 1], ["TEE-SEA-M", 2]] },
];

export function initial_shop(random: () => number): Shop {
  const shop: Shop = {
    name: "Example Outfitters",
    domain: "example-outfitters.myshopify.com",
    products: structuredClone(products) as Product[],
    orders: [],
  };
  for (const beginning of beginnings) {
    const hours = beginning.days_ago * 24 + Math.floor(random() * 12);
    const created_at = new Date(Date.now() - hours * 3_600_000);
    add_line_order(shop, beginning.lines.map(([sku, quantity]) => ({ sku, quantity })), created_at, beginning.person);
  }
  return shop;
}

export interface NewOrder {
  name?: string;
  lines: { sku: string; quantity: number }[];
  in_shiphero?: boolean;
}

/** Adds an order to the shop. Throws with a sentence for the caller when the order makes no sense. */
export function add_order(world: World, wanted: NewOrder): Order {
  if (wanted.name !== undefined && find_order(world.shop, wanted.name)) throw new Error(`there is already an order ${wanted.name}`);
  const order = add_line_order(world.shop, wanted.lines, world.clock.now(), Math.floor(world.random() * people.length), wanted.name);
  if (wanted.in_shiphero === false) world.faults.shiphero.order_not_imported.push(order.name);
  world.touch();
  return order;
}

// Every answer about a return looks up its order, and tests make thousands of orders; so names are indexed, beside the
// shop and not in it, because the shop is what gets saved. Orders are only ever appended.
const by_name = new WeakMap<Order[], Map<string, Order>>();

export function find_order(shop: Shop, name: string): Order | undefined {
  let index = by_name.get(shop.orders);
  if (!index) by_name.set(shop.orders, (index = new Map()));
  for (const order of shop.orders.slice(index.size)) index.set(order.name, order);
  return index.get(name);
}

function add_line_order(
  shop: Shop, lines: { sku: string; quantity: number }[], created_at: Date, person: number, name?: string,
): Order {
  const index = shop.orders.length;
  const number = first_number + index;
  const [first_name, address1, city, state, zip] = people[person % people.length]!;
  const address: Address = {
    name: `${first_name} Example`, address1, address2: "", city, state, zip,
    country: "United States", country_code: "US", phone: `+1555010${String(100 + (person % people.length))}`,
  };
  const order: Order = {
    shopify_id: String(5_500_000_000_000 + number),
    name: name ?? `#${number}`,
    number,
    loop_id: 70_000_000 + number,
    shiphero_id: 310_000_000 + number,
    email: `${first_name.toLowerCase()}@example.com`,
    customer: { first_name, last_name: "Example" },
    address,
    created_at: created_at.toISOString(),
    lines: lines.map((line, i) => order_line(shop, line, index * 100 + i)),
  };
  shop.orders.push(order);
  return order;
}

function order_line(shop: Shop, wanted: { sku: string; quantity: number }, serial: number): OrderLine {
  const found = find_variant(shop.products, wanted.sku);
  if (!found) throw new Error(`the shop has no variant with SKU ${wanted.sku}`);
  return {
    shopify_line_id: String(14_300_000_000_000 + serial),
    sku: found.variant.sku,
    variant_id: found.variant.id,
    product_id: found.product.id,
    title: `${found.product.title} - ${found.variant.title}`,
    quantity: wanted.quantity,
    price_minor: found.variant.price_minor,
    shiphero_line_id: 920_000_000 + serial,
  };
}
