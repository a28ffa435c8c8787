// The credit bucket and the request ceiling. Both run on vendor time: with the clock at scale 100 they refill a hundred
// times faster. What is kept is credits spent, not credits left, so that changing the bucket's size takes effect at once.

import type { World } from "../world.ts";
import { not_enough_credits } from "./errors.ts";

const window_s = 300;

export class Quota {
  private vendor_ms = 0;
  private last_real_ms: number;
  // One count per second of the rolling five minutes; slot i holds the second whose number modulo 300 is i.
  private readonly per_second = new Array<number>(window_s).fill(0);
  private newest_second = 0;
  private in_window = 0;

  constructor(private readonly world: World) {
    this.last_real_ms = world.clock.now().getTime();
  }

  remaining(): number {
    this.pass_time();
    return Math.max(0, this.world.faults.shiphero.bucket_size - this.world.shiphero.credits_spent);
  }

  /** Takes the credits, or throws the refusal with code 30. */
  reserve(cost: number): void {
    const remaining = this.remaining();
    if (cost > remaining) {
      const rate = Math.max(this.world.faults.shiphero.refill_per_second, 0.001);
      throw not_enough_credits(cost, remaining, Math.max(1, Math.ceil((cost - remaining) / rate)));
    }
    this.world.shiphero.credits_spent += cost;
  }

  give_back(credits: number): void {
    this.world.shiphero.credits_spent = Math.max(0, this.world.shiphero.credits_spent - credits);
  }

  /** Counts a request, refused ones too; true when it is over the ceiling. */
  count_request(): boolean {
    this.pass_time();
    const second = Math.floor(this.vendor_ms / 1000);
    const passed = Math.min(second - this.newest_second, window_s);
    for (let i = 1; i <= passed; i++) {
      const slot = (this.newest_second + i) % window_s;
      this.in_window -= this.per_second[slot]!;
      this.per_second[slot] = 0;
    }
    this.newest_second = second;
    const now_slot = second % window_s;
    this.per_second[now_slot] = this.per_second[now_slot]! + 1;
    this.in_window++;
    return this.in_window > this.world.faults.shiphero.requests_per_5_minutes;
  }

  requests_in_window(): number {
    return this.in_window;
  }

  restart(): void {
    this.per_second.fill(0);
    this.in_window = 0;
    this.last_real_ms = this.world.clock.now().getTime();
  }

  private pass_time(): void {
    const real_ms = this.world.clock.now().getTime();
    const passed = Math.max(0, real_ms - this.last_real_ms) * this.world.clock.scale;
    this.last_real_ms = real_ms;
    this.vendor_ms += passed;
    this.give_back((passed / 1000) * this.world.faults.shiphero.refill_per_second);
  }
}
