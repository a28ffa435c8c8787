// What every scenario needs: where things are, the load generator, the stub vendors, and the hub set up against them.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "./postgres.mjs";
import { removeDirectory, run, serve, temporaryDirectory } from "./processes.mjs";
import { watchUsage } from "./usage.mjs";

export const secret = "bench-webhook-secret";
export const here = join(import.meta.dirname, "..");
const burstSecondsMax = 120; // whoever takes longer for a burst is not measured by the rest of it
export const deliveryBody = join(here, "payloads/loop-return-created.json");
const minimalRequests = {
  orders: join(here, "payloads/shiphero-orders-request.json"),
  create: join(here, "payloads/shiphero-return-create-request.json"),
};

export class Bench {
  #postgres;

  // `used` is given what each measurement used, as usage.mjs has it.
  constructor({ build, tools, hub, seconds, rounds, burst }, used = () => {}) {
    Object.assign(this, { build, tools, hub, seconds, rounds, burst, used });
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

  // For `this.seconds`, after a second that is not counted. `options`: rate (open loop), connections, times (file), firstId.
  load(server, path, { rate, connections, times, firstId } = {}) {
    return this.#generate(server, path, { seconds: this.seconds, rate, connections, times, "first-id": firstId });
  }

  // `count` deliveries, all of them counted, as fast as they are taken or at a rate. `options`: rate, times (file), firstId, secondsMax.
  sendBurst(server, path, count, { rate, times, firstId, secondsMax = burstSecondsMax } = {}) {
    return this.#generate(server, path, { seconds: secondsMax, "warmup-seconds": 0, count, rate, times, "first-id": firstId });
  }

  async #generate(server, path, { seconds, connections = 64, ...options }) {
    const args = ["--port", server.port, "--path", path, "--secret", secret, "--body", deliveryBody];
    args.push("--connections", connections, "--seconds", seconds);
    for (const [name, value] of Object.entries(options)) if (value !== undefined) args.push(`--${name}`, value);
    return JSON.parse(await run(this.tool("bench_load"), args.map(String), { seconds: seconds + 30 }));
  }

  // `listed`: how many returns its Loop lists.
  stub({ listed = 0 } = {}) {
    return serve(this.tool("bench_stub"), ["--details", join(here, "payloads/loop-return-details.json"), "--listed", String(listed), "--lifetime-seconds", "7200"]);
  }

  // `completion`: inline or batched; see bare_server.cpp.
  bareServer(completion) {
    return serve(this.tool("bench_bare_server"), ["--secret", secret, "--completion", completion]);
  }

  // `options`: commit (each or group, on SQLite), warehouse (URL), postgres (a database's URL, instead of SQLite).
  nodeReference(directory, { commit = "group", warehouse, postgres }) {
    const store = postgres ? ["--store", "postgres", "--database", postgres] : ["--database", join(directory, "reference.db")];
    const args = ["server.mjs", ...store, "--secret", secret, "--commit", commit];
    if (warehouse) args.push("--warehouse", warehouse);
    return serve(process.execPath, args, { cwd: join(here, "node_reference"), env: { ...process.env, NODE_ENV: "production" } });
  }

  // As little as the job takes, in C++, with the warehouse's requests ready made; it speaks as the Node reference does.
  minimalServer(directory, { warehouse } = {}) {
    const args = ["--database", join(directory, "minimal.db"), "--secret", secret];
    if (warehouse) args.push("--warehouse", warehouse, "--orders", minimalRequests.orders, "--create", minimalRequests.create);
    return serve(this.tool("bench_minimal"), args);
  }

  hasMinimalServer() {
    return [this.tool("bench_minimal"), ...Object.values(minimalRequests)].every((file) => existsSync(file));
  }

  // Gives `work` a server of those that `start(directory, stub)` starts, with a stub beside it; both end when it is done.
  async withServer(start, work, stubOptions) {
    return this.inDirectory(async (directory) => {
      const stub = await this.stub(stubOptions);
      try {
        const server = await start(directory, stub);
        try {
          const usage = watchUsage({ server, stub, directory });
          const figures = await work({ server, stub, directory, path: "/hooks/loop" });
          this.used(usage());
          return figures;
        } finally {
          await server.stop();
        }
      } finally {
        await stub.stop();
      }
    });
  }

  // `options` as nodeReference's, but `warehouse` is true or false.
  withNodeReference({ warehouse = false, ...options }, work) {
    const start = (directory, stub) =>
      this.nodeReference(directory, { ...options, warehouse: warehouse ? `${stub.url}/shiphero` : undefined });
    return this.withServer(start, work);
  }

  // The PostgreSQL server of this run; it starts when it is first asked for.
  postgres() {
    return (this.#postgres ??= startPostgres(this.build));
  }

  // Gives `work` the URL of a new database, which is dropped afterwards.
  async inDatabase(work) {
    const postgres = await this.postgres();
    return postgres.database((name) => work(postgres.url(name)));
  }

  async close() {
    const postgres = await this.#postgres?.catch(() => undefined);
    await postgres?.stop();
  }

  // A hub connected to the stub's Loop, and with `destination` to its ShipHero as well; on SQLite, or in the database whose URL
  // `postgres` is. The vendors' limits are set so high that they do not limit: what is measured is the hub.
  async hubSetUp(directory, stub, { destination, postgres = "" }) {
    const hub = await this.emptyHub(directory, postgres);
    const [loop, shiphero] = this.connectWords(stub);
    await hub.verb("connect", "loop", "--name", "loop", ...loop);
    if (destination) await hub.verb("connect", "shiphero", "--name", "shiphero", ...shiphero);
    const connections = JSON.parse(await hub.verb("connections", "list", "--json"));
    const inbound = Object.fromEntries(connections.map((connection) => [connection.vendor, connection.inbound_path]));
    return { ...hub, inbound };
  }

  // A hub without connections: its flags, `verb` to run one of the binary's, `serve` to start it.
  async emptyHub(directory, postgres = "") {
    const config = ["--config", join(directory, "backhaul.toml")];
    const env = { ...process.env, BACKHAUL_STORE_URL: postgres };
    await run(this.hub, ["init", "--dir", directory]);
    return {
      config,
      verb: (...words) => run(this.hub, [...config, ...words], { env, seconds: 600 }),
      serve: () => serve(this.hub, [...config, "--json", "serve", "--port", "0"], { env }),
    };
  }

  // What `connect loop` and `connect shiphero` are told.
  connectWords(stub) {
    return [
      [
        ...["--api-key", "bench-api-key", "--webhook-secret", secret, "--base-url", `${stub.url}/loop`],
        ...["--requests-per-minute", "10000000", "--concurrent-calls", "64"],
      ],
      [
        ...["--refresh-token", "bench-refresh-token", "--webhook-secret", secret, "--base-url", `${stub.url}/shiphero`],
        ...["--credits-max", "1000000", "--credits-per-second", "1000000", "--requests-per-5-minutes", "100000000"],
        ...["--concurrent-calls", "64", "--warehouse-id", "V2FyZWhvdXNlOjQy"],
      ],
    ];
  }

  // Stub and hub, running; ended when `work` is done. `setUp` as hubSetUp's, and `listed` as the stub's.
  async withHub({ listed, ...setUp }, work) {
    let hub;
    const start = async (directory, stub) => {
      hub = await this.hubSetUp(directory, stub, setUp);
      return hub.serve();
    };
    return this.withServer(start, (running) => work({ ...running, hub, path: hub.inbound.loop }), { listed });
  }
}
