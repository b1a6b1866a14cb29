import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { type DiffOptions, diff } from "../../../codegen/diff/diff-project.js";
import { type DiffFormat, formatDiff } from "../../../codegen/diff/formats/format.js";
import type { DiffReport } from "../../../codegen/diff/report.js";
import { generate } from "../../../codegen/generate.js";
import { CLIENT_CONFIG, contractText, type TempProject, tempProject } from "../support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

const OLD_INPUT = 'z.object({\n    to: z.string(),\n    locale: z.enum(["en", "de"]).optional(),\n  })';

function email(input: string, rest?: string): string {
  return contractText({
    name: "email.send",
    exportName: "sendEmail",
    input,
    ...(rest === undefined ? {} : { rest }),
  });
}

/** A project whose lock holds the old contract and whose file holds the new one. */
async function aChangedProject(
  next: Readonly<Record<string, string>>,
  options: { readonly config?: string; readonly old?: Readonly<Record<string, string>> } = {},
): Promise<TempProject> {
  const old = options.old ?? { "contracts/email.ts": email(OLD_INPUT) };
  const project = tempProject({ "taskora.config.ts": options.config ?? CLIENT_CONFIG, ...old });
  projects.push(project);
  await generate({ cwd: project.dir });
  project.write(next);
  return project;
}

function reportOf(project: TempProject, options: DiffOptions = {}): Promise<DiffReport> {
  return diff({ cwd: project.dir, ...options });
}

const NUMBER = email('z.object({\n    to: z.number(),\n    locale: z.enum(["en", "de"]).optional(),\n  })');
const LOOSER = email('z.object({ to: z.string(), locale: z.enum(["en", "de", "fr"]).optional() })');

describe("taskora diff", () => {
  it("finds nothing where nothing was changed", async () => {
    const project = await aChangedProject({});
    const { code, stdout } = await project.taskora("diff");
    expect(stdout).toBe("✔ 0 of 1 tasks changed against the lock: nothing breaks, 0 warnings\n");
    expect(code).toBe(0);
  });

  it("shows a break with place, payload, edges and plan, and exits with 5", async () => {
    const project = await aChangedProject({ "contracts/email.ts": NUMBER });
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
  });

  it("warns under the default policy where only the order matters", async () => {
    const project = await aChangedProject({ "contracts/email.ts": LOOSER });
    const report = await reportOf(project);
    expect(report).toMatchObject({ exitCode: 0, checkerBugs: 0, plan: { kind: "workers-first" } });
    expect(report.tasks[0]?.findings).toMatchObject([
      {
        rule: "ENUM_VALUE_ADDED",
        severity: "warning",
        path: "input.locale",
        edges: { queuedJobs: { verdict: "ok" } },
      },
    ]);
  });

  it.each([
    ["producers-first", 5],
    ["any-order", 5],
  ])("follows the policy %s", async (policy, exitCode) => {
    const config = CLIENT_CONFIG.replace("  outputs:", `  policy: ${JSON.stringify(policy)},\n  outputs:`);
    const project = await aChangedProject({ "contracts/email.ts": LOOSER }, { config });
    expect((await reportOf(project)).exitCode).toBe(exitCode);
  });

  it("leaves unstable tasks alone", async () => {
    const project = await aChangedProject({
      "contracts/email.ts": NUMBER.replace("  input", "  unstable: true,\n  input"),
    });
    const { exitCode, tasks } = await reportOf(project);
    expect(exitCode).toBe(0);
    expect(tasks[0]?.findings.every((finding) => finding.severity === "info")).toBe(true);
  });

  it("runs migrations over old payloads when the version is raised", async () => {
    const rest = "version: 2,\n  migrate: { 1: (old: any) => ({ ...old, to: old.to.length }) }";
    const project = await aChangedProject({
      "contracts/email.ts": email("z.object({ to: z.number() })", rest),
    });
    const { exitCode, tasks } = await reportOf(project);
    expect(tasks[0]?.findings[0]).toMatchObject({
      rule: "VERSION_BUMP_WITH_MIGRATION",
      edges: { queuedJobs: { verdict: "ok" } },
    });
    expect({ exitCode, plan: tasks[0]?.plan.kind }).toEqual({ exitCode: 0, plan: "version-migration" });
  });

  it("shows the payload that a migration does not cover", async () => {
    const rest =
      "version: 2,\n  migrate: { 1: (old: any) => ({ ...old, to: old.locale === undefined ? 1 : old.to }) }";
    const project = await aChangedProject({
      "contracts/email.ts": email("z.object({ to: z.number() })", rest),
    });
    const { exitCode, tasks } = await reportOf(project);
    const finding = tasks[0]?.findings[0];
    expect(exitCode).toBe(5);
    expect(finding).toMatchObject({ rule: "VERSION_BUMP_WITH_MIGRATION", severity: "error" });
    expect(finding?.edges.queuedJobs?.proof).toMatchObject({ wire: { to: expect.any(String) } });
  });

  it("runs code of the new contract over old payloads", async () => {
    const refined = email('z.object({ to: z.string().refine((text) => text.includes("@")) })');
    const project = await aChangedProject({ "contracts/email.ts": refined });
    const { tasks } = await reportOf(project);
    const added = tasks[0]?.findings.find((finding) => finding.rule === "REFINE_ADDED");
    expect(added).toMatchObject({ path: "input.to", edges: { queuedJobs: { verdict: "break" } } });
  });

  it("says what removing and renaming a task does", async () => {
    const project = await aChangedProject(
      {
        "contracts/email.ts": contractText({
          name: "mail.send",
          exportName: "sendMail",
          rest: 'aliases: ["email.send"]',
        }),
        "contracts/image.ts": contractText({ name: "image.crop", exportName: "cropImage" }),
      },
      {
        old: {
          "contracts/email.ts": contractText({ name: "email.send", exportName: "sendEmail" }),
          "contracts/image.ts": contractText({ name: "image.resize", exportName: "resizeImage" }),
        },
      },
    );
    const { tasks, exitCode } = await reportOf(project);
    expect(exitCode).toBe(5);
    expect(tasks.map((task) => [task.name, task.findings.map((finding) => finding.rule)])).toEqual([
      ["image.crop", ["TASK_ADDED"]],
      ["image.resize", ["TASK_REMOVED"]],
      ["mail.send", ["TASK_RENAMED"]],
    ]);
  });

  it("accepts a change until it moves on", async () => {
    const project = await aChangedProject({ "contracts/email.ts": NUMBER });
    const [first] = (await reportOf(project)).tasks[0]?.findings ?? [];
    const id = first?.id ?? "";
    await expect(reportOf(project, { accept: { ids: [id], reason: " " } })).rejects.toThrow(
      "An approval needs a reason.",
    );
    const accepted = await reportOf(project, {
      accept: { ids: [id], reason: "the queue is empty" },
    });
    expect(accepted).toMatchObject({ exitCode: 0 });
    expect(accepted.tasks[0]?.findings[0]).toMatchObject({
      accepted: "the queue is empty",
      severity: "info",
    });
    expect(project.read(".taskora/approvals.json")).toContain('"reason": "the queue is empty"');
    expect((await reportOf(project)).exitCode).toBe(0);
    project.write({ "contracts/email.ts": NUMBER.replace("z.number()", "z.boolean()") });
    expect(await reportOf(project)).toMatchObject({ exitCode: 5, endedApprovals: [id] });
  }, 90_000);

  it("names an id that is no change", async () => {
    const project = await aChangedProject({ "contracts/email.ts": NUMBER });
    const { code, stderr } = await project.taskora("diff", "--accept", "0000000000", "--reason", "x");
    expect(code).toBe(2);
    expect(stderr).toContain("There is no change 0000000000 to accept.");
  });

  it("compares with a git revision and with a folder", async () => {
    const project = await aChangedProject({});
    const git = (...args: readonly string[]) =>
      execFileSync("git", args, { cwd: project.dir, stdio: "pipe" });
    git("init", "-q", "-b", "main");
    git("add", ".taskora", "contracts", "taskora.config.ts");
    git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first");
    project.write({ "contracts/email.ts": NUMBER });
    await generate({ cwd: project.dir });
    expect((await reportOf(project)).exitCode).toBe(0);
    expect(await reportOf(project, { against: "git:main" })).toMatchObject({
      exitCode: 5,
      against: "git:main",
    });
    expect((await reportOf(project, { against: "." })).exitCode).toBe(0);
  });

  it.each([
    [["--against", "git:no-such-branch"], "The contracts at git:no-such-branch cannot be read"],
    [["--against", "nowhere"], "There is nothing to compare with: no lock files at nowhere."],
    [
      ["--format", "xml"],
      'expected --format to be one of text, json, github, sarif, junit, markdown; got "xml"',
    ],
    [["--live", "http://localhost"], "expected --live to be a redis:// or rediss:// url"],
    [
      ["--live", "redis://127.0.0.1:1", "--limit", "0"],
      "expected --limit to be a whole number from 1 to 1000",
    ],
  ])("says why it cannot run with %j", async (args, text) => {
    const project = await aChangedProject({});
    const { code, stderr } = await project.taskora("diff", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it("says what to do without a lock and with a damaged one", async () => {
    const project = tempProject({ "taskora.config.ts": CLIENT_CONFIG, "contracts/email.ts": LOOSER });
    projects.push(project);
    const none = await project.taskora("diff");
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Run taskora generate and commit the lock"),
    });
    project.write({ ".taskora/contracts/email.send.json": "<<<<<<< ours\n" });
    const broken = await project.taskora("diff");
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining("LOCK_CONFLICT") });
  });
});

describe("the formats of taskora diff", () => {
  it("writes annotations, sarif, junit and markdown", async () => {
    const project = await aChangedProject({ "contracts/email.ts": NUMBER });
    const report = await reportOf(project);
    const format = (name: DiffFormat): string => formatDiff(report, name, project.dir);
    expect(format("github")).toMatch(
      /^::error file=contracts\/email\.ts,line=7,col=5,title=TYPE_CHANGED email\.send input\.to::/m,
    );
    const sarif = JSON.parse(format("sarif")) as { runs: { results: object[] }[] };
    expect(sarif.runs[0]?.results).toContainEqual(
      expect.objectContaining({ ruleId: "TYPE_CHANGED", level: "error" }),
    );
    expect(format("junit")).toContain('<testsuite name="email.send" tests="2" failures="2">');
    expect(format("markdown")).toContain("| `email.send` | ❌ | ❌ | ✅ | ✅ | version + migration |");
  });
});

describe("taskora rules and explain", () => {
  it("lists and explains the rules", async () => {
    const project = tempProject();
    projects.push(project);
    const rules = await project.taskora("rules");
    expect(rules.stdout).toMatch(/FIELD_RENAME +break +break +A required field was renamed/);
    const explained = await project.taskora("explain", "field-rename");
    expect(explained.stdout).toContain("z.object({ accountId: z.string() })");
    const unknown = await project.taskora("explain", "FIELD_RENAMED");
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean FIELD_RENAME?") });
  });
});
