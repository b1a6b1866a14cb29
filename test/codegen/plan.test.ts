import { afterEach, describe, expect, it } from "vitest";
import { MANIFEST_NAME } from "../../codegen/write/manifest.js";
import { type DesiredFolder, type Plan, planFolder } from "../../codegen/write/plan.js";
import { applyChanges } from "../../codegen/write/write.js";
import { type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function aProject(): TempProject {
  const project = tempProject();
  projects.push(project);
  return project;
}

function aFolder(
  project: TempProject,
  files: Record<string, string>,
  rest: Partial<DesiredFolder> = {},
): DesiredFolder {
  return {
    dir: `${project.dir}/out`,
    files: new Map(Object.entries(files)),
    adopt: false,
    overwrite: false,
    ...rest,
  };
}

function write(project: TempProject, folder: DesiredFolder): Plan {
  const plan = planFolder(folder);
  expect(plan.findings).toEqual([]);
  applyChanges(plan.changes, `${project.dir}/.taskora/pending`);
  return plan;
}

function actions(plan: Plan): string[] {
  return plan.changes.map((change) => `${change.action} ${change.path.split("/out/")[1]}`);
}

describe("an output folder", () => {
  it("is written with a manifest, and the second run changes nothing", () => {
    const project = aProject();
    const folder = aFolder(project, { "a.ts": "a\n", "tasks/b.ts": "b\n" });
    expect(actions(write(project, folder))).toEqual([
      "create a.ts",
      "create tasks/b.ts",
      `create ${MANIFEST_NAME}`,
    ]);
    expect(planFolder(folder)).toMatchObject({ changes: [], unchanged: 3, findings: [] });
  });

  it("loses the files that are no longer produced, and the folder they leave empty", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\n", "tasks/b.ts": "b\n" }));
    const plan = write(project, aFolder(project, { "a.ts": "a\n" }));
    expect(actions(plan)).toEqual(["delete tasks/b.ts", `update ${MANIFEST_NAME}`]);
    expect(project.has("out/tasks")).toBe(false);
  });

  it("stops on a hand-edited file with a diff, and overwrites it when asked to", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "one\ntwo\n" }));
    project.write({ "out/a.ts": "one\ntwo and a half\n" });
    const folder = aFolder(project, { "a.ts": "one\nthree\n" });
    const [finding] = planFolder(folder).findings;
    expect(finding?.code).toBe("OUTPUT_EDITED");
    expect(finding?.at?.line).toBe(2);
    expect(finding?.details).toBe("@@ line 2 @@\n  one\n- three\n+ two and a half\n  ");
    expect(actions(planFolder({ ...folder, overwrite: true }))).toContain("update a.ts");
  });

  it("stops on a hand-edited file that would be deleted", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\n", "b.ts": "b\n" }));
    project.write({ "out/b.ts": "mine\n" });
    expect(planFolder(aFolder(project, { "a.ts": "a\n" })).findings[0]?.code).toBe("OUTPUT_EDITED");
  });

  it("accepts an edit that is what would be written", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\n" }));
    project.write({ "out/a.ts": "b\n" });
    expect(actions(planFolder(aFolder(project, { "a.ts": "b\n" })))).toEqual([`update ${MANIFEST_NAME}`]);
  });

  it("takes changed line ends for no edit", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\nb\n" }));
    project.write({ "out/a.ts": "a\r\nb\r\n" });
    expect(planFolder(aFolder(project, { "a.ts": "a\nb\n" }))).toMatchObject({ changes: [], findings: [] });
  });

  it("brings back a file that was deleted", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\n" }));
    project.remove("out/a.ts");
    expect(actions(planFolder(aFolder(project, { "a.ts": "a\n" })))).toEqual(["create a.ts"]);
  });

  it("is refused while it holds files of someone else, unless it is adopted", () => {
    const project = aProject();
    project.write({ "out/mine.ts": "mine\n", "out/a.ts": "mine\n" });
    const folder = aFolder(project, { "a.ts": "a\n" });
    const [finding] = planFolder(folder).findings;
    expect(finding?.code).toBe("OUTPUT_FOREIGN");
    expect(finding?.details).toContain("mine.ts");
    write(project, { ...folder, adopt: true });
    expect(project.read("out/mine.ts")).toBe("mine\n");
    expect(project.read("out/a.ts")).toBe("a\n");
  });

  it("counts as empty with nothing but a .gitkeep in it", () => {
    const project = aProject();
    project.write({ "out/.gitkeep": "" });
    write(project, aFolder(project, { "a.ts": "a\n" }));
    expect(project.has("out/.gitkeep")).toBe(true);
  });

  it("refuses a new file over one of the user's", () => {
    const project = aProject();
    write(project, aFolder(project, { "a.ts": "a\n" }));
    project.write({ "out/b.ts": "mine\n" });
    expect(planFolder(aFolder(project, { "a.ts": "a\n", "b.ts": "b\n" })).findings[0]?.code).toBe(
      "OUTPUT_FOREIGN",
    );
  });

  it("never touches a file that a manifest names outside the folder", () => {
    const project = aProject();
    project.write({
      "out/.taskora.json": JSON.stringify({
        generator: "taskora",
        format: 1,
        files: { "../package.json": "x" },
      }),
    });
    expect(planFolder(aFolder(project, {})).findings[0]?.code).toBe("LOCK_CORRUPT");
  });

  it("says where a manifest holds merge markers", () => {
    const project = aProject();
    project.write({ "out/.taskora.json": '{\n<<<<<<< ours\n  "a": 1\n=======\n>>>>>>> theirs\n}\n' });
    const [finding] = planFolder(aFolder(project, {})).findings;
    expect(finding?.code).toBe("LOCK_CONFLICT");
    expect(finding?.at?.line).toBe(2);
  });
});
