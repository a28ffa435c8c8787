// What every scenario needs: where things are, the load generator, the stub vendors, and the hub set up against them.
import { join } from "node:path";
import { removeDirectory, run, serve, temporaryDirectory } from "./processes.mjs";

export const secret = "bench-webhook-secret";
export const here = join(import.meta.dirname, "..");
const deliveryBody = join(here, "payloads/loop-return-created.json");

export class Bench {
  constructor({ build, tools, hub, seconds, rounds }) {
    Object.assign(this, { build, tools, hub, seconds, rounds });
  }

  tool(name) {
    return join(this.tools, name);
  }

  // Gives `work` an empty directory and removes it afterwards.
  async inDirectory(work) {
    const directory = temporaryDirectory(this.build);
    try {
      return await work(directory);
    } finally {
      removeDirectory(directory);
    }
  }

  async rawInserts(directory) {
    const seconds = this.seconds;
    const args = ["--directory", directory, "--body", deliveryBody, "--seconds", String(seconds)];
    return JSON.parse(await run(this.tool("bench_raw_insert"), args, { seconds: seconds + 60 }));
  }

  // `options`: rate (open loop), times (file).
  async load(server, path, options = {}) {
    const args = ["--port", server.port, "--path", path, "--secret", secret, "--body", deliveryBody];
    args.push("--connections", 64, "--seconds", this.seconds);
    if (options.rate) args.push("--rate", options.rate);
    if (options.times) args.push("--times", options.times);
    return JSON.parse(await run(this.tool("bench_load"), args.map(String), { seconds: this.seconds + 30 }));
  }

  stub() {
    return serve(this.tool("bench_stub"), ["--details", join(here, "payloads/loop-return-details.json")]);
  }

  // `completion`: inline or batched; see bare_server.cpp.
  bareServer(completion) {
    return serve(this.tool("bench_bare_server"), ["--secret", secret, "--completion", completion]);
  }

  nodeReference(directory, commit) {
    const args = ["server.mjs", "--database", join(directory, "reference.db"), "--secret", secret, "--commit", commit];
    return serve(process.execPath, args, { cwd: join(here, "node_reference"), env: { ...process.env, NODE_ENV: "production" } });
  }

  // A hub connected to the stub's Loop, and with `destination` to its ShipHero as well. The vendors' limits are set so high
  // that they do not limit: what is measured is the hub.
  async hubSetUp(directory, stub, { destination }) {
    const config = ["--config", join(directory, "backhaul.toml")];
    const verb = (...words) => run(this.hub, [...config, ...words]);
    await run(this.hub, ["init", "--dir", directory]);
    await verb(
      ...["connect", "loop", "--name", "loop", "--api-key", "bench-api-key", "--webhook-secret", secret],
      ...["--base-url", `${stub.url}/loop`, "--requests-per-minute", "10000000", "--concurrent-calls", "64"],
    );
    if (destination) {
      await verb(
        ...["connect", "shiphero", "--name", "shiphero", "--refresh-token", "bench-refresh-token"],
        ...["--base-url", `${stub.url}/shiphero`, "--credits-max", "1000000", "--credits-per-second", "1000000"],
        ...["--requests-per-5-minutes", "100000000", "--concurrent-calls", "64", "--warehouse-id", "V2FyZWhvdXNlOjQy"],
      );
    }
    const connections = JSON.parse(await verb("connections", "list", "--json"));
    const inboundPath = connections.find((connection) => connection.vendor === "loop").inbound_path;
    return { inboundPath, serve: () => serve(this.hub, [...config, "--json", "serve", "--port", "0"]) };
  }

  // Stub and hub, running; ended when `work` is done.
  async withHub({ destination }, work) {
    return this.inDirectory(async (directory) => {
      const stub = await this.stub();
      try {
        const hub = await this.hubSetUp(directory, stub, { destination });
        const server = await hub.serve();
        try {
          return await work({ server, stub, directory, inboundPath: hub.inboundPath });
        } finally {
          await server.stop();
        }
      } finally {
        await stub.stop();
      }
    });
  }
}
