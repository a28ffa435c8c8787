// The sandbox as a process: reads flags, listens, prints one line when ready, ends on SIGTERM.
import { parseArgs } from "node:util";
import { build_sandbox } from "./app.ts";
import { keep_in_file } from "./state_file.ts";

const usage = `usage: npm start -- [--port N] [--host ADDRESS] [--state FILE] [--seed N] [--exit-with-stdin]
  --port N            port to listen on; 0, the default, takes a free one
  --host ADDRESS      address to listen on (127.0.0.1)
  --state FILE        load the world from FILE if it is there, and save every change to it
  --seed N            seed of everything random (1)
  --exit-with-stdin   end when standard input closes`;

function whole(flag: string, value: string, most: number): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 0 || n > most) fail(`${flag} must be a whole number from 0 to ${most}`);
  return n;
}

function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function read_flags() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "0" }, host: { type: "string", default: "127.0.0.1" }, state: { type: "string" },
        seed: { type: "string", default: "1" }, "exit-with-stdin": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

async function main(): Promise<void> {
  const flags = read_flags();
  if (flags.help) return console.log(usage);
  const sandbox = await build_sandbox({ seed: whole("--seed", flags.seed, 0xffffffff) });
  const save = flags.state === undefined ? () => undefined : keep_in_file(sandbox.world, flags.state);
  const end = () => {
    save();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  if (flags["exit-with-stdin"]) process.stdin.on("end", end).on("error", end).resume();
  const url = await sandbox.listen(flags.host, whole("--port", flags.port, 65_535));
  console.log(JSON.stringify({ ready: true, url }));
}

await main().catch((error: Error) => {
  console.error(`the sandbox could not start: ${error.message}`);
  process.exit(1);
});
