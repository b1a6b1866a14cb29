import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import {
  type CommandResult,
  runNode,
  type TempProject,
  tempProject,
} from "../codegen/support/temp-project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

/** A project with the built package installed beside the given packages and nothing else. */
function installed(...packages: readonly string[]): TempProject {
  if (!existsSync(join(repository, "dist/cli/main.js")))
    throw new Error("There is no dist/. Run npm run build.");
  const project = tempProject();
  projects.push(project);
  const modules = join(project.dir, "node_modules");
  rmSync(modules, { recursive: true });
  mkdirSync(join(modules, "taskora"), { recursive: true });
  cpSync(join(repository, "dist"), join(modules, "taskora/dist"), { recursive: true });
  cpSync(join(repository, "package.json"), join(modules, "taskora/package.json"));
  for (const name of packages) symlinkSync(join(repository, "node_modules", name), join(modules, name));
  return project;
}

function taskora(project: TempProject, ...args: readonly string[]): Promise<CommandResult> {
  return runNode([join(project.dir, "node_modules/taskora/dist/cli/main.js"), ...args], project.dir);
}

describe("the built command line", () => {
  it("goes from an empty folder to generated code", async () => {
    const project = installed("zod", "tsx", "ts-morph");
    expect(await taskora(project, "init", "--yes")).toMatchObject({ code: 0 });
    expect(await taskora(project, "generate")).toMatchObject({ code: 0 });
    expect(await taskora(project, "check")).toMatchObject({ code: 0, stdout: "" });
    expect(project.read("src/worker/handlers/email-send.ts")).toContain('NotImplementedError("email.send")');
  });

  it.each([
    ["tsx", ["zod", "ts-morph"], "npm i -D tsx"],
    ["ts-morph", ["zod", "tsx"], "npm i -D ts-morph"],
    ["zod", ["tsx", "ts-morph"], "npm i zod"],
  ])("says how to install %s", async (_name, packages, command) => {
    const project = installed(...packages);
    await taskora(project, "init", "--yes");
    const { code, stderr } = await taskora(project, "generate");
    expect(code).toBe(2);
    expect(stderr).toContain("error DEPENDENCY_MISSING");
    expect(stderr).toContain(`Install it with ${command} and run taskora generate again.`);
  });

  it("answers --help without any of them", async () => {
    const project = installed();
    expect(await taskora(project, "--help")).toMatchObject({ code: 0 });
  });
});
