// Taking up a million returns that were there before the hub: how fast, and what it holds in memory meanwhile.
import { memory, run } from "./processes.mjs";
import { count, mebibytes, table } from "./report.mjs";
import { measureAlone } from "./rounds.mjs";

const returns = 1_000_000;
const secondsMax = 900;
const peakMiBMax = 96;

async function measureOne(bench) {
  return bench.withHub({ destination: false, listed: returns }, async ({ server, hub }) => {
    const day = 86_400_000;
    const from = new Date(Date.now() - day / 2).toISOString().slice(0, 19);
    const began = performance.now();
    const said = await run(bench.hub, [...hub.config, "--json", "backfill", "loop", "--from", `${from}Z`, "--timeout", secondsMax].map(String), { seconds: secondsMax + 30 });
    const seconds = (performance.now() - began) / 1000;
    const { peakBytes } = memory(server.pid);
    return { said: said.trim(), seconds, per_second: returns / seconds, peakBytes };
  });
}

export async function measureBackfill(bench, progress) {
  const problems = {};
  const shown = (one) => `${count(one.per_second)} returns/s`;
  const figures = await measureAlone(progress, problems, "backfill", `backfill of ${count(returns)} returns`, () => measureOne(bench), shown);
  const check = { title: `peak RSS, backfill of ${count(returns)} returns`, target: `< ${peakMiBMax} MiB` };
  if (figures)
    Object.assign(check, { value: figures.peakBytes, shown: `${mebibytes(figures.peakBytes)} MiB`, met: figures.peakBytes < peakMiBMax * 2 ** 20 });
  return { figures, checks: [check], problems };
}

export function backfillTable({ figures }) {
  const row = figures ? [count(returns), count(figures.per_second), figures.seconds.toFixed(0), mebibytes(figures.peakBytes)] : [count(returns), "not measured"];
  return table(["backfill, returns", "returns/s", "seconds", "peak MiB"], [row]);
}
