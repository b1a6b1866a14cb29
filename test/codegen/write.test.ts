import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Change } from "../../codegen/write/plan.js";
import { applyChanges, recoverWrites } from "../../codegen/write/write.js";
import { type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function aProject(files: Record<string, string>): TempProject {
  const project = tempProject(files);
  projects.push(project);
  return project;
}

/** A process id that is surely of no living process. */
function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

describe("applyChanges", () => {
  it("creates, updates and deletes, and leaves nothing of its own", () => {
    const project = aProject({ "out/old.ts": "old", "out/changed.ts": "before" });
    const changes: Change[] = [
      { action: "create", path: `${project.dir}/out/deep/new.ts`, text: "new" },
      { action: "update", path: `${project.dir}/out/changed.ts`, text: "after" },
      { action: "delete", path: `${project.dir}/out/old.ts` },
    ];
    applyChanges(changes, `${project.dir}/.taskora/pending`);
    expect(project.files("out")).toEqual({ "out/changed.ts": "after", "out/deep/new.ts": "new" });
    expect(project.has(".taskora/pending")).toBe(false);
  });

  it("leaves nothing of its own when another process was first", () => {
    const project = aProject({});
    const journal = JSON.stringify({ phase: "prepare", pid: process.pid, steps: [] });
    const change = {
      action: "create",
      text: "late",
      /** Read when it is written down what will be done, which is when the other one comes. */
      get path(): string {
        project.write({ ".taskora/pending/journal.json": journal });
        return `${project.dir}/out/late.ts`;
      },
    } as const;
    expect(() => applyChanges([change], `${project.dir}/.taskora/pending`)).toThrow("OUTPUT_BUSY");
    expect(Object.keys(project.files(".taskora"))).toEqual([".taskora/pending/journal.json"]);
    expect(readdirSync(`${project.dir}/.taskora`)).toEqual(["pending"]);
    expect(project.has("out/late.ts")).toBe(false);
  });

  it("says which folder the system refuses, and why", () => {
    const project = aProject({ "out/file": "no folder" });
    const changes: Change[] = [{ action: "create", path: `${project.dir}/out/file/new.ts`, text: "new" }];
    expect(() => applyChanges(changes, `${project.dir}/.taskora/pending`)).toThrow(
      /OUTPUT_UNWRITABLE: .*out\/file.* cannot be written: a part of the path is a file/,
    );
    expect(project.has(".taskora/pending")).toBe(false);
  });

  it("writes nothing when one file cannot be written", () => {
    const project = aProject({ "out/a.ts": "before", blocked: "a file where a folder is needed" });
    const changes: Change[] = [
      { action: "update", path: `${project.dir}/out/a.ts`, text: "after" },
      { action: "create", path: `${project.dir}/blocked/b.ts`, text: "b" },
    ];
    expect(() => applyChanges(changes, `${project.dir}/.taskora/pending`)).toThrow(/EEXIST|ENOTDIR/);
    expect(project.files("out")).toEqual({ "out/a.ts": "before" });
    expect(project.has(".taskora/pending")).toBe(false);
  });
});

describe("recoverWrites", () => {
  const steps = (project: TempProject) => [
    { path: `${project.dir}/out/a.ts`, temp: `${project.dir}/out/.a.ts.taskora-tmp` },
    { path: `${project.dir}/out/b.ts`, temp: `${project.dir}/out/.b.ts.taskora-tmp` },
    { path: `${project.dir}/out/c.ts` },
  ];

  it("undoes a run that was killed before it had written everything", () => {
    const project = aProject({ "out/a.ts": "old a", "out/c.ts": "old c", "out/.a.ts.taskora-tmp": "new a" });
    const journal = { phase: "prepare", pid: deadPid(), steps: steps(project) };
    project.write({ ".taskora/pending/journal.json": JSON.stringify(journal) });
    recoverWrites(`${project.dir}/.taskora/pending`);
    expect(project.files("out")).toEqual({ "out/a.ts": "old a", "out/c.ts": "old c" });
    expect(project.has(".taskora/pending")).toBe(false);
  });

  it("completes a run that was killed while it renamed", () => {
    const project = aProject({ "out/a.ts": "new a", "out/c.ts": "old c", "out/.b.ts.taskora-tmp": "new b" });
    const journal = { phase: "commit", pid: deadPid(), steps: steps(project) };
    project.write({ ".taskora/pending/journal.json": JSON.stringify(journal) });
    recoverWrites(`${project.dir}/.taskora/pending`);
    expect(project.files("out")).toEqual({ "out/a.ts": "new a", "out/b.ts": "new b" });
    expect(project.has(".taskora/pending")).toBe(false);
  });

  it("forgets a run that was killed while it cleared away its journal", () => {
    const project = aProject({});
    mkdirSync(`${project.dir}/.taskora/pending`, { recursive: true });
    recoverWrites(`${project.dir}/.taskora/pending`);
    expect(project.has(".taskora/pending")).toBe(false);
  });

  it("refuses while the other run is alive", () => {
    const project = aProject({});
    const journal = { phase: "prepare", pid: process.ppid, steps: [] };
    project.write({ ".taskora/pending/journal.json": JSON.stringify(journal) });
    expect(() => recoverWrites(`${project.dir}/.taskora/pending`)).toThrow(
      /OUTPUT_BUSY.*is writing generated files/,
    );
  });
});

describe("a run that is killed at any moment", () => {
  const script = fileURLToPath(new URL("./support/rewrite-forever.ts", import.meta.url));

  /** Starts the rewriting process, lets it run for some more ms, and shoots it. */
  async function killAfter(dir: string, ms: number): Promise<void> {
    const child = spawn(process.execPath, ["--import", "tsx", script, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill("SIGKILL");
    await once(child, "close");
  }

  it.each([0, 3, 7, 12, 18])("leaves the old files or the new ones, %d ms in", async (ms) => {
    const project = aProject({});
    await killAfter(project.dir, ms);
    recoverWrites(`${project.dir}/.taskora/pending`);
    const files = project.files("out");
    expect(Object.keys(files)).toHaveLength(60);
    expect(new Set(Object.values(files)).size).toBe(1);
  });
});
