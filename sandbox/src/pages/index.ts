// The overview: what the sandbox is, its three stages, how to connect, and what it does not imitate.
import { known_key } from "../loop/state.ts";
import type { World } from "../world.ts";
import { escape_html, page } from "./layout.ts";

export function index_page(world: World): string {
  const base = world.base_url;
  return page({
    title: "Overview", active: "index",
    body: `
<section class="hero">
<h1>A shop, a carrier and a warehouse on your own machine</h1>
<p>This sandbox answers like Loop Returns and ShipHero do, so that Backhaul can be tried and tested without an account at either. You play the people.</p>
</section>

<section class="grid" aria-label="Stages">
<a class="card stage" href="/portal">${portal_art}<h2>Shopper</h2><p class="muted">Find an order of ${escape_html(world.shop.name)}, choose what goes back and why, and get a label.</p><span class="go">Start a return →</span></a>
<a class="card stage" href="/floor">${floor_art}<h2>Carrier and warehouse</h2><p class="muted">Scan the parcel along its way, open it, count and grade what is inside.</p><span class="go">Go to the floor →</span></a>
<a class="card stage" href="/admin">${admin_art}<h2>Loop admin</h2><p class="muted">See every return, decide what needs review, set up keys and webhooks, cause trouble.</p><span class="go">Open the admin →</span></a>
</section>

<section class="card"><h2>How a return travels</h2>
<ol class="journey">
<li><b>A shopper submits it</b><span class="muted">Loop tells the hub, and a label follows a moment later.</span></li>
<li><b>The hub makes the RMA</b><span class="muted">ShipHero knows of the parcel before it arrives.</span></li>
<li><b>The warehouse inspects</b><span class="muted">Counts and conditions go back to the hub.</span></li>
<li><b>Loop pays out, or a person is asked</b><span class="muted">Processed, or flagged into the review queue.</span></li>
</ol></section>

<div class="grid">
<section class="card"><h2>Connect to it</h2>
<dl class="facts">
<dt>Loop</dt><dd><code>${base}/loop</code></dd>
<dt>API key</dt><dd><code>${known_key}</code></dd>
<dt>Webhook secret</dt><dd><code>${escape_html(world.loop.webhook_secret)}</code></dd>
<dt>ShipHero</dt><dd><code>${base}/shiphero</code></dd>
<dt>Refresh token</dt><dd><code>shiphero-sandbox-refresh</code></dd>
<dt>Control</dt><dd><code>${base}/_control</code></dd>
</dl>
<pre><code>curl -H 'X-Authorization: ${known_key}' \\
  ${base}/loop/api/2026-10/warehouse/return/list</code></pre>
</section>
<section class="card"><h2>What it does not imitate</h2>
<ul class="plain">
<li>Money, stock and orders at Shopify. Processing a return writes down what Loop would pay, no more.</li>
<li>Loop's draft returns, carts, deep links, block lists, fraud reports, Happy Returns, label requests and OAuth.</li>
<li>ShipHero's picking, packing, purchasing and everything else outside orders, returns, webhooks and accounts.</li>
<li>Behaviour nobody has written down. There the sandbox chooses, and a switch lets you choose differently.</li>
</ul>
<p class="small muted">The two READMEs, <code>src/loop/README.md</code> and <code>src/shiphero/README.md</code>, have the whole list.</p>
</section>
</div>`,
  });
}

const frame = (inside: string) =>
  `<svg viewBox="0 0 300 130" aria-hidden="true"><rect width="300" height="130" fill="#e9e2d2"/><path d="M0 108h300v22H0z" fill="#d8cdb6"/>${inside}</svg>`;
const portal_art = frame('<rect x="96" y="20" width="108" height="88" rx="8" fill="#fffdf8"/><rect x="96" y="20" width="108" height="14" rx="7" fill="#1f6f5c"/><rect x="108" y="44" width="30" height="26" rx="4" fill="#4f8fb3"/><path d="M146 48h44M146 58h30" stroke="#c9bfa9" stroke-width="5" stroke-linecap="round"/><rect x="108" y="82" width="84" height="14" rx="7" fill="#e0eee8"/><path d="m144 89 4 4 8-8" fill="none" stroke="#1f6f5c" stroke-width="3" stroke-linecap="round"/>');
const floor_art = frame('<path d="M28 108V46l62-26 62 26v62z" fill="#b9633c"/><path d="M50 108V62h80v46z" fill="#f4ead8"/><rect x="58" y="84" width="28" height="24" fill="#c9a877"/><rect x="92" y="84" width="28" height="24" fill="#b8945f"/><rect x="75" y="66" width="28" height="18" fill="#d6b98c"/><path d="M186 108V70h48v38z" fill="#1f6f5c"/><path d="M234 84h24l14 14v10h-38z" fill="#2f8a73"/><circle cx="204" cy="110" r="9" fill="#3a3d42"/><circle cx="252" cy="110" r="9" fill="#3a3d42"/>');
const admin_art = frame('<rect x="56" y="18" width="188" height="90" rx="8" fill="#fffdf8"/><rect x="56" y="18" width="42" height="90" rx="8" fill="#34486f"/><path d="M110 38h70M110 58h70M110 78h70M110 96h44" stroke="#d8cfbc" stroke-width="6" stroke-linecap="round"/><circle cx="218" cy="38" r="6" fill="#35a877"/><circle cx="218" cy="58" r="6" fill="#e8b93c"/><circle cx="218" cy="78" r="6" fill="#35a877"/><path d="M66 36h20M66 50h20M66 64h20" stroke="#8fa3cc" stroke-width="4" stroke-linecap="round"/>');
