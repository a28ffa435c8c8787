// Checking what comes into the control API: each check returns the value or throws a sentence that names the field.

export class BadInput extends Error {}

export type Check = ((value: unknown, name: string) => unknown) & { optional?: true };
export type Shape = Record<string, Check>;

export function text(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  // Ids are numbers in some answers of the vendors; giving them back as they came should work.
  if (typeof value === "number") return String(value);
  throw new BadInput(`${name} must be a non-empty text`);
}

export function number(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadInput(`${name} must be a number`);
  return value;
}

export function whole(least: number): Check {
  return (value, name) => {
    if (!Number.isInteger(value) || (value as number) < least) throw new BadInput(`${name} must be a whole number of at least ${least}`);
    return value;
  };
}

export function boolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw new BadInput(`${name} must be true or false`);
  return value;
}

export function choice<T extends string>(...allowed: readonly T[]): Check {
  return (value, name) => {
    if (typeof value !== "string" || !(allowed as readonly string[]).includes(value)) throw new BadInput(`${name} must be one of ${allowed.join(", ")}`);
    return value;
  };
}

export function list_of(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) throw new BadInput(`${name} must be a list`);
    return value.map((item, i) => check(item, `${name}[${i}]`));
  };
}

export function optional(check: Check): Check {
  return Object.assign((value: unknown, name: string) => check(value, name), { optional: true as const });
}

/** An object with exactly these members; unknown ones are refused, because a typing mistake should not pass silently. */
export function object(shape: Shape): (value: unknown, name: string) => Record<string, unknown> {
  return (value, name) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new BadInput(`${name} must be an object`);
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given).filter((key) => !Object.hasOwn(shape, key));
    if (unknown.length > 0) throw new BadInput(`${name} has no ${unknown.join(", ")}; it knows ${Object.keys(shape).join(", ")}`);
    const checked: Record<string, unknown> = {};
    for (const [key, check] of Object.entries(shape)) {
      const member = given[key];
      if (member === undefined && check.optional) continue;
      checked[key] = check(member, name === "body" ? key : `${name}.${key}`);
    }
    return checked;
  };
}
