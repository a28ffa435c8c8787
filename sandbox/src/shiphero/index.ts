// ShipHero: what the rest of the sandbox uses of it.
export { default_shiphero_faults, shiphero_fault_choices } from "./faults.ts";
export type { ShipHeroFaults } from "./faults.ts";
export { register_shiphero } from "./register.ts";
export { initialShipHeroState } from "./state.ts";
export type { ShipHeroState } from "./state.ts";
