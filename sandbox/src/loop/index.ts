// Loop Returns: what the rest of the sandbox uses of it.
export { default_loop_faults, loop_fault_choices } from "./faults.ts";
export type { LoopFaults } from "./faults.ts";
export { register_loop } from "./register.ts";
export { initialLoopState } from "./state.ts";
export type { LoopState } from "./state.ts";
