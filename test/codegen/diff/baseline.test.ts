import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBaseline } from "../../../codegen/diff/baseline.js";
import { printLock } from "../../../codegen/lock.js";

const cwd = realpathSync(mkdtempSync(join(tmpdir(), "taskora-baseline-")));
const lockDir = join(cwd, "app/.taskora/contracts");
/** More than are read from git at once. */
const NAMES = Array.from({ length: 10 }, (_, index) => `task.n${index}`);

const lockText = (name: string, version: number) =>
  printLock({ name, version }, { zodVersion: "4.5.0", older: {} });

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
}

function git(...args: readonly string[]): void {
  execFileSync("git", args, { cwd, stdio: "pipe" });
}

function writeLocks(version: number): void {
  for (const name of NAMES) write({ [`app/.taskora/contracts/${name}.json`]: lockText(name, version) });
}

beforeAll(() => {
  git("init", "-q", "-b", "main");
  write({ "app/.taskora/contracts/README.md": "no lock", "other/file.txt": "" });
  writeLocks(1);
  git("add", ".");
  git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first");
  writeLocks(2);
  write({
    "empty/.gitkeep": "",
    "conflict/a.json": "{\n<<<<<<< ours\n",
    "corrupt/a.json": "{",
  });
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const read = async (against?: string, folder = lockDir) => {
  const { label, locks } = await readBaseline({
    lockDir: folder,
    cwd,
    ...(against !== undefined && { against }),
  });
  return { label, locks: locks.map(({ name, version }) => `${name} ${version}`) };
};
const at = (version: number) => NAMES.map((name) => `${name} ${version}`);

describe("what contracts are compared with", () => {
  it("is the lock as it is now", async () => {
    expect(await read()).toEqual({ label: "the lock", locks: at(2) });
  });

  it("is a folder of locks, or one that a lock stands in", async () => {
    expect(await read("app")).toEqual({ label: "app", locks: at(2) });
    expect(await read("app/.taskora/contracts")).toEqual({ label: "app/.taskora/contracts", locks: at(2) });
  });

  it("is a revision of git, all of its locks", async () => {
    expect(await read("git:main")).toEqual({ label: "git:main", locks: at(1) });
    expect(await read("git:HEAD")).toEqual({ label: "git:HEAD", locks: at(1) });
  });

  it("is a revision in which the folder was, although it is gone", async () => {
    const gone = join(cwd, "app/.taskora/gone");
    await expect(read("git:main", gone)).rejects.toThrow("no lock files at app/.taskora/gone in git:main");
    rmSync(join(cwd, "app"), { recursive: true });
    expect((await read("git:main")).locks).toEqual(at(1));
    writeLocks(2);
  });

  it("is said to be empty where it is", async () => {
    expect(await read(undefined, join(cwd, "empty"))).toEqual({
      label: "the lock in empty, which is empty",
      locks: [],
    });
    expect((await read("empty")).locks).toEqual([]);
  });

  it.each([
    [undefined, "nowhere", "There is nothing to compare with: "],
    ["nowhere", "app", "no lock files at nowhere"],
    ["other/file.txt", "app", "no lock files at other/file.txt"],
    ["git:no-such-branch", "app", "The contracts at git:no-such-branch cannot be read"],
  ])("is missing at %s with the lock in %s", async (against, folder, message) => {
    const found = read(against, join(cwd, folder));
    await expect(found).rejects.toThrow(message);
    await expect(found).rejects.toMatchObject({ findings: [{ code: "BASELINE_MISSING" }] });
  });

  it("is refused where it is damaged, with its place", async () => {
    await expect(read("conflict")).rejects.toMatchObject({
      findings: [{ code: "LOCK_CONFLICT", at: { file: join(cwd, "conflict/a.json"), line: 2, column: 1 } }],
    });
    await expect(read("corrupt")).rejects.toMatchObject({
      findings: [{ code: "LOCK_CORRUPT", at: { file: join(cwd, "corrupt/a.json"), line: 1, column: 1 } }],
    });
  });
});
