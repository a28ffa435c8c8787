// A shipping label as SVG. The bars are real: Interleaved 2 of 5, which any scanner reads, of the tracking number.
import { order_of } from "../loop/payloads.ts";
import type { LoopLabel, LoopReturn } from "../loop/state.ts";
import type { World } from "../world.ts";
import { escape_html } from "./layout.ts";

// Wide (1) and narrow (0) elements of the digits 0 to 9.
const digits = ["00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010"];

/** Dark bars of an even number of digits, as [x, width] in narrow-bar units, and the whole width. */
export function interleaved_2_of_5(text: string): { bars: [number, number][]; width: number } {
  const bars: [number, number][] = [];
  let x = 0;
  const bar = (width: number) => { bars.push([x, width]); x += width; };
  const gap = (width: number) => { x += width; };
  const wide = 3;
  for (let i = 0; i < 2; i++) { bar(1); gap(1); } // start
  for (let i = 0; i < text.length; i += 2) {
    const dark = digits[Number(text[i])]!;
    const light = digits[Number(text[i + 1])]!;
    for (let e = 0; e < 5; e++) {
      bar(dark[e] === "1" ? wide : 1);
      gap(light[e] === "1" ? wide : 1);
    }
  }
  bar(wide); gap(1); bar(1); // stop
  return { bars, width: x };
}

export function draw_label(world: World, ret: LoopReturn, label: LoopLabel): string {
  const order = order_of(world, ret);
  const to = world.loop.destinations.find((d) => d.id === ret.destination_id) ?? world.loop.destinations[0];
  const { bars, width } = interleaved_2_of_5(label.tracking_number);
  const scale = 340 / width;
  const drawn = bars.map(([x, w]) => `<rect x="${(30 + x * scale).toFixed(2)}" y="322" width="${(w * scale).toFixed(2)}" height="84"/>`).join("");
  const grouped = label.tracking_number.replace(/(\d{4})(?=\d)/g, "$1 ");
  const lines = (texts: string[], x: number, y: number, size: number, weight = 400) => texts
    .map((t, i) => `<text x="${x}" y="${y + i * size * 1.25}" font-size="${size}" font-weight="${weight}">${escape_html(t)}</text>`).join("");
  const from = order.address;
  const destination = to ? [to.name, to.address.address1, `${to.address.city} ${to.address.state ?? ""} ${to.address.zip ?? ""}`.trim()] : ["The shop"];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" font-family="Helvetica, Arial, sans-serif" role="img" aria-label="Shipping label ${label.tracking_number}">
<rect width="400" height="500" fill="#fff"/><rect x="10" y="10" width="380" height="480" fill="none" stroke="#111" stroke-width="2"/>
<rect x="10" y="10" width="88" height="88" fill="#111"/><text x="54" y="76" font-size="60" font-weight="700" text-anchor="middle" fill="#fff">R</text>
<text x="112" y="46" font-size="24" font-weight="700">${escape_html(label.carrier)} RETURN</text>
<text x="112" y="72" font-size="13">Postage paid by ${escape_html(world.shop.name)}</text>
<path d="M10 98h380M10 296h380M10 436h380" stroke="#111" stroke-width="2"/>
${lines([from.name, from.address1, `${from.city} ${from.state} ${from.zip}`], 26, 122, 13)}
<text x="26" y="200" font-size="12" font-weight="700">SHIP TO</text>
${lines(destination, 84, 202, 20, 700)}
<text x="200" y="314" font-size="11" text-anchor="middle" letter-spacing="1">TRACKING NUMBER</text>
<g fill="#111">${drawn}</g>
<text x="200" y="426" font-size="15" text-anchor="middle" letter-spacing="1">${grouped}</text>
<text x="26" y="468" font-size="18" font-weight="700">RMA ${escape_html(ret.id)}</text>
<text x="374" y="468" font-size="15" text-anchor="end">Order ${escape_html(ret.order_name)}</text>
<text x="374" y="484" font-size="9" text-anchor="end" fill="#555">Sandbox label, not valid for posting</text>
</svg>`;
}
