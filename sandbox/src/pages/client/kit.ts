// What the pages' client modules share: talking to the server, live updates, building DOM, small formats.

/** A JSON call. Throws an Error with the server's sentence when it says no. */
export async function api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const text = await response.text();
  const parsed: unknown = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw new Error((parsed as { error?: string } | undefined)?.error ?? `The sandbox answered ${response.status}.`);
  return parsed as T;
}

/** Calls `refresh` now and after every change at the server, never twice at once. */
export function live(refresh: () => Promise<void>): void {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) return void (again = true);
    running = true;
    try {
      await refresh();
    } catch (error) {
      toast((error as Error).message, "bad");
    }
    running = false;
    if (again) {
      again = false;
      void run();
    }
  };
  const badge = document.getElementById("live");
  const show = (connected: boolean) => {
    if (badge) {
      badge.textContent = connected ? "Live" : "Reconnecting";
      badge.dataset["on"] = String(connected);
    }
  };
  // A browser keeps few connections per server, and every page left in the background would hold one of them.
  let source: EventSource | null = null;
  const connect = () => {
    if (source) return;
    source = new EventSource("/_control/changes");
    source.addEventListener("changed", () => { show(true); void run(); });
    source.addEventListener("error", () => show(false));
  };
  const disconnect = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? connect() : disconnect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
}

type Child = Node | string | number | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** h("button", {class: "primary", onclick: save}, "Save"). Text is never parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Child | Child[])[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "value" && "value" in element) (element as HTMLInputElement).value = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * Replaces the content of `into` only when `key` differs from the last time, so that a live page does not take away
 * the focus, the open menu or the half-typed word of whoever is using it.
 */
export function draw(into: Element, key: unknown, build: () => (Node | string)[]): void {
  const fingerprint = JSON.stringify(key);
  if (drawn.get(into) === fingerprint) return;
  drawn.set(into, fingerprint);
  const focused = document.activeElement?.id;
  into.replaceChildren(...build());
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}

const drawn = new WeakMap<Element, string>();

export function page_data<T>(): T {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "null") as T;
}

export function by_id<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as T;
}

/** A short message in the corner, read out by screen readers. */
export function toast(message: string, kind: "good" | "bad" = "good"): void {
  let stack = document.getElementById("toasts");
  if (!stack) {
    stack = h("div", { id: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(stack);
  }
  const note = h("div", { class: `toast ${kind}` }, message);
  stack.append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 8000 : 4000);
}

/** Runs what a button asks for: disables it meanwhile, and says how it went. */
export async function act(button: HTMLButtonElement | null, work: () => Promise<unknown>, done?: string): Promise<boolean> {
  if (button) button.disabled = true;
  try {
    await work();
    if (done) toast(done);
    return true;
  } catch (error) {
    toast((error as Error).message, "bad");
    return false;
  } finally {
    if (button) button.disabled = false;
  }
}

export function when(iso: string): string {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return today ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

export function dollars(minor: number): string {
  return `$${(minor / 100).toFixed(2)}`;
}

export function chip(text: string, kind: string): HTMLElement {
  return h("span", { class: `chip ${kind}` }, text);
}

export function picture(sku: string, size = 64): HTMLElement {
  return h("img", { class: "picture", src: `/pictures/${encodeURIComponent(sku)}.svg`, width: size, height: size, alt: "" });
}
