// The frame all pages share: head, navigation, stylesheet and one client module.
//
// A page is `page({ title, active, body, script })`. Its client module lives in pages/client/<script>.ts, is compiled on
// first request and served as /assets/<script>.js; client/kit.ts has what the modules share (api, live, h, ...).

export type Stage = "index" | "portal" | "floor" | "admin";

export interface Page {
  title: string;
  active: Stage;
  /** HTML of the main part. Escape what comes from outside with `escape_html`. */
  body: string;
  /** Name of the client module, without extension. */
  script?: string;
  /** Data for the client module, read with kit's `page_data()`. */
  data?: unknown;
}

const stages: [Stage, string, string][] = [
  ["index", "/", "Overview"],
  ["portal", "/portal", "Shopper"],
  ["floor", "/floor", "Warehouse"],
  ["admin", "/admin", "Loop admin"],
];

export function page({ title, active, body, script, data }: Page): string {
  const links = stages.map(([stage, href, name]) =>
    `<a href="${href}"${stage === active ? ' aria-current="page"' : ""}>${name}</a>`).join("");
  return `<!doctype html>
<html lang="en" data-stage="${active}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape_html(title)} · Backhaul sandbox</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="/assets/icon.svg" width="26" height="26" alt=""><span>Backhaul <em>sandbox</em></span></a>
<nav aria-label="Stages">${links}</nav>
<span class="live" id="live" role="status" aria-live="off" title="Whether this page is connected for live updates"></span>
</header>
<main id="main" tabindex="-1">${body}</main>
${data === undefined ? "" : `<script type="application/json" id="page-data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`}
${script === undefined ? "" : `<script type="module" src="/assets/${script}.js"></script>`}
</body>
</html>
`;
}

export function escape_html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
