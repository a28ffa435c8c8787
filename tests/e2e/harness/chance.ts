// Seeded chance, so that a run can be repeated. The machine's timing is not: the same seed kills at the same delays.

export class Chance {
  private state: number;
  constructor(readonly seed: number) { this.state = seed >>> 0; }

  /** 0 <= x < 1; mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(from: number, to: number): number { return from + this.next() * (to - from); }
  pick<T>(list: readonly T[]): T { return list[Math.floor(this.next() * list.length)]!; }
}
