/** Which store `taskora dev` has in a folder, for the commands of another terminal. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is written down while `taskora dev` runs. */
interface Running {
  readonly pid: number;
  readonly url: string;
}

const FILE = "node_modules/.cache/taskora/dev.json";

/** Writes down that this process has a store; gives what takes that back. */
export function noteRunning(folder: string, url: string): () => void {
  const file = join(folder, FILE);
  mkdirSync(dirname(file), { recursive: true });
  const running: Running = { pid: process.pid, url };
  writeFileSync(file, JSON.stringify(running), { mode: 0o600 });
  return () => {
    if (readRunning(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** The url of the store of a `taskora dev` that runs in a folder or above it. */
export function runningStore(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const running = readRunning(join(at, FILE));
    if (running !== undefined && isAlive(running.pid)) return running.url;
    if (at === dirname(at)) return undefined;
  }
}

function readRunning(file: string): Running | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as Partial<Running>;
    return typeof value.pid === "number" && typeof value.url === "string"
      ? { pid: value.pid, url: value.url }
      : undefined;
  } catch {
    // Nobody runs here, or what is written there is not ours.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
