import type { ChildProcess } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { type InstalledProject, installedProject } from "../codegen/support/installed-project.js";
import { CLIENT_CONFIG, contractText } from "../codegen/support/temp-project.js";
import { otherNode } from "../support/other-node.js";

const CONTRACT = contractText({ name: "email.send", exportName: "sendEmail" });
const PACKAGES = ["zod", "tsx", "ts-morph", "esbuild"];
const projects: InstalledProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

/** A package as `npm init -y` makes it, in which the loader compiles CommonJS in the process that is watched. */
function commonJsProject(contract = CONTRACT): InstalledProject {
  const project = installedProject(PACKAGES, {
    "package.json": '{ "name": "service", "version": "1.0.0" }\n',
    "taskora.config.ts": CLIENT_CONFIG,
    "contracts/email.ts": contract,
  });
  projects.push(project);
  return project;
}

/** The contract as it is after an edit: its new text is in no cache, while that of the config is. */
function edit(project: InstalledProject, field: string): void {
  project.write({ "contracts/email.ts": CONTRACT.replace("id: ", `${field}: z.boolean().optional(), id: `) });
}

/** Resolves when a program has written `pattern` to stderr, or rejects with what it wrote at an error. */
function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("error ")) reject(new Error(text));
      if (pattern.test(text)) resolve();
    });
    child.on("close", (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

describe("the loader in a CommonJS package", { timeout: 300_000 }, () => {
  it.each([20, 22, 24])("is blamed on no contract with Node %i, whatever its cache holds", async (major) => {
    const node = otherNode(major);
    const project = commonJsProject();
    for (let run = 1; run <= 5; run++) {
      expect(await project.run(["generate"], node), `run ${run}`).toMatchObject({ code: 0 });
    }
    edit(project, "urgent");
    expect(await project.run(["diff"], node)).toMatchObject({ code: 0 });
    project.write({ "contracts/email.ts": CONTRACT });
    project.clearCache();
    expect(await project.run(["check"], node)).toMatchObject({ code: 0, stdout: "" });
  });

  it("is blamed on no contract while a watcher follows edits", async () => {
    const project = commonJsProject();
    const watcher = project.start(["generate", "--watch"]);
    projects.push({ ...project, dispose: () => void watcher.kill("SIGKILL") });
    await printed(watcher, /✔ 1 task/);
    for (const field of ["urgent", "silent"]) {
      const next = printed(watcher, /✔ 1 task/);
      edit(project, field);
      await next;
    }
  });

  it("does not excuse a contract that starts a thread, nor one that calls the compiler", async () => {
    const project = commonJsProject(
      `import { Worker } from "node:worker_threads";\nnew Worker("0", { eval: true });\n${CONTRACT}`,
    );
    project.write({ "contracts/built.ts": `import { transform } from "esbuild";\nvoid transform("0");\n` });
    const { code, stderr } = await project.run(["generate"]);
    expect(code).toBe(2);
    expect(stderr).toContain("contracts/email.ts has a side effect: loading it starts a worker thread.");
    expect(stderr).toContain("contracts/email.ts:2:1");
    expect(stderr).toContain("contracts/built.ts has a side effect: loading it starts a process.");
    expect(stderr).toContain("made inside the package esbuild");
  });
});
