// ShipHero's ids: opaque to clients, in truth base64 of "<Type>:<legacy id>", as in all documented samples.

export const entity_types = [
  "Account", "User", "Warehouse", "PurchaseOrder", "Order", "LineItem", "Return", "Product", "Bin", "LocationType",
  "PurchaseOrderLineItem", "ReturnItem", "Shipment", "ShippedLineItem", "WarehouseProduct", "Vendor", "Tote",
] as const;
export type EntityType = (typeof entity_types)[number] | "Webhook" | "ReturnHistory" | "ReturnAttachment" | "ReturnExchange" |
  "ReturnExchangeItem" | "RMALabel" | "WebhookCallLog";

// Product ids decode to another word than the entity's name.
const prefix_of = (type: EntityType): string => (type === "Product" ? "ProductInfo" : type);

export function encode_id(type: EntityType, legacy_id: number): string {
  return Buffer.from(`${prefix_of(type)}:${legacy_id}`, "latin1").toString("base64");
}

/** The legacy id inside an opaque id of this type; null for anything else. */
export function decode_id(type: EntityType, id: string): number | null {
  const text = Buffer.from(id, "base64").toString("latin1");
  const prefix = `${prefix_of(type)}:`;
  if (!text.startsWith(prefix)) return null;
  const digits = text.slice(prefix.length);
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** As decode_id, but a bare legacy id is good too. */
export function decode_either_id(type: EntityType, id: string): number | null {
  const trimmed = id.trim();
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : decode_id(type, trimmed);
}
