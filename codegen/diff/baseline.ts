import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { CodegenError, errorFinding } from "../finding.js";
import { type ContractLock, parseLock } from "../lock.js";
import { DEFAULT_LOCK_DIR } from "../resolve-config.js";

/** The contracts as they were recorded. */
export interface Baseline {
  /** Where they come from, for people. */
  readonly label: string;
  readonly locks: readonly ContractLock[];
}

/** Where to look. */
export interface BaselineOptions {
  /** The project's own lock folder, absolute. */
  readonly lockDir: string;
  /** Paths are relative to it. */
  readonly cwd: string;
  /** `git:REVISION` or a folder; the project's own lock when left out. */
  readonly against?: string;
}

/**
 * Reads what contracts are compared with.
 *
 * @throws {CodegenError} `BASELINE_MISSING`, `LOCK_CONFLICT`, `LOCK_CORRUPT`
 */
export async function readBaseline(options: BaselineOptions): Promise<Baseline> {
  const { against, lockDir, cwd } = options;
  if (against === undefined) {
    const locks = readFolder(lockDir, "");
    const place = relative(cwd, lockDir) || lockDir;
    return { label: locks.length === 0 ? `the lock in ${place}, which is empty` : "the lock", locks };
  }
  if (against.startsWith("git:")) return await readRevision(against.slice("git:".length), lockDir);
  const folder = resolve(cwd, against);
  const inside = join(folder, DEFAULT_LOCK_DIR);
  return { label: against, locks: readFolder(existsSync(inside) ? inside : folder, against) };
}

function readFolder(folder: string, given: string): readonly ContractLock[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw missing(folder, given);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => readLock(readFileSync(join(folder, name), "utf8"), join(folder, name)));
}

function missing(folder: string, given: string): CodegenError {
  return new CodegenError([
    errorFinding("BASELINE_MISSING", {
      message:
        given === ""
          ? `There is nothing to compare with: ${relative(process.cwd(), folder) || folder} does not exist.`
          : `There is nothing to compare with: no lock files at ${given}.`,
      hint:
        given === ""
          ? "Run taskora generate and commit the lock, or compare with a revision: taskora diff --against git:main."
          : "Give a folder that holds lock files, or git:REVISION: taskora diff --against git:main.",
    }),
  ]);
}

function readLock(text: string, file: string): ContractLock {
  const reading = parseLock(text);
  if (reading.status === "ok") return reading.lock;
  const isConflict = reading.status === "conflict";
  throw new CodegenError([
    errorFinding(isConflict ? "LOCK_CONFLICT" : "LOCK_CORRUPT", {
      message: `The lock ${relative(process.cwd(), file)} cannot be compared with. ${reading.message}`,
      hint: "Restore it from version control, or run taskora generate, and run taskora diff again.",
      at: { file, line: isConflict ? reading.line : 1, column: 1 },
    }),
  ]);
}

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Reads the lock folder as it was at a git revision; nothing is checked out. */
async function readRevision(revision: string, lockDir: string): Promise<Baseline> {
  const dir = nearestFolder(lockDir);
  const top = (await git(dir, ["rev-parse", "--show-toplevel"], revision)).trim();
  const commit = (
    await git(dir, ["rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`], revision)
  ).trim();
  const prefix = `${relative(realpathSync(top), resolve(realpathSync(dir), relative(dir, lockDir))).replaceAll("\\", "/")}/`;
  const listing = await git(top, ["ls-tree", "-z", "--name-only", commit, "--", prefix], revision);
  const paths = listing.split("\0").filter((path) => path.endsWith(".json"));
  if (paths.length === 0) throw missing(lockDir, `${prefix.slice(0, -1)} in git:${revision}`);
  const texts = await showAll(paths, (path) => git(top, ["show", `${commit}:${path}`], revision));
  const locks = texts.map((text, index) => readLock(text, join(top, paths[index] ?? "")));
  return { label: `git:${revision}`, locks };
}

/** Processes of git at once. */
const MAX_PROCESSES = 8;

async function showAll(
  paths: readonly string[],
  show: (path: string) => Promise<string>,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let at = 0; at < paths.length; at += MAX_PROCESSES) {
    texts.push(...(await Promise.all(paths.slice(at, at + MAX_PROCESSES).map(show))));
  }
  return texts;
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

async function git(cwd: string, args: readonly string[], revision: string): Promise<string> {
  try {
    const { stdout } = await run("git", [...args], { cwd, maxBuffer: MAX_OUTPUT });
    return stdout;
  } catch (error) {
    const { stderr, code } = error as { readonly stderr?: string; readonly code?: unknown };
    const reason =
      code === "ENOENT" ? "git is not installed" : (stderr ?? String(error)).trim().split("\n")[0];
    throw new CodegenError([
      errorFinding("BASELINE_MISSING", {
        message: `The contracts at git:${revision} cannot be read: ${reason}.`,
        hint: "Fetch that revision first (in CI: a full clone, or git fetch origin main), and run taskora diff again.",
      }),
    ]);
  }
}
