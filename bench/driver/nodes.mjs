// One, two and three nodes on one PostgreSQL database, on this machine: what another node costs or brings.
import { rmasMade } from "./ledger.mjs";
import { sleep } from "./processes.mjs";
import { count, milliseconds, table } from "./report.mjs";
import { measureRounds, mediansOf, refusals, refusedCheck } from "./rounds.mjs";

const numbers = [1, 2, 3];
const connectionsInAll = 60;

// Each node takes its share of the deliveries, as behind a load balancer.
async function measureNodes(bench, number) {
  return bench.inDatabase((postgres) =>
    bench.withHub({ destination: true, postgres }, async ({ server, stub, path, hub }) => {
      const more = [];
      try {
        for (let i = 1; i < number; ++i) more.push(await hub.serve());
        await sleep(6_000); // they know of each other
        const connections = connectionsInAll / number;
        const loads = await Promise.all(
          [server, ...more].map((node, i) => bench.load(node, path, { connections, firstId: 9_000_000_001 + i * 100_000_000 })),
        );
        const made = await rmasMade(stub);
        await sleep(5_000);
        const drained = ((await rmasMade(stub)) - made) / 5;
        return {
          per_second: loads.reduce((sum, load) => sum + load.per_second, 0),
          p99_us: Math.max(...loads.map((load) => load.p99_us)),
          rmas_per_second: drained,
          not_accepted: loads.reduce((sum, load) => sum + refusals(load), 0),
        };
      } finally {
        for (const node of more) await node.stop();
      }
    }),
  );
}

const contenders = numbers.map((number) => ({
  name: `nodes_${number}`,
  title: `${number} node${number === 1 ? "" : "s"}`,
  measure: (bench) => measureNodes(bench, number),
}));

export async function measureNodeNumbers(bench, progress) {
  const { rounds, problems } = await measureRounds(bench, progress, "nodes on PostgreSQL", contenders);
  const checks = [refusedCheck("deliveries not accepted by one to three nodes", rounds)];
  return { rounds, medians: mediansOf(rounds, contenders, ["per_second", "p99_us", "rmas_per_second"]), checks, problems };
}

export function nodesTable({ medians }) {
  const rows = contenders.map(({ name, title }) => {
    const figures = medians[name];
    return figures ? [title, count(figures.per_second), milliseconds(figures.p99_us), count(figures.rmas_per_second)] : [title, "not measured"];
  });
  return table(["on PostgreSQL", "accepted/s", "p99 ms", "then RMAs/s"], rows);
}
