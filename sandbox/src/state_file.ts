// The world in a file: written whole, to a neighbour first, so that a killed process leaves the old file or the new one.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { World, WorldSnapshot } from "./world.ts";

export function save_world(world: World, file: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, JSON.stringify(world.snapshot()));
  renameSync(beside, file);
}

export function load_world(world: World, file: string): void {
  world.restore(JSON.parse(readFileSync(file, "utf8")) as WorldSnapshot);
}

/** Loads the file if it is there, and keeps it up to date. Returns what to call before ending. */
export function keep_in_file(world: World, file: string): () => void {
  if (existsSync(file)) load_world(world, file);
  let timer: NodeJS.Timeout | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    save_world(world, file);
  };
  const save_or_complain = () => {
    try {
      save();
    } catch (error) {
      console.error(`saving the world to ${file}: ${(error as Error).message}`);
    }
  };
  // Writing is as long as the world is big; twice a second is often enough for a person and cheap enough for a test.
  world.on_touch(() => { timer ??= setTimeout(save_or_complain, 500).unref(); });
  save();
  return save;
}
