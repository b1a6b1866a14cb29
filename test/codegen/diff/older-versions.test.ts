import { afterEach, describe, expect, it } from "vitest";
import { diff } from "../../../codegen/diff/diff-project.js";
import type { DiffReport } from "../../../codegen/diff/report.js";
import { generate } from "../../../codegen/generate.js";
import { CLIENT_CONFIG, contractText, type TempProject, tempProject } from "../support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

interface Version {
  readonly version: number;
  readonly input?: string;
  readonly output?: string;
  readonly rest?: string;
}

function text({ version, input, output, rest }: Version): string {
  const lines = [`version: ${version}`, ...(rest === undefined ? [] : [rest])];
  return contractText({
    name: "email.send",
    exportName: "sendEmail",
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    rest: lines.join(",\n  "),
  });
}

/** Generates all versions but the last, and compares with the last. */
async function reportOf(...versions: readonly Version[]): Promise<DiffReport> {
  const project = tempProject({ "taskora.config.ts": CLIENT_CONFIG });
  projects.push(project);
  for (const version of versions.slice(0, -1)) {
    project.write({ "contracts/email.ts": text(version) });
    await generate({ cwd: project.dir });
  }
  project.write({ "contracts/email.ts": text(versions.at(-1) as Version) });
  return diff({ cwd: project.dir });
}

const V1: Version = { version: 1, input: "z.object({ to: z.string() })" };
const V2: Version = {
  version: 2,
  input: "z.object({ to: z.array(z.string()) })",
  rest: "migrate: { 1: ({ to }: any) => ({ to: [to] }) }",
};
const V3_INPUT = "z.object({ to: z.array(z.string()), urgent: z.boolean() })";
const WHOLE = "1: ({ to }: any) => ({ to: [to] }), 2: (old: any) => ({ ...old, urgent: false })";
const BROKEN = "2: (old: any) => ({ ...old, urgent: false })";

function notes(report: DiffReport): readonly string[] {
  return report.tasks.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === "error").map(({ rule, note }) => `${rule}: ${note}`),
  );
}

describe("taskora diff with versions before the last", () => {
  it("finds nothing when the migrations take all of them to the new version", async () => {
    const report = await reportOf(V1, V2, { version: 3, input: V3_INPUT, rest: `migrate: { ${WHOLE} }` });
    expect(notes(report)).toEqual([]);
    expect(report).toMatchObject({ compared: 1, exitCode: 0 });
  });

  it("shows a payload of the first version that a new chain of steps does not cover", async () => {
    const report = await reportOf(V1, V2, { version: 3, input: V3_INPUT, rest: `migrate: { ${BROKEN} }` });
    expect(report.exitCode).toBe(5);
    expect(notes(report)).toEqual([
      expect.stringMatching(
        /^VERSION_BUMP_WITH_MIGRATION: version 1 → 3; 0 of \d+ sampled payloads of version 1/,
      ),
    ]);
    const finding = report.tasks[0]?.findings.find(({ severity }) => severity === "error");
    expect(finding?.edges.queuedJobs?.proof?.wire).toMatchObject({ to: expect.any(String) });
  });

  it("looks again when nothing but a step was changed", async () => {
    const report = await reportOf(V1, V2, { ...V2, rest: "migrate: { 1: ({ to }: any) => ({ to }) }" });
    expect(notes(report)).toEqual([expect.stringMatching(/version 1 → 2; 0 of/)]);
  });

  it("asks nothing of versions below since", async () => {
    const rest = `since: 2,\n  migrate: { ${BROKEN} }`;
    const report = await reportOf(V1, V2, { version: 3, input: V3_INPUT, rest });
    expect(notes(report).filter((note) => note.includes("1 → 3"))).toEqual([]);
  });

  it("says nothing about what did not change", async () => {
    const unmigrated = { ...V2, rest: "migrate: {}" };
    expect((await reportOf(V1, unmigrated, unmigrated)).tasks).toEqual([]);
  });

  it("shows what readers of an older version's results meet now, and not what they met before", async () => {
    const result = (mark: string): string => `z.object({ mark: ${mark}, done: z.boolean() })`;
    const before: Version = {
      version: 1,
      output: 'z.object({ mark: z.enum(["a"]), done: z.boolean(), by: z.string() })',
    };
    const report = await reportOf(
      before,
      { version: 2, output: result("z.string()") },
      { version: 3, output: result('z.enum(["a", "b"])') },
    );
    expect(notes(report).filter((note) => note.includes("against version 1"))).toEqual([
      expect.stringMatching(/^ENUM_VALUE_ADDED: /),
    ]);
  });
});
