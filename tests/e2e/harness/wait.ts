// Waiting for a condition by asking for it. Deadlines are generous: they end a test that would hang, and judge nothing.

export const patience_ms = Number(process.env["E2E_PATIENCE_MS"] ?? 60_000);

/** Asks until the answer is neither undefined, null nor false, and gives it back. An error counts as "not yet". */
export async function until<T>(
  what: string, ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  { within_ms = patience_ms, every_ms = 40 }: { within_ms?: number; every_ms?: number } = {},
): Promise<T> {
  const give_up = performance.now() + within_ms;
  let last_error = "";
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      last_error = "";
    } catch (error) {
      last_error = `; the last try said: ${(error as Error).message}`;
    }
    if (performance.now() > give_up) throw new Error(`waited ${within_ms} ms in vain for: ${what}${last_error}`);
    await pause(every_ms);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
