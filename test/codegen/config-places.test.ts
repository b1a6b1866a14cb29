import { basename } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { diff } from "../../codegen/diff/diff-project.js";
import { check, generate } from "../../codegen/generate.js";
import {
  CLIENT_CONFIG,
  contractText,
  FULL_CONFIG,
  type TempProject,
  tempProject,
} from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function aProject(files: Record<string, string>): TempProject {
  const project = tempProject(files);
  projects.push(project);
  return project;
}

function codes(findings: readonly { readonly code: string }[]): readonly string[] {
  return findings.map(({ code }) => code);
}

describe("two configs in one folder", { timeout: 60_000 }, () => {
  const config = (name: string) =>
    CLIENT_CONFIG.replace("contracts/**/*.ts", `contracts/${name}.ts`).replace("src/tasks.gen", name);
  const project = (...names: readonly string[]) =>
    aProject(
      Object.fromEntries(
        names.flatMap((name) => [
          [`${name}.config.ts`, config(name)],
          [`contracts/${name}.ts`, contractText({ name: `${name}.run`, exportName: "run" })],
        ]),
      ),
    );
  const run = (made: TempProject, name: string) =>
    generate({ cwd: made.dir, configFile: `${name}.config.ts` });

  it.each([
    ["a", "b"],
    ["taskora", "b"],
    ["b", "taskora"],
  ])("keep their locks apart, and are both up to date: %s, then %s", async (first, second) => {
    const made = project(first, second);
    await run(made, first);
    await run(made, second);
    expect(Object.keys(made.files(".taskora/contracts")).sort()).toEqual(
      [first, second].map((name) => `.taskora/contracts/${name}.run.json`).sort(),
    );
    const upToDate = [first, second].flatMap((name) => {
      const place = { cwd: made.dir, configFile: `${name}.config.ts` };
      return [
        expect(check(place)).resolves.toMatchObject({ findings: [] }),
        expect(diff(place)).resolves.toMatchObject({ exitCode: 0 }),
      ];
    });
    await Promise.all(upToDate);
  });

  it("leave a lock to one config when the other one is gone", async () => {
    const made = project("a", "b");
    await run(made, "a");
    made.remove("a.config.ts");
    await run(made, "b");
    expect(Object.keys(made.files(".taskora/contracts"))).toEqual([".taskora/contracts/b.run.json"]);
  });
});

describe("an output folder that the config names no more", () => {
  const EMAIL = contractText({ name: "email.send", exportName: "sendEmail" });

  it("is mentioned, with what to do, and left alone", async () => {
    const made = aProject({ "taskora.config.ts": CLIENT_CONFIG, "contracts/email.ts": EMAIL });
    expect((await generate({ cwd: made.dir })).warnings).toEqual([]);
    made.write({ "taskora.config.ts": CLIENT_CONFIG.replace("src/tasks.gen", "src/client") });
    const { warnings } = await generate({ cwd: made.dir });
    expect(codes(warnings)).toEqual(["OUTPUT_LEFT"]);
    expect(warnings[0]?.message).toContain("src/tasks.gen was generated for this config");
    expect(warnings[0]?.hint).toContain("git rm -r src/tasks.gen");
    expect(codes((await check({ cwd: made.dir })).findings)).toEqual(["OUTPUT_LEFT"]);
    expect(made.has("src/tasks.gen/index.ts")).toBe(true);
    made.remove("src/tasks.gen");
    expect((await check({ cwd: made.dir })).findings).toEqual([]);
  });
});

describe("a contract file with a character that imports cannot carry", () => {
  const NAMES = ["50%", "c#", "why?"];

  it("is refused where worker code would import it", async () => {
    const made = aProject({ "taskora.config.ts": FULL_CONFIG });
    for (const [index, name] of NAMES.entries()) {
      const text = contractText({ name: `task-${index}`, exportName: "run" });
      made.write({ [`contracts/${name}.ts`]: text });
    }
    const { findings } = await check({ cwd: made.dir });
    const refused = findings.filter(({ code }) => code === "CONTRACT_PATH");
    expect(refused.map(({ at }) => [basename(at?.file ?? "", ".ts"), at?.line])).toEqual(
      NAMES.map((name) => [name, 4]),
    );
    await expect(generate({ cwd: made.dir })).rejects.toThrow("CONTRACT_PATH");
    expect(made.has("producer")).toBe(false);
    made.write({ "taskora.config.ts": CLIENT_CONFIG });
    expect(codes((await check({ cwd: made.dir })).findings)).toEqual(["OUTPUT_STALE"]);
  });
});
