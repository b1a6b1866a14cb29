import { readdirSync, readFileSync } from "node:fs";

/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 25;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/**
 * Adds up the CPU time of a process and everything it starts, esbuild's service included, which nobody waits
 * for. Samples `/proc`, so it works on Linux only and misses up to 25 ms per process.
 */
export function sampleTree(root: number): { now(): number; stop(): number } {
  const ticks = new Map<number, number>();
  const tree = new Set([root]);
  const sample = (): void => {
    const stats = readdirSync("/proc").flatMap((name) => readStat(name) ?? []);
    for (let grown = true; grown; ) {
      grown = false;
      for (const { pid, parent } of stats) {
        if (!tree.has(parent) || tree.has(pid)) continue;
        tree.add(pid);
        grown = true;
      }
    }
    for (const stat of stats) if (tree.has(stat.pid)) ticks.set(stat.pid, stat.ticks);
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  const total = (): number => [...ticks.values()].reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
  return {
    now() {
      sample();
      return total();
    },
    stop() {
      clearInterval(timer);
      sample();
      return total();
    },
  };
}

/** A process may end between listing and reading it; it then keeps the figure of its last sample. */
function readStat(name: string): ProcessStat | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  const text = readOrNothing(`/proc/${name}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
