// Where things are in the repository.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const sandbox_folder = path.join(repository, "sandbox");

/** BACKHAUL_BIN, or the first build there is of `presets`. */
export function hub_binary(presets = ["dev", "release"]): string {
  const wanted = process.env["BACKHAUL_BIN"];
  const candidates = wanted ? [path.resolve(wanted)] : presets.map((preset) => path.join(repository, "build", preset, "backhaul"));
  const found = candidates.find((candidate) => fs.existsSync(candidate));
  if (!found) throw new Error(`no hub to test at ${candidates.join(" or ")}; build it, or set BACKHAUL_BIN`);
  return found;
}
