// ShipHero's refusals. They travel in a 200 answer, flat: code and the rest stand beside the message.

import type { ShipHeroFaults } from "./faults.ts";

export class ShipHeroError extends Error {
  /** `code` null: the number for this refusal is not documented, so the key is left out. */
  constructor(message: string, readonly code: number | null, readonly extra: Record<string, unknown> = {}) {
    super(message);
  }
}

export const code_not_found = 5;
export const code_permission = 7;
export const code_credits = 30;

export function not_found(what: string): ShipHeroError {
  return new ShipHeroError(`${what} not found`, code_not_found);
}

export function missing_scopes(scopes: string[]): ShipHeroError {
  return new ShipHeroError(`Missing required scope(s): ${scopes.join(", ")}`, code_permission);
}

/** A refusal whose code is not known publicly; see the switch `other_error_code`. */
export function other_error(faults: ShipHeroFaults, message: string): ShipHeroError {
  return new ShipHeroError(message, faults.other_error_code > 0 ? faults.other_error_code : null);
}

export function not_enough_credits(required: number, remaining: number, seconds: number): ShipHeroError {
  const whole = Math.floor(remaining);
  return new ShipHeroError(
    `There are not enough credits to perform the requested operation, which requires ${required} credits, but there are ` +
      `only ${whole} left. In ${seconds} seconds you will have enough credits to perform the operation`,
    code_credits,
    { required_credits: required, remaining_credits: whole, time_remaining: spoken_time(seconds) },
  );
}

function spoken_time(seconds: number): string {
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
