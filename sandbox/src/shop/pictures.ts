// Product pictures, drawn: one shape per product family, coloured by the variant's colour code in the SKU.

const colours: Record<string, [fill: string, shade: string]> = {
  BLK: ["#3a3d42", "#26282c"], SEA: ["#4f8fb3", "#3b7596"], GRY: ["#9aa0a6", "#7d848b"], RUS: ["#b9633c", "#964d2c"],
  OLV: ["#7d8250", "#62673c"], SUN: ["#e8b93c", "#cb9c22"], SND: ["#d9c3a0", "#bfa67f"], PIN: ["#3f6b57", "#2f5444"],
  NVY: ["#34486f", "#263757"], CRM: ["#efe6d4", "#d8cbb2"], BRN: ["#7a5338", "#5e3e28"],
};

type Drawing = (fill: string, shade: string) => string;

const drawings: Record<string, Drawing> = {
  TEE: (f, s) => `<path d="M38 24 22 34l8 16 8-5v33h44V45l8 5 8-16-16-10c-4 6-11 8-18 8s-14-2-16-8z" fill="${f}"/><path d="M44 25c3 6 10 8 16 8s13-2 16-8" fill="none" stroke="${s}" stroke-width="3"/><path d="M38 45v33M82 45v33" stroke="${s}" stroke-width="2"/>`,
  SOCK: (f, s) => `<path d="M50 20h24v34c0 5-2 9-6 12L50 79c-6 5-14 4-18-1s-3-12 3-16l15-11z" fill="${f}"/><path d="M50 20h24v10H50z" fill="${s}"/><path d="M32 78c-4-5-3-12 3-16l4-3 8 15c-5 7-11 8-15 4z" fill="${s}"/>`,
  SHELL: (f, s) => `<path d="M48 20c4-5 20-5 24 0l5 6 17 12-7 34-9-2v14H42V70l-9 2-7-34 17-12z" fill="${f}"/><path d="M60 30v54" stroke="${s}" stroke-width="3"/><path d="M48 20c-3 5-3 10 0 14 6 5 18 5 24 0 3-4 3-9 0-14" fill="none" stroke="${s}" stroke-width="3"/><path d="M47 62h8M65 62h8" stroke="${s}" stroke-width="3" stroke-linecap="round"/>`,
  FLEECE: (f, s) => `<path d="M46 22h28l18 14-5 38-10-2v10H43V72l-10 2-5-38z" fill="${f}"/><path d="M46 22h28v9c-8 5-20 5-28 0z" fill="${s}"/><path d="M60 34v17" stroke="${s}" stroke-width="3"/><path d="M43 75h34v7H43z" fill="${s}"/><path d="M49 56h22v12H49z" fill="none" stroke="${s}" stroke-width="2.5"/>`,
  BEANIE: (f, s) => `<circle cx="60" cy="25" r="7" fill="${s}"/><path d="M32 64c0-22 12-35 28-35s28 13 28 35z" fill="${f}"/><rect x="29" y="61" width="62" height="16" rx="6" fill="${s}"/><path d="M46 34c-4 8-6 17-6 27M60 30v31M74 34c4 8 6 17 6 27" stroke="${s}" stroke-width="2" fill="none"/>`,
  PACK: (f, s) => `<path d="M50 24c0-8 20-8 20 0" fill="none" stroke="${s}" stroke-width="4"/><rect x="36" y="23" width="48" height="60" rx="14" fill="${f}"/><rect x="43" y="52" width="34" height="24" rx="6" fill="${s}"/><path d="M36 42h48" stroke="${s}" stroke-width="3"/><path d="M60 36v14" stroke="#fff" stroke-width="3" stroke-linecap="round" opacity=".7"/>`,
  MUG: (f, s) => `<path d="M36 32h42v40c0 5-3 8-8 8H44c-5 0-8-3-8-8z" fill="${f}"/><path d="M78 42h5c6 0 9 4 9 9s-3 10-9 10h-5" fill="none" stroke="${s}" stroke-width="5"/><ellipse cx="57" cy="32" rx="21" ry="5" fill="${s}"/><path d="M50 20c-3 3 3 5 0 8M62 18c-3 3 3 5 0 8" stroke="${s}" stroke-width="2" fill="none" stroke-linecap="round" opacity=".6"/>`,
  BOOT: (f, s) => `<path d="M40 20h24l2 28 20 8c6 3 8 7 8 14H38z" fill="${f}"/><path d="M36 70h60v8H36z" fill="${s}"/><path d="M54 30h11M55 38h11M56 46h11" stroke="#e9d8b4" stroke-width="2.5" stroke-linecap="round"/><path d="M40 20h24l.5 6H40z" fill="${s}"/>`,
};

const box: Drawing = (f, s) => `<path d="M60 22 92 36v34L60 84 28 70V36z" fill="${f}"/><path d="M28 36 60 50l32-14M60 50v34" stroke="${s}" stroke-width="3" fill="none"/>`;

/** An SVG document for any SKU; one the shop does not know gets a plain box. */
export function draw_picture(sku: string): string {
  const [family = "", colour = ""] = sku.toUpperCase().split("-");
  const [fill, shade] = colours[colour] ?? ["#c9b28f", "#a98f69"];
  const drawing = (Object.hasOwn(drawings, family) ? drawings[family] : undefined) ?? box;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 100" role="img"><rect width="120" height="100" rx="12" fill="#f1eee7"/><ellipse cx="60" cy="86" rx="34" ry="4" fill="#000" opacity=".07"/>${drawing(fill, shade)}</svg>`;
}
