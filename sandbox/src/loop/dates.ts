// Dates as callers write them: ISO-8601, `yyyy-mm-dd hh:mm:ss`, `yyyy-mm-dd`. Without a zone they are UTC (our assumption).

const shape = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Null when it is not a date. */
export function parse_date(text: string): Date | null {
  // A + of an offset that was not percent-encoded arrives as a space.
  const mended = text.trim().replace(/ (\d{2}:\d{2})$/, (whole, zone, at) => (at > 10 ? `+${zone}` : whole));
  const found = shape.exec(mended);
  if (!found) return null;
  const iso = mended.replace(/^(\S{10}) /, "$1T").replace(/\s+/g, "");
  const date = new Date(iso.length === 10 ? `${iso}T00:00:00Z` : found[1] ? iso : `${iso}Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}
