// Setting fault switches from outside: a deep merge that refuses what it does not know.
import { BadInput } from "./input.ts";
import { loop_fault_choices } from "./loop/index.ts";
import { shiphero_fault_choices } from "./shiphero/index.ts";
import type { Faults, World } from "./world.ts";

type Switches = Record<string, unknown>;

/** The allowed words of the switches that take one, per group. */
export const fault_choices: Record<string, Record<string, readonly string[]>> = {
  loop: loop_fault_choices as Record<string, readonly string[]>,
  shiphero: shiphero_fault_choices as Record<string, readonly string[]>,
};

/** Rates that may also be a list of ids, and texts that may be null. */
const also_list = new Set(["process_fails"]);
const also_null = new Set(["process_failure_message"]);

/** `defaults` tells which switches there are and of what kind. Throws BadInput before anything is changed. */
export function merge_faults(world: World, defaults: Faults, given: unknown): void {
  const groups = groups_of(world.faults);
  const known = groups_of(defaults);
  const planned: [target: Switches, key: string, value: unknown][] = [];
  for (const [group, switches] of flatten(given)) {
    const target = groups[group];
    const example = known[group];
    if (!target || !example) throw new BadInput(`unknown group of switches ${group}; there are ${Object.keys(known).join(", ")}`);
    for (const [key, value] of Object.entries(switches)) {
      if (!Object.hasOwn(example, key)) throw new BadInput(`unknown switch ${group}.${key}; known: ${Object.keys(example).join(", ")}`);
      check(group, key, example[key], value);
      planned.push([target, key, value]);
    }
  }
  for (const [target, key, value] of planned) target[key] = value;
  world.touch();
}

function groups_of(faults: Faults): Record<string, Switches> {
  return {
    loop: faults.loop as unknown as Switches,
    shiphero: faults.shiphero as unknown as Switches,
    "delivery.loop": faults.delivery.loop as unknown as Switches,
    "delivery.shiphero": faults.delivery.shiphero as unknown as Switches,
  };
}

function flatten(given: unknown): [string, Switches][] {
  if (!is_object(given)) throw new BadInput("faults must be an object like {\"loop\":{\"error_500\":0.5}}");
  return Object.entries(given).flatMap(([group, switches]): [string, Switches][] => {
    if (!is_object(switches)) throw new BadInput(`${group} must be an object of switches`);
    if (group !== "delivery") return [[group, switches]];
    return Object.entries(switches).map(([vendor, inner]) => {
      if (!is_object(inner)) throw new BadInput(`delivery.${vendor} must be an object of switches`);
      return [`delivery.${vendor}`, inner];
    });
  });
}

function check(group: string, key: string, example: unknown, value: unknown): void {
  const name = `${group}.${key}`;
  if (value === null && also_null.has(key)) return;
  if (Array.isArray(value) && also_list.has(key)) return;
  if (Array.isArray(example) !== Array.isArray(value) || typeof example !== typeof value || value === null) {
    throw new BadInput(`${name} must be ${Array.isArray(example) ? "a list" : `a ${typeof example}`}, like its default ${JSON.stringify(example)}`);
  }
  if (typeof value === "number" && !(value >= 0)) throw new BadInput(`${name} must not be negative`);
  const choices = fault_choices[group]?.[key];
  if (choices && !choices.includes(value as string)) throw new BadInput(`${name} must be one of ${choices.join(", ")}`);
}

function is_object(value: unknown): value is Switches {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
