// One merchant's warehouse stalls: it takes connections and answers nothing. The others must not notice.
import { join } from "node:path";
import { arrivedIn, deliveries } from "./ledger.mjs";
import { sleep } from "./processes.mjs";
import { milliseconds, median, table } from "./report.mjs";
import { measureRounds } from "./rounds.mjs";

const rate = 200; // per second, of the merchant that must not notice
const stalledRate = 50; // of the other
const costMax = 1.05; // of p99

async function connect(bench, hub, merchant, stub) {
  const [loop, shiphero] = bench.connectWords(stub);
  await hub.verb("connect", "loop", "--merchant", merchant, "--name", `${merchant} loop`, ...loop);
  await hub.verb("connect", "shiphero", "--merchant", merchant, "--name", `${merchant} shiphero`, ...shiphero);
}

// Both merchants' warehouses answer, or the second one's is stopped while it is needed.
async function measureOne(bench, stalls) {
  const other = await bench.stub();
  try {
    let paths;
    const start = async (directory, stub) => {
      const hub = await bench.emptyHub(directory);
      await connect(bench, hub, "first", stub);
      await connect(bench, hub, "second", other);
      const all = JSON.parse(await hub.verb("connections", "list", "--json"));
      paths = Object.fromEntries(all.filter(({ vendor }) => vendor === "loop").map((one) => [one.merchant, one.inbound_path]));
      return hub.serve();
    };
    return await bench.withServer(start, async ({ server, stub, directory }) => {
      await sleep(1_000); // its first poll of the second merchant ends
      if (stalls) process.kill(other.pid, "SIGSTOP");
      const file = join(directory, "times");
      const loads = [
        bench.load(server, paths.first, { rate, times: file }),
        bench.load(server, paths.second, { rate: stalledRate, firstId: 9_700_000_001 }),
      ];
      const [load, otherLoad] = await Promise.all(loads);
      const figures = await arrivedIn(stub, deliveries(file));
      return { ...figures, load, otherLoad, per_second: figures.returns / bench.seconds };
    });
  } finally {
    process.kill(other.pid, "SIGCONT");
    await other.stop();
  }
}

const contenders = [
  { name: "fine", title: "both warehouses answer", measure: (bench) => measureOne(bench, false) },
  { name: "stalled", title: "the other warehouse stalls", measure: (bench) => measureOne(bench, true) },
];

export async function measureStalled(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "stalled vendor", contenders);
  const whole = rounds.filter(({ fine, stalled }) => fine && stalled);
  const check = { title: "p99 of delivery -> RMA, another's warehouse stalls / not", target: `<= ${costMax}` };
  if (whole.length > 0) {
    const ratio = median(whole.map(({ fine, stalled }) => stalled.p99_us / fine.p99_us));
    const missing = whole.reduce((sum, { stalled }) => sum + stalled.missing, 0);
    Object.assign(check, { value: ratio, shown: ratio.toFixed(2), met: missing === 0 && ratio <= costMax });
  }
  return { rounds, checks: [check], problems };
}

export function stalledTable({ rounds }) {
  const rows = contenders.map(({ name, title }) => {
    const seen = rounds.map((round) => round[name]).filter(Boolean);
    if (seen.length === 0) return [title, "not measured"];
    return [title, ...["p50_us", "p99_us", "max_us"].map((key) => milliseconds(median(seen.map((one) => one[key]))))];
  });
  return table(["delivery -> RMA, 200/s", "p50 ms", "p99 ms", "longest ms"], rows);
}
