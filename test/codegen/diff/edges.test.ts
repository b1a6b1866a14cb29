import { describe, expect, it } from "vitest";
import * as z from "zod";
import { EDGE_IDS, type EdgeId } from "../../../codegen/diff/judge/edges.js";
import type { DiffPolicy } from "../../../codegen/diff/judge/policy.js";
import type { DiffReport } from "../../../codegen/diff/report/report.js";
import { RULES, type RuleId } from "../../../codegen/diff/rules/rules.js";
import { SCHEMA_RULES } from "../../../codegen/diff/rules/schema-rules.js";
import type { TASK_RULES } from "../../../codegen/diff/rules/task-rules.js";
import type { ContractData } from "../../../codegen/load/protocol.js";
import type { ContractLock } from "../../../codegen/lock.js";
import { irOf } from "../from-zod-support.js";
import { aContract, aDraftedPair, aLock, judged, judgedSchemas } from "./judged.js";
import { PAIRS } from "./pairs.js";

function schemaFrom(text: string): z.ZodType {
  return new Function("z", `return ${text};`)(z) as z.ZodType;
}

function verdicts(report: DiffReport, rule: RuleId): Readonly<Partial<Record<EdgeId, string>>> {
  const finding = report.tasks[0]?.findings.find((candidate) => candidate.rule === rule);
  if (finding === undefined) throw new Error(`${rule} was not found`);
  return Object.fromEntries(Object.entries(finding.edges).map(([edge, { verdict }]) => [edge, verdict]));
}

/** What the table of rules says, where it does not leave the answer to payloads. */
function fixed(rule: RuleId, edges: Readonly<Record<"oldToNew" | "newToOld", EdgeId>>) {
  const { oldToNew, newToOld } = RULES[rule];
  return Object.fromEntries(
    [
      [edges.oldToNew, oldToNew],
      [edges.newToOld, newToOld],
    ].filter(([, verdict]) => verdict !== "depends"),
  );
}

const SCHEMA_RULE_IDS = (Object.keys(SCHEMA_RULES) as (keyof typeof SCHEMA_RULES)[]).filter(
  (id) => id !== "SAMPLE_FAILS",
);
const INPUT = { oldToNew: "queuedJobs", newToOld: "rollingDeploy" } as const;
const EMITS = { oldToNew: "storedMessages", newToOld: "messageReaders" } as const;
const OUTPUT = { oldToNew: "storedResults", newToOld: "resultReaders" } as const;

describe("each rule about a schema", () => {
  it.each(SCHEMA_RULE_IDS)(
    "%s answers for jobs in an input, results in an output and messages in emits",
    (rule) => {
      const { example } = RULES[rule];
      const [old, next] = [irOf(schemaFrom(example.old)), irOf(schemaFrom(example.new))];
      const input = verdicts(judgedSchemas({ input: old }, { input: next }), rule);
      expect(Object.keys(input).sort()).toEqual(["queuedJobs", "rollingDeploy"]);
      expect(input).toMatchObject(fixed(rule, INPUT));
      const output = verdicts(judgedSchemas({ output: old }, { output: next }), rule);
      expect(Object.keys(output).sort()).toEqual(["resultReaders", "storedResults"]);
      expect(output).toMatchObject(fixed(rule, OUTPUT));
      expect([output.storedResults, output.resultReaders]).toEqual([input.queuedJobs, input.rollingDeploy]);
      const emits = verdicts(judgedSchemas({ emits: old }, { emits: next }), rule);
      expect(Object.keys(emits).sort()).toEqual(["messageReaders", "storedMessages"]);
      expect(emits).toMatchObject(fixed(rule, EMITS));
      expect([emits.storedMessages, emits.messageReaders]).toEqual([input.queuedJobs, input.rollingDeploy]);
    },
  );

  it.each(PAIRS.map((pair) => [pair.title, pair] as const))("%s answers all edges", (_title, pair) => {
    const [old, next] = [irOf(pair.old), irOf(pair.new)];
    // The output is changed the other way round, so that no edge can be taken for another one.
    const report = judgedSchemas(
      { input: old, output: next, emits: old },
      { input: next, output: old, emits: next },
    );
    expect(report.tasks[0]?.edges).toEqual({
      queuedJobs: pair.oldToNew,
      rollingDeploy: pair.newToOld,
      resultReaders: pair.oldToNew,
      storedResults: pair.newToOld,
      messageReaders: pair.newToOld,
      storedMessages: pair.oldToNew,
    });
  });
});

type TaskRule = Exclude<keyof typeof TASK_RULES, "SCHEMA_BREAK_NO_BUMP">;

const TASKS: Readonly<Record<TaskRule, readonly [ContractLock | undefined, ContractData | undefined]>> = {
  TASK_ADDED: [undefined, aContract()],
  TASK_REMOVED: [aLock(), undefined],
  TASK_RENAMED: [aLock(), aContract({ name: "a.c", aliases: ["a.b"] })],
  ALIAS_REMOVED: [aLock({ options: { aliases: ["x.y"] } }), aContract()],
  VERSION_BUMP: [aLock(), aContract({ version: 3 })],
  VERSION_BUMP_WITH_MIGRATION: [aLock(), aContract({ version: 3, migrate: { 2: "hash" } })],
  VERSION_DECREASED: [aLock(), aContract({ version: 1 })],
  SINCE_RAISED: [aLock(), aContract({ version: 3, since: 3 })],
  EMITS_ADDED: [aLock(), aContract({ emits: irOf(z.string()) })],
  EMITS_REMOVED: [aLock({ emits: irOf(z.string()) }), aContract()],
  DEDUPLICATE_CHANGED: [aLock({ options: { deduplicate: { by: "a" } } }), aContract()],
  TIMEOUT_SHORTENED: [aLock({ options: { timeout: "1m" } }), aContract({ timeout: "30s" })],
  ATTEMPTS_LOWERED: [aLock({ options: { retry: { attempts: 5 } } }), aContract({ retry: { attempts: 2 } })],
  RETENTION_SHORTENED: [aLock({ options: { ttl: "2h" } }), aContract({ ttl: "1h" })],
  OPTIONS_CHANGED: [aLock({ options: { priority: 1 } }), aContract({ priority: 2 })],
};

describe("each rule about a task", () => {
  it.each(Object.keys(TASKS) as TaskRule[])("%s says of its edges what the table says", (rule) => {
    const [old, next] = TASKS[rule];
    const edges = verdicts(judged([aDraftedPair(old, next)]), rule);
    const asked = rule.startsWith("EMITS_") ? EMITS : INPUT;
    expect({ [asked.oldToNew]: "ok", [asked.newToOld]: "ok", ...edges }).toMatchObject(fixed(rule, asked));
    expect({ resultReaders: "ok", storedResults: "ok", ...edges }).toMatchObject({
      resultReaders: "ok",
      storedResults: "ok",
    });
  });

  it("asks for a version where queued jobs break, and only there", () => {
    const [text, number] = [irOf(z.object({ a: z.string() })), irOf(z.object({ a: z.number() }))];
    const rules = (report: DiffReport) =>
      report.tasks.flatMap(({ findings }) => findings.map(({ rule }) => rule));
    expect(rules(judgedSchemas({ input: text }, { input: number }))).toContain("SCHEMA_BREAK_NO_BUMP");
    expect(rules(judgedSchemas({ output: text }, { output: number }))).not.toContain("SCHEMA_BREAK_NO_BUMP");
    const bumped = aDraftedPair(aLock({ input: text }), aContract({ input: number, version: 3 }));
    expect(rules(judged([bumped]))).not.toContain("SCHEMA_BREAK_NO_BUMP");
  });

  it("lets a version answer for payloads, but neither for results nor for messages", () => {
    const [text, number] = [irOf(z.object({ a: z.string() })), irOf(z.object({ a: z.number() }))];
    const old = aLock({ input: text, output: text, emits: text });
    const next = aContract({ input: number, output: number, emits: number, version: 3 });
    const report = judged([aDraftedPair(old, next)]);
    const found = report.tasks[0]?.findings.filter(({ rule }) => rule === "TYPE_CHANGED") ?? [];
    expect(
      found.map(({ path, edges }) => [path, ...Object.values(edges).map(({ verdict }) => verdict)]),
    ).toEqual([
      ["input.a", "ok", "ok"],
      ["output.a", "break", "break"],
      ["emits.a", "break", "break"],
    ]);
  });
});

describe("the policy", () => {
  const [few, many] = [irOf(z.enum(["x"])), irOf(z.enum(["x", "y"]))];
  /** A change that breaks one edge and no other. */
  const breaking: Readonly<Record<EdgeId, readonly [old: object, next: object]>> = {
    queuedJobs: [{ input: many }, { input: few }],
    rollingDeploy: [{ input: few }, { input: many }],
    resultReaders: [{ output: few }, { output: many }],
    storedResults: [{ output: many }, { output: few }],
    messageReaders: [{ emits: few }, { emits: many }],
    storedMessages: [{ emits: many }, { emits: few }],
  };
  const errors: Readonly<Record<DiffPolicy, readonly EdgeId[]>> = {
    "workers-first": ["queuedJobs", "resultReaders", "messageReaders"],
    "producers-first": ["rollingDeploy", "storedResults", "storedMessages"],
    "any-order": EDGE_IDS,
  };
  const cases = (Object.keys(errors) as DiffPolicy[]).flatMap((policy) =>
    EDGE_IDS.map((edge) => [policy, edge] as const),
  );

  it.each(cases)("%s decides whether a break of %s ends with 5", (policy, edge) => {
    const report = judgedSchemas(...breaking[edge], policy);
    const broken = EDGE_IDS.filter((id) => report.tasks[0]?.edges[id] === "break");
    expect(broken).toEqual([edge]);
    const isError = errors[policy].includes(edge);
    expect(report.exitCode).toBe(isError ? 5 : 0);
    expect(report.tasks[0]?.findings[0]?.severity).toBe(isError ? "error" : "warning");
  });
});
