import { afterEach, describe, expect, it } from "vitest";
import { type InstalledProject, installedProject } from "../codegen/support/installed-project.js";

const projects: InstalledProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function installed(...packages: readonly string[]): InstalledProject {
  const project = installedProject(packages);
  projects.push(project);
  return project;
}

describe("the built command line", () => {
  it("goes from an empty folder to generated code", async () => {
    const project = installed("zod", "tsx", "ts-morph");
    expect(await project.run(["init", "--yes"])).toMatchObject({ code: 0 });
    expect(await project.run(["generate"])).toMatchObject({ code: 0 });
    expect(await project.run(["check"])).toMatchObject({ code: 0, stdout: "" });
    expect(project.read("src/worker/handlers/email-send.ts")).toContain("return { messageId: ");
  });

  it.each([
    ["tsx", ["zod", "ts-morph"], "npm i -D tsx"],
    ["ts-morph", ["zod", "tsx"], "npm i -D ts-morph"],
    ["zod", ["tsx", "ts-morph"], "npm i zod"],
  ])("says how to install %s", async (_name, packages, command) => {
    const project = installed(...packages);
    await project.run(["init", "--yes"]);
    const { code, stderr } = await project.run(["generate"]);
    expect(code).toBe(2);
    expect(stderr).toContain("error DEPENDENCY_MISSING");
    expect(stderr).toContain(`Install it with ${command} and run taskora generate again.`);
  });

  it("answers --help without any of them", async () => {
    const project = installed();
    expect(await project.run(["--help"])).toMatchObject({ code: 0 });
  });
});
