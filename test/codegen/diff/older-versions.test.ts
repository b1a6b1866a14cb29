import { defineTask } from "taskora/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { DiffReport } from "../../../codegen/diff/report/report.js";
import type { ContractLock } from "../../../codegen/lock.js";
import type { TaskContract } from "../../../src/core/contract.js";
import { lockOf, reportOn } from "./judged.js";

type Payload = Readonly<Record<string, unknown>>;

interface Version {
  readonly version: number;
  readonly since?: number;
  readonly input?: z.ZodType;
  readonly output?: z.ZodType;
  readonly migrate?: Readonly<Record<number, (payload: Payload) => unknown>>;
}

function contractOf(version: Version): TaskContract {
  const { migrate, ...rest } = version;
  const steps =
    migrate === undefined ? {} : { migrate: migrate as Record<number, (payload: unknown) => unknown> };
  return defineTask({ name: "email.send", ...rest, ...steps }) as unknown as TaskContract;
}

/** Records all versions but the last, one after the other, and compares with the last. */
async function reportOf(...versions: readonly Version[]): Promise<DiffReport> {
  let lock: ContractLock | undefined;
  for (const version of versions.slice(0, -1)) lock = lockOf(contractOf(version), lock);
  const last = versions.at(-1);
  if (lock === undefined || last === undefined) throw new Error("at least two versions are needed");
  return reportOn([lock], [contractOf(last)]);
}

const toList = ({ to }: Payload): Payload => ({ to: [to] });
const notUrgent = (old: Payload): Payload => ({ ...old, urgent: false });

const V1: Version = { version: 1, input: z.object({ to: z.string() }) };
const V2: Version = { version: 2, input: z.object({ to: z.array(z.string()) }), migrate: { 1: toList } };
const V3: Version = { version: 3, input: z.object({ to: z.array(z.string()), urgent: z.boolean() }) };

function notes(report: DiffReport): readonly string[] {
  return report.tasks.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === "error").map(({ rule, note }) => `${rule}: ${note}`),
  );
}

describe("taskora diff with versions before the last", () => {
  it("finds nothing when the migrations take all of them to the new version", async () => {
    const report = await reportOf(V1, V2, { ...V3, migrate: { 1: toList, 2: notUrgent } });
    expect(notes(report)).toEqual([]);
    expect(report).toMatchObject({ compared: 1, exitCode: 0 });
  });

  it("shows a payload of the first version that a new chain of steps does not cover", async () => {
    const report = await reportOf(V1, V2, { ...V3, migrate: { 2: notUrgent } });
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
    const report = await reportOf(V1, V2, { ...V2, migrate: { 1: ({ to }) => ({ to }) } });
    expect(notes(report)).toEqual([expect.stringMatching(/version 1 → 2; 0 of/)]);
  });

  it("asks nothing of versions below since", async () => {
    const report = await reportOf(V1, V2, { ...V3, since: 2, migrate: { 2: notUrgent } });
    expect(notes(report).filter((note) => note.includes("1 → 3"))).toEqual([]);
  });

  it("says nothing about what did not change", async () => {
    const unmigrated = { ...V2, migrate: {} };
    expect((await reportOf(V1, unmigrated, unmigrated)).tasks).toEqual([]);
  });

  it("shows what readers of an older version's results meet now, and not what they met before", async () => {
    const result = (mark: z.ZodType) => z.object({ mark, done: z.boolean() });
    const before: Version = {
      version: 1,
      output: z.object({ mark: z.enum(["a"]), done: z.boolean(), by: z.string() }),
    };
    const report = await reportOf(
      before,
      { version: 2, output: result(z.string()) },
      { version: 3, output: result(z.enum(["a", "b"])) },
    );
    expect(notes(report).filter((note) => note.includes("against version 1"))).toEqual([
      expect.stringMatching(/^ENUM_VALUE_ADDED: /),
    ]);
  });
});

const digest = z.string().refine((text) => /^[0-9a-f]{64}$/.test(text));

describe("migrations of payloads in which code decides", () => {
  const old: Version = { version: 1, input: z.object({ to: z.string(), digest }) };
  const next = z.object({ to: z.array(z.string()), digest });

  it("are not blamed for values that the code never let through", async () => {
    const report = await reportOf(old, {
      version: 2,
      input: next,
      migrate: { 1: (value) => ({ ...value, to: [value.to] }) },
    });
    expect(report.exitCode).toBe(0);
    expect(report.tasks[0]?.findings[0]?.edges.queuedJobs).toEqual({
      verdict: "unknown",
      reason: "code decides, and lets no sampled payload through",
    });
  });

  it("are blamed for what they leave in the old form", async () => {
    const report = await reportOf(old, { version: 2, input: next, migrate: { 1: (value) => value } });
    expect(report.exitCode).toBe(5);
    expect(report.tasks[0]?.findings[0]?.edges.queuedJobs).toMatchObject({ verdict: "break" });
  });

  it("count as a break where no old payload could be made", async () => {
    const unreadable = z.object({ name: z.string().regex(/^\p{Lu}{7}\p{Nd}$/u) });
    const report = await reportOf(
      { version: 1, input: unreadable },
      { version: 2, input: unreadable, migrate: { 1: (value) => value } },
    );
    expect(report.tasks[0]?.findings[0]?.edges.queuedJobs).toEqual({
      verdict: "unknown",
      reason: "no payload of version 1 could be made",
      countsAsBreak: true,
    });
  });
});
