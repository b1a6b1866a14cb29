import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type DiffOptions, diff } from "../../../codegen/diff/diff-project.js";
import { formatDiff } from "../../../codegen/diff/formats/format.js";
import type { DiffReport } from "../../../codegen/diff/report/report.js";
import { generate } from "../../../codegen/generate.js";
import { runDiff } from "../../../src/cli/commands/diff.js";
import type { DiffFlags } from "../../../src/cli/commands/diff-flags.js";
import { runExplain } from "../../../src/cli/commands/explain.js";
import { defineTask } from "../../../src/contract/index.js";
import type { TaskContract } from "../../../src/core/contract.js";
import { runHere } from "../support/run-here.js";
import { CLIENT_CONFIG, contractText, type TempProject, tempProject } from "../support/temp-project.js";
import { lockOf, reportOn } from "./judged.js";

const OLD_INPUT = 'z.object({\n    to: z.string(),\n    locale: z.enum(["en", "de"]).optional(),\n  })';

function email(input: string): string {
  return contractText({ name: "email.send", exportName: "sendEmail", input });
}

const OLD = email(OLD_INPUT);
const NUMBER = email('z.object({\n    to: z.number(),\n    locale: z.enum(["en", "de"]).optional(),\n  })');
const REFINED = email('z.object({ to: z.string().refine((text) => text.includes("@")) })');
const LOOSER = email('z.object({ to: z.string(), locale: z.enum(["en", "de", "fr"]).optional() })');

const LOCK = ".taskora/contracts/email.send.json";
const projects: TempProject[] = [];
let recorded = "";

/** The generator runs once: every project here starts from the same contract. */
beforeAll(async () => {
  const project = aProject({ "contracts/email.ts": OLD });
  await generate({ cwd: project.dir });
  recorded = project.read(LOCK);
});

afterAll(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function aProject(files: Readonly<Record<string, string>>): TempProject {
  const project = tempProject({ "taskora.config.ts": CLIENT_CONFIG, ...files });
  projects.push(project);
  return project;
}

/** A project whose lock holds the old contract and whose file holds the new one. */
function aChangedProject(contract: string, files: Readonly<Record<string, string>> = {}): TempProject {
  return aProject({ [LOCK]: recorded, "contracts/email.ts": contract, ...files });
}

function reportOf(project: TempProject, options: DiffOptions = {}): Promise<DiffReport> {
  return diff({ cwd: project.dir, ...options });
}

/** Runs the command in this process; what starts a process of its own are the contracts that it loads. */
async function runCommand(project: TempProject, flags: Partial<DiffFlags> = {}) {
  const config = join(project.dir, "taskora.config.ts");
  return await runHere((context) => runDiff({ config, format: "text", limit: "200", ...flags }, context));
}

describe("taskora diff", () => {
  it("finds nothing where nothing was changed", async () => {
    const project = aChangedProject(OLD);
    const { code, stdout } = await project.taskora("diff");
    expect(stdout).toBe("✔ 0 of 1 tasks changed against the lock: nothing breaks, 0 warnings\n");
    expect(code).toBe(0);
  });

  it("says which lock is empty", async () => {
    const project = aProject({ "contracts/email.ts": OLD, ".taskora/contracts/.gitkeep": "" });
    const { code, stdout } = await project.taskora("diff");
    expect(stdout).toContain("1 of 1 tasks changed against the lock in .taskora/contracts, which is empty");
    expect(code).toBe(0);
  });

  it("shows a break with place, payload, edges and plan, and exits with 5", async () => {
    const project = aChangedProject(NUMBER);
    const { code, stdout } = await project.taskora("diff");
    expect(code).toBe(5);
    expect(stdout).toContain("error TYPE_CHANGED input.to  contracts/email.ts:7:5");
    expect(stdout).toContain("> 7 |     to: z.number(),");
    expect(stdout).toMatch(
      /breaks jobs already queued: a new worker refuses \{"to":"[^"]*"[^}]*\} from an old producer/,
    );
    expect(stdout).toContain("breaks a rolling deploy: an old worker refuses");
    expect(stdout).toContain("taskora explain TYPE_CHANGED");
    expect(stdout).toContain("Roll out: version + migration");
    expect(stdout).toContain("error SCHEMA_BREAK_NO_BUMP");
    expect(stdout).toContain("breaks jobs already queued and a rolling deploy, 2 errors, 0 warnings");
  });

  it("warns where the policy of the config allows for a break, and says so", async () => {
    const config = CLIENT_CONFIG.replace("  outputs:", '  policy: "producers-first",\n  outputs:');
    const [allowed, forbidden] = await Promise.all([
      reportOf(aChangedProject(LOOSER)),
      reportOf(aChangedProject(LOOSER, { "taskora.config.ts": config })),
    ]);
    expect(allowed).toMatchObject({
      exitCode: 0,
      checkerBugs: 0,
      plan: { kind: "workers-first" },
      conclusion: { kind: "order" },
    });
    expect(allowed.tasks[0]?.findings).toMatchObject([
      {
        rule: "ENUM_VALUE_ADDED",
        severity: "warning",
        path: "input.locale",
        edges: { queuedJobs: { verdict: "ok" } },
      },
    ]);
    expect(forbidden).toMatchObject({ exitCode: 5, conclusion: { kind: "breaking" } });
  });

  it("runs code of the new contract over old payloads", async () => {
    const { tasks } = await reportOf(aChangedProject(REFINED));
    const added = tasks[0]?.findings.find((finding) => finding.rule === "REFINE_ADDED");
    expect(added).toMatchObject({ path: "input.to", edges: { queuedJobs: { verdict: "break" } } });
  });

  it("accepts a change until it moves on", async () => {
    const project = aChangedProject(NUMBER);
    const [first] = (await reportOf(project)).tasks[0]?.findings ?? [];
    const id = first?.id ?? "";
    const accepted = await reportOf(project, { accept: { ids: [id], reason: "the queue is empty" } });
    expect(accepted).toMatchObject({ exitCode: 0, conclusion: { kind: "accepted" } });
    expect(accepted.tasks[0]?.findings[0]).toMatchObject({
      accepted: "the queue is empty",
      severity: "info",
    });
    expect(project.read(".taskora/approvals.json")).toContain('"reason": "the queue is empty"');
    const moved = aChangedProject(NUMBER.replace("z.number()", "z.boolean()"), {
      ".taskora/approvals.json": project.read(".taskora/approvals.json"),
    });
    const [again, ended] = await Promise.all([reportOf(project), reportOf(moved)]);
    expect(again).toMatchObject({ exitCode: 0, endedApprovals: [] });
    expect(ended).toMatchObject({ exitCode: 5, endedApprovals: [id] });
  }, 60_000);

  it("refuses an approval without a reason before anything is loaded", async () => {
    const project = aProject({ "contracts/email.ts": "this is no TypeScript" });
    await expect(reportOf(project, { accept: { ids: ["1"], reason: " " } })).rejects.toThrow(
      "An approval needs a reason.",
    );
  });

  it.each<[Partial<DiffFlags>, string]>([
    [{ accept: ["0000000000"], reason: "x" }, "There is no change 0000000000 to accept."],
    [{ against: "nowhere" }, "There is nothing to compare with: no lock files at nowhere."],
    [{ format: "xml" }, 'expected --format to be one of text, github, sarif, junit, markdown; got "xml"'],
    [{ live: true, store: "http://localhost" }, "expected --store to hold redis://…"],
    [{ live: true, store: "redis://127.0.0.1:1", limit: "0" }, "expected --limit to be a whole number"],
    [{ live: true }, "--live reads a store, and none was named."],
    [{ live: true, format: "sarif" }, '--live prints text or, with --json, one object; got "sarif"'],
  ])("says why it cannot run with %j", async (flags, text) => {
    const { code, stderr } = await runCommand(aChangedProject(NUMBER), flags);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it("says what to do without a lock and with a damaged one", async () => {
    const damaged = { "contracts/email.ts": LOOSER, [LOCK]: "<<<<<<< ours\n" };
    const [none, broken] = await Promise.all([
      runCommand(aProject({ "contracts/email.ts": LOOSER })),
      runCommand(aProject(damaged)),
    ]);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Run taskora generate and commit the lock"),
    });
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining("LOCK_CONFLICT") });
  });

  it("writes every format with its place in the file", async () => {
    const project = aChangedProject(NUMBER);
    const report = await reportOf(project);
    expect(formatDiff(report, "github", project.dir)).toMatch(
      /^::error file=contracts\/email\.ts,line=7,col=5,title=TYPE_CHANGED email\.send input\.to::/m,
    );
    const sarif = JSON.parse(formatDiff(report, "sarif", project.dir)) as { runs: { results: object[] }[] };
    expect(sarif.runs[0]?.results).toContainEqual(
      expect.objectContaining({ ruleId: "TYPE_CHANGED", level: "error" }),
    );
    expect(formatDiff(report, "junit", project.dir)).toContain(
      '<testsuite name="email.send" tests="2" failures="2">',
    );
    expect(formatDiff(report, "markdown", project.dir)).toContain(
      "| `email.send` | ❌ | ❌ | ✅ | ✅ | ✅ | ✅ | version + migration |",
    );
  });
});

describe("taskora diff on tasks and versions", () => {
  const task = (given: Parameters<typeof defineTask>[0]) => defineTask(given) as unknown as TaskContract;
  const old = task({
    name: "email.send",
    version: 1,
    input: z.object({ to: z.string(), at: z.string().optional() }),
  });
  const next = (step: (payload: { to: string; at?: string }) => unknown) =>
    task({
      name: "email.send",
      version: 2,
      input: z.object({ to: z.number() }),
      migrate: { 1: step as (payload: unknown) => unknown },
    });

  it("runs migrations over old payloads when the version is raised", async () => {
    const { exitCode, tasks } = await reportOn(
      [lockOf(old)],
      [next((was) => ({ ...was, to: was.to.length }))],
    );
    expect(tasks[0]?.findings[0]).toMatchObject({
      rule: "VERSION_BUMP_WITH_MIGRATION",
      edges: { queuedJobs: { verdict: "ok" } },
    });
    expect({ exitCode, plan: tasks[0]?.plan.kind }).toEqual({ exitCode: 0, plan: "version-migration" });
  });

  it("shows the payload that a migration does not cover", async () => {
    const partly = next((was) => ({ ...was, to: was.at === undefined ? 1 : was.to }));
    const { exitCode, tasks } = await reportOn([lockOf(old)], [partly]);
    const finding = tasks[0]?.findings[0];
    expect(exitCode).toBe(5);
    expect(finding).toMatchObject({ rule: "VERSION_BUMP_WITH_MIGRATION", severity: "error" });
    expect(finding?.edges.queuedJobs?.proof).toMatchObject({ wire: { to: expect.any(String) } });
  });

  it("says what removing and renaming a task does", async () => {
    const locks = [lockOf(old), lockOf(task({ name: "image.resize" }))];
    const renamed = task({
      name: "mail.send",
      aliases: ["email.send"],
      input: z.object({ to: z.string(), at: z.string().optional() }),
    });
    const { tasks, exitCode } = await reportOn(locks, [renamed, task({ name: "image.crop" })]);
    expect(exitCode).toBe(5);
    expect(tasks.map(({ name, findings }) => [name, findings.map((finding) => finding.rule)])).toEqual([
      ["image.crop", ["TASK_ADDED"]],
      ["image.resize", ["TASK_REMOVED"]],
      ["mail.send", ["TASK_RENAMED"]],
    ]);
  });
});

describe("taskora explain", () => {
  it("lists the rules, explains one, and says which is near", async () => {
    const list = await runHere((context) => runExplain({}, context));
    const explained = await runHere((context) => runExplain({ rule: "field-rename" }, context));
    const unknown = await runHere((context) => runExplain({ rule: "FIELD_RENAMED" }, context));
    expect(list.stdout).toMatch(/FIELD_RENAME +break +break +A required field was renamed/);
    expect(explained).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("z.object({ accountId: z.string() })"),
    });
    expect(unknown).toMatchObject({ code: 6, stderr: expect.stringContaining("Did you mean FIELD_RENAME?") });
  });
});
