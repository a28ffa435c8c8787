// The products of the example shop. Pictures are drawn in pictures.ts.
import type { Product, Variant } from "../world.ts";

interface Family {
  title: string;
  sku: string;
  price_minor: number;
  variants: [suffix: string, title: string][];
}

const families: Family[] = [
  { title: "Merino Crew Tee", sku: "TEE", price_minor: 4800, variants: [
    ["BLK-S", "Black / S"], ["BLK-M", "Black / M"], ["BLK-L", "Black / L"], ["SEA-M", "Sea Blue / M"], ["SEA-L", "Sea Blue / L"]] },
  { title: "Trail Sock", sku: "SOCK", price_minor: 1850, variants: [["GRY-M", "Grey / M"], ["GRY-L", "Grey / L"], ["RUS-M", "Rust / M"]] },
  { title: "Rain Shell", sku: "SHELL", price_minor: 16900, variants: [["OLV-M", "Olive / M"], ["OLV-L", "Olive / L"], ["SUN-M", "Sun Yellow / M"]] },
  { title: "Fleece Pullover", sku: "FLEECE", price_minor: 8900, variants: [["SND-S", "Sand / S"], ["SND-M", "Sand / M"], ["PIN-M", "Pine / M"]] },
  { title: "Ridge Beanie", sku: "BEANIE", price_minor: 2800, variants: [["RUS", "Rust"], ["NVY", "Navy"]] },
  { title: "Day Pack 20 L", sku: "PACK", price_minor: 11900, variants: [["PIN", "Pine"], ["NVY", "Navy"]] },
  { title: "Enamel Camp Mug", sku: "MUG", price_minor: 1600, variants: [["CRM", "Cream"], ["SEA", "Sea Blue"]] },
  { title: "Leather Hiking Boot", sku: "BOOT", price_minor: 18500, variants: [["BRN-9", "Brown / 9"], ["BRN-10", "Brown / 10"], ["BRN-11", "Brown / 11"]] },
];

export const products: readonly Product[] = families.map((family, f) => ({
  id: String(8_400_000_000_001 + f),
  title: family.title,
  variants: family.variants.map(([suffix, title], v): Variant => ({
    id: String(45_600_000_000_001 + f * 10 + v),
    sku: `${family.sku}-${suffix}`,
    barcode: ean13(`8500${String(f + 1).padStart(4, "0")}${String(v + 1).padStart(4, "0")}`),
    title,
    price_minor: family.price_minor,
  })),
}));

/** Appends the check digit, so that a scanner's own test accepts the drawn bars. */
function ean13(twelve: string): string {
  const sum = [...twelve].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return twelve + String((10 - (sum % 10)) % 10);
}

export function find_variant(in_products: readonly Product[], sku: string): { product: Product; variant: Variant } | null {
  for (const product of in_products) {
    const variant = product.variants.find((v) => v.sku === sku);
    if (variant) return { product, variant };
  }
  return null;
}
