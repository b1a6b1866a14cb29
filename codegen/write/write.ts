/**
 * The only file of the generator that writes. All changes of a run are made, or none:
 *
 * 1. `pending/journal.json` lists what will be done, and every new text is written beside its target;
 * 2. the journal is replaced by one that says "commit", in one rename: from here on the run counts as done;
 * 3. the texts are renamed into place, what is no longer produced is deleted, the journal goes.
 *
 * A run killed in 1 leaves the old files, and the next run removes its left-overs; one killed in 3 is completed
 * by the next run before it does anything else.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CodegenError, errorFinding } from "../finding.js";
import type { Change } from "./plan.js";

interface Step {
  readonly path: string;
  /** The new text's place until it is renamed; absent: the file is deleted. */
  readonly temp?: string;
}

interface Journal {
  readonly phase: "prepare" | "commit";
  readonly pid: number;
  readonly steps: readonly Step[];
}

/**
 * Makes all changes, or none. `stateDir` is a folder for the journal, in the project.
 *
 * @throws {CodegenError} `OUTPUT_BUSY` while another process writes, `OUTPUT_UNWRITABLE` where the system refuses
 */
export function applyChanges(changes: readonly Change[], stateDir: string): void {
  try {
    recoverWrites(stateDir);
    if (changes.length > 0) makeChanges(changes, stateDir);
  } catch (error) {
    throw refusedBySystem(error) ?? error;
  }
}

function makeChanges(changes: readonly Change[], stateDir: string): void {
  const steps = changes.map(toStep);
  claim(stateDir, { phase: "prepare", pid: process.pid, steps });
  try {
    prepare(changes, steps);
  } catch (error) {
    discard(stateDir, steps);
    throw error;
  }
  writeJournal(stateDir, { phase: "commit", pid: process.pid, steps });
  finish(stateDir, steps);
}

/**
 * Completes or undoes what a killed run left behind.
 *
 * @throws {CodegenError} `OUTPUT_BUSY` while that run is still alive
 */
export function recoverWrites(stateDir: string): void {
  if (!existsSync(stateDir)) return;
  const journal = readJournal(stateDir);
  if (journal === undefined) {
    rmSync(stateDir, { recursive: true, force: true });
    return;
  }
  if (journal.pid !== process.pid && isAlive(journal.pid)) throw busy(journal.pid);
  if (journal.phase === "commit") finish(stateDir, journal.steps);
  else discard(stateDir, journal.steps);
}

/** The folder appears with its journal inside, so nobody can take it for the rest of a run that is over. */
function claim(stateDir: string, journal: Journal): void {
  const draft = `${stateDir}-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  writeJournal(draft, journal);
  try {
    renameSync(draft, stateDir);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const { code } = error as { code?: unknown };
    if (code === "ENOTEMPTY" || code === "EEXIST") throw busy(undefined);
    throw error;
  }
}

function toStep(change: Change): Step {
  if (change.action === "delete") return { path: change.path };
  const temp = join(dirname(change.path), `.${basename(change.path)}.taskora-tmp`);
  return { path: change.path, temp };
}

function prepare(changes: readonly Change[], steps: readonly Step[]): void {
  changes.forEach((change, index) => {
    const temp = steps[index]?.temp;
    if (change.action === "delete" || temp === undefined) return;
    mkdirSync(dirname(temp), { recursive: true });
    writeFileSync(temp, change.text);
  });
}

function finish(stateDir: string, steps: readonly Step[]): void {
  for (const { path, temp } of steps) {
    if (temp === undefined) removeFile(path);
    else if (existsSync(temp)) renameSync(temp, path);
  }
  rmSync(stateDir, { recursive: true, force: true });
}

function discard(stateDir: string, steps: readonly Step[]): void {
  for (const { temp } of steps) if (temp !== undefined && existsSync(temp)) rmSync(temp);
  rmSync(stateDir, { recursive: true, force: true });
}

/** Deletes a file, and its folder when it was the last in it. */
function removeFile(path: string): void {
  rmSync(path, { force: true });
  try {
    rmdirSync(dirname(path));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

function writeJournal(stateDir: string, journal: Journal): void {
  const temp = join(stateDir, "journal.tmp");
  writeFileSync(temp, JSON.stringify(journal));
  renameSync(temp, join(stateDir, "journal.json"));
}

/** The folder and its journal come and go together; a missing one means that its run was just being cleared away. */
function readJournal(stateDir: string): Journal | undefined {
  const file = join(stateDir, "journal.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Journal) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}

function busy(pid: number | undefined): CodegenError {
  const who = pid === undefined ? "Another process" : `Process ${pid}`;
  return new CodegenError([
    errorFinding("OUTPUT_BUSY", {
      message: `${who} is writing generated files of this project.`,
      hint: "Wait for it to end, then run taskora generate again.",
    }),
  ]);
}

/** What the system says when the folder, not the generator, is at fault. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a part of the path is a file",
  EISDIR: "a folder has the name of a generated file",
};

function refusedBySystem(error: unknown): CodegenError | undefined {
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  const why = typeof code === "string" && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  if (why === undefined) return undefined;
  return new CodegenError([
    errorFinding("OUTPUT_UNWRITABLE", {
      message: `${String(path)} cannot be written: ${why} (${String(code)}).`,
      hint: "No generated file was changed. Make room for it, then run taskora generate again.",
    }),
  ]);
}
