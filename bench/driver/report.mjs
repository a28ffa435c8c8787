// Figures and tables.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The median of each named figure by itself.
export function medians(results, names) {
  return Object.fromEntries(names.map((name) => [name, median(results.map((result) => result[name]))]));
}

// Nearest rank, of values already sorted; undefined when there are none.
export function percentile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export const count = (value) => Math.round(value).toLocaleString("en-US");
export const milliseconds = (micros) => (micros === undefined ? "none" : (micros / 1000).toFixed(2));
export const mebibytes = (bytes) => (bytes / 1024 / 1024).toFixed(1);

// The first column to the left, the rest to the right.
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row) =>
    widths
      .map((width, column) => (column === 0 ? (row[0] ?? "").padEnd(width) : (row[column] ?? "").padStart(width)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

// Checks are {title, shown, target, met}; without `shown` it was not measured, without `met` there is no target.
export function checksTable(title, checks) {
  const met = (check) => (check.met === undefined ? "" : check.met ? "yes" : "no");
  const rows = checks.map((check) => [check.title, check.shown ?? "not measured", check.target, met(check)]);
  return table([title, "measured", "target", "met"], rows);
}

// Says what is being done, then what came of it, on one line of stderr.
export class Progress {
  doing = "";

  step(text) {
    this.doing = text;
    process.stderr.write(`${text} ... `);
  }
  result(text) {
    process.stderr.write(`${text}\n`);
  }
}
