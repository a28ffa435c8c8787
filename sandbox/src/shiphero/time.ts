// ShipHero's times. The state keeps ISO strings with milliseconds; the wire has seconds and no zone, meaning UTC.

export function wire_time(iso: string): string {
  return iso.slice(0, 19);
}

/** As in webhook bodies: a blank instead of the T. */
export function webhook_time(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

const accepted = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?$/;

/** `text` is in wire form, in UTC; such texts sort as the times they stand for. */
export interface ParsedTime { text: string; zoned: boolean }

/** The documented forms `YYYY-mm-dd`, `YYYY-mm-dd HH:MM:SS`, `YYYY-mm-ddTHH:MM:SS`; with a zone it says so. Null if none. */
export function parse_time(text: string): ParsedTime | null {
  const found = accepted.exec(text.trim());
  if (!found) return null;
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone] = found;
  const z = zone === undefined ? "Z" : zone.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2");
  const epoch_ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${z}`);
  return Number.isNaN(epoch_ms) ? null : { text: wire_time(new Date(epoch_ms).toISOString()), zoned: zone !== undefined };
}

/** Seconds added to a time in wire form. */
export function plus_seconds(wire: string, seconds: number): string {
  return wire_time(new Date(Date.parse(`${wire}Z`) + seconds * 1000).toISOString());
}
