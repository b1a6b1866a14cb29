import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Account } from "../../examples/shop/demo/account.js";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** One finished run of the demo. */
export interface DemoRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly account: Account;
  /** Command lines of processes that outlived the demo. */
  readonly leftOver: readonly string[];
  /** Deletes what the run wrote. */
  remove(): Promise<void>;
}

/** Runs the demo the way `npm run demo` does, in a process group of its own. */
export async function runDemo(flags: readonly string[]): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), "taskora-demo-"));
  const report = join(folder, "report.json");
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "examples/shop/demo.ts", ...flags, "--out", folder, "--report", report],
    { cwd: PROJECT, detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  const leftOver = child.pid === undefined ? [] : await groupMembers(child.pid);
  const json = await readFile(report, "utf8").catch((error: unknown) => {
    throw new Error(`the demo wrote no report:\n${stdout}\n${stderr}`, { cause: error });
  });
  const account = JSON.parse(json) as Account;
  const remove = () => rm(folder, { recursive: true, force: true });
  return { exitCode, stdout, stderr, account, leftOver, remove };
}

/** What the demo says when it is started with a command line that it refuses. */
export async function refuseDemo(
  flags: readonly string[],
): Promise<{ exitCode: number | null; stderr: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "examples/shop/demo.ts", ...flags], {
    cwd: PROJECT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [stderr, [exitCode]] = await Promise.all([
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { exitCode, stderr };
}

/** Living processes of a group; the compiler inside Node takes a moment to see that its parent is gone. */
async function groupMembers(group: number): Promise<readonly string[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const members = await listGroup(group);
    if (members.length === 0 || performance.now() > deadline) return members;
  }
}

async function listGroup(group: number): Promise<readonly string[]> {
  const ps = spawn("ps", ["-A", "-o", "pgid=,stat=,args="], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = (await text(ps.stdout)).split("\n").map((line) => line.trim());
  return lines.filter((line) => {
    const [pgid, state = ""] = line.split(/\s+/);
    return pgid === String(group) && !state.startsWith("Z");
  });
}
