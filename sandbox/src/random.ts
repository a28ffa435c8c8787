// Seeded chance: the same seed gives the same shop, tracking numbers and fault draws.

export interface Random {
  next(): number;
  state: number;
}

/** Mulberry32; 32 bits of state, which is enough for a sandbox and fits in a saved file. */
export function seeded_random(seed: number): Random {
  const random: Random = {
    state: seed >>> 0,
    next() {
      random.state = (random.state + 0x6d2b79f5) >>> 0;
      let t = random.state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
  return random;
}

export function random_digits(random: () => number, count: number): string {
  let digits = "";
  for (let i = 0; i < count; i++) digits += Math.floor(random() * 10);
  return digits;
}
