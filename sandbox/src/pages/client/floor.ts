// The floor page: one look at the server after every change, drawn by the modules beside this one.
import { api, by_id, live, page_data, toast } from "./kit.js";
import { count_scanned, draw_desk, shown_rma } from "./floor_desk.js";
import { draw_list } from "./floor_list.js";
import { draw_board } from "./floor_parcels.js";
import { draw_settings } from "./floor_settings.js";
import type { CatalogItem, FloorData, Found } from "./floor_types.js";

const catalog = page_data<CatalogItem[]>();
let open_id = Number(new URLSearchParams(location.search).get("rma")) || null;

async function refresh(): Promise<void> {
  const asked = open_id;
  const data = await api<FloorData>("GET", `/floor/data${asked === null ? "" : `?rma=${asked}`}`);
  if (asked !== open_id) return; // somebody opened another one meanwhile; that look is on its way
  draw_board(data, open_rma);
  draw_desk(data, catalog, close_rma);
  draw_list(data, open_rma);
  draw_settings(data);
}

function open_rma(id: number): void {
  open_id = id;
  history.replaceState(null, "", `?rma=${id}`);
  void refresh().then(() => {
    const desk = by_id("desk");
    desk.scrollIntoView({ block: "start", behavior: "smooth" });
    desk.focus({ preventScroll: true });
  }, show_error);
}

function close_rma(): void {
  open_id = null;
  history.replaceState(null, "", location.pathname);
  void refresh().then(() => by_id("scan").focus(), show_error);
}

const show_error = (error: Error): void => toast(error.message, "bad");

/** A product of the open RMA counts one unit; anything else is looked up. */
async function scan(code: string): Promise<void> {
  const counted = count_scanned(code);
  if (counted !== null) return toast(counted);
  const found = await api<Found>("GET", `/floor/find?code=${encodeURIComponent(code)}`);
  if (found.rma_id === null) return toast(found.message, "bad");
  if (found.rma_id === shown_rma()) return toast(`${found.message} is open already`);
  open_rma(found.rma_id);
}

by_id<HTMLFormElement>("scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = by_id<HTMLInputElement>("scan");
  void scan(input.value.trim()).catch(show_error);
  input.select();
});

live(refresh);
