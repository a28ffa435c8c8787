// Writing JSON as Loop does. Two things JSON.stringify cannot do: numbers of 18 digits, and PHP's escapes.

/** An id or amount to be written as a bare number, digit for digit. */
export class WireNumber {
  constructor(readonly digits: string) {}
}

export interface JsonStyle {
  /** / becomes \/ as PHP's json_encode writes it. */
  escape_slashes: boolean;
  /** Everything outside ASCII becomes \uXXXX. */
  escape_unicode: boolean;
}

export const answer_style: JsonStyle = { escape_slashes: false, escape_unicode: false };

/** Compact JSON; undefined members are left out, as JSON.stringify leaves them out. */
export function encode(value: unknown, style: JsonStyle = answer_style): string {
  if (value instanceof WireNumber) return value.digits;
  if (typeof value === "string") return encode_string(value, style);
  if (Array.isArray(value)) return `[${value.map((v) => encode(v ?? null, style)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => `${encode_string(k, style)}:${encode(v, style)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

function encode_string(text: string, style: JsonStyle): string {
  let out = JSON.stringify(text);
  if (style.escape_slashes) out = out.replaceAll("/", "\\/");
  // Code unit by code unit, so that an emoji becomes its surrogate pair, as in PHP. PHP leaves DEL as it is.
  if (style.escape_unicode) {
    out = out.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }
  return out;
}

export function money(minor: number): string {
  const sign = minor < 0 ? "-" : "";
  const digits = String(Math.abs(minor)).padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
