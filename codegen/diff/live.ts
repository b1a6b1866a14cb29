/**
 * `taskora diff --live`: reads a bounded number of jobs from a store and parses their payloads with the contracts
 * of today, migrations applied, as a worker would. It asks the store for one page per task and state.
 */
import { integer, listOf, objectWith, oneOf, someText } from "../../src/core/checks.js";
import type { JobSnapshot } from "../../src/core/job.js";
import { laneParts } from "../../src/core/lane-name.js";
import { optionSet, required } from "../../src/core/options.js";
import { jsonSerializer } from "../../src/core/serializer.js";
import { childNodes, type IrNode, type IrSchema, type JsonValue } from "../../src/schema/ir.js";
import { CodegenError, EXIT_CODES, errorFinding } from "../finding.js";
import {
  loadProject,
  PROJECT_SHAPE,
  type Project,
  type ProjectOptions,
  probeProject,
} from "../load/load-project.js";
import type { ContractData, Probe, ProbeAnswer } from "../load/protocol.js";
import { selectTasks } from "../select-tasks.js";

/** States whose jobs a worker may still run. */
export const LIVE_STATES = ["waiting", "delayed", "retrying", "failed"] as const;

export type LiveState = (typeof LIVE_STATES)[number];

/** Reads the first jobs of one state. */
export interface LiveSource {
  /** Every task that the store has met, so that lanes are found. */
  tasks(): Promise<readonly string[]>;
  list(query: {
    readonly task: string;
    readonly state: LiveState;
    readonly limit: number;
  }): Promise<{ readonly jobs: readonly JobSnapshot[] }>;
}

/** Options of {@link sampleStore}. */
export interface LiveOptions extends ProjectOptions {
  /** Where jobs are read: a connected `redisReader`, which changes nothing, or any adapter. */
  readonly source: LiveSource;
  /** Jobs read per task and state, 1 to 1 000. Default 200. */
  readonly limit?: number | undefined;
  /** Names or patterns such as `"email.*"`. Default: all tasks. */
  readonly tasks?: readonly string[] | undefined;
  /** Put payloads that fail, and what is wrong with them, into the report. Default `"hidden"`. */
  readonly payloads?: "hidden" | "shown" | undefined;
}

const LIVE = optionSet({
  ...PROJECT_SHAPE,
  source: required(objectWith<LiveSource>("a reader or an adapter", ["list", "tasks"])),
  limit: integer(1, 1000),
  tasks: listOf(someText),
  payloads: oneOf(["hidden", "shown"]),
});

/** Jobs of one state that would fail, by where. */
export interface LiveFailure {
  /** `input.userId`; keys that are data are shown as `[*]`. */
  readonly path: string;
  readonly count: number;
  /** Only when payloads are shown. */
  readonly example?: { readonly id: string; readonly payload: JsonValue; readonly message: string };
}

/** What was found in one state of one task. */
export interface LiveStateReport {
  readonly sampled: number;
  readonly failed: number;
  /** Jobs of a newer version, which wait for a newer worker. */
  readonly newer: number;
  readonly failures: readonly LiveFailure[];
}

/** What was found for one task; states without jobs are left out. */
export interface LiveTask {
  readonly name: string;
  readonly states: Readonly<Partial<Record<LiveState, LiveStateReport>>>;
}

/** What `taskora diff --live` found. */
export interface LiveReport {
  /** Only tasks with jobs. */
  readonly tasks: readonly LiveTask[];
  /** 5 when a waiting, delayed or retrying job would fail, else 0; failed jobs matter only when revived. */
  readonly exitCode: number;
}

const DEFAULT_LIMIT = 200;

interface Sampled {
  readonly task: string;
  readonly state: LiveState;
  readonly job: JobSnapshot;
  readonly contract: ContractData;
  readonly verdict: "newer" | "too-old" | "unreadable" | "probe";
  readonly value: unknown;
}

/**
 * Parses jobs that are in a store with the contracts of a project. Only lists them.
 *
 * @throws {CodegenError} when the contracts cannot be loaded, or `tasks` names none of them
 */
export async function sampleStore(options: LiveOptions): Promise<LiveReport> {
  LIVE.read(options, "sampleStore()");
  const project = await loadProject(options);
  const patterns = options.tasks ?? ["*"];
  const unmatched = patterns.find((pattern) => selectTasks(project.contracts, [pattern]).length === 0);
  if (unmatched !== undefined) throw noTask(unmatched, project.contracts);
  const chosen = selectTasks(project.contracts, patterns);
  const contracts = chosen.map((contract) => contract.data);
  const sampled = await readJobs(contracts, options);
  const toProbe = sampled.filter((sample) => sample.verdict === "probe");
  const probes = toProbe.map(probeOf);
  const answers = probes.length === 0 ? [] : await probeProject(options, probes);
  const byJob = new Map(toProbe.map((sample, index) => [sample, answers[index]]));
  const names = [...new Set(sampled.map((sample) => sample.task))];
  const tasks = names.map((name) =>
    reportTask(name, sampled, { byJob, payloads: options.payloads ?? "hidden" }),
  );
  const isPendingFailure = tasks.some(({ states }) =>
    (["waiting", "delayed", "retrying"] as const).some((state) => (states[state]?.failed ?? 0) > 0),
  );
  return { tasks, exitCode: isPendingFailure ? EXIT_CODES.breaking : EXIT_CODES.ok };
}

function noTask(pattern: string, contracts: Project["contracts"]): CodegenError {
  return new CodegenError([
    errorFinding("TASK_UNKNOWN", {
      message: `No task matches "${pattern}".`,
      hint: "Give a name or a pattern of these.",
      details: contracts.map(({ data }) => data.name).join("\n"),
    }),
  ]);
}

/** One page per task and state, one after the other, so that a busy store is not asked for much at once. */
async function readJobs(
  contracts: readonly ContractData[],
  options: LiveOptions,
): Promise<readonly Sampled[]> {
  const limit = Math.min(1000, Math.max(1, Math.trunc(options.limit ?? DEFAULT_LIMIT)));
  const sampled: Sampled[] = [];
  const lanes = (await options.source.tasks()).filter((task) => laneParts(task).lane !== undefined);
  for (const contract of contracts) {
    const own = lanes.filter((task) => laneParts(task).contract === contract.name);
    for (const task of [contract.name, ...(contract.aliases ?? []), ...own]) {
      for (const state of LIVE_STATES) {
        const { jobs } = await options.source.list({ task, state, limit });
        sampled.push(...jobs.map((job) => classify({ task, state, job, contract })));
      }
    }
  }
  return sampled;
}

function classify(found: Pick<Sampled, "task" | "state" | "job" | "contract">): Sampled {
  const { job, contract } = found;
  if (job.corrupt !== undefined) return { ...found, verdict: "unreadable", value: undefined };
  if (job.version > contract.version) return { ...found, verdict: "newer", value: undefined };
  if (job.version < (contract.since ?? 1)) return { ...found, verdict: "too-old", value: undefined };
  const decoded = decode(job);
  return decoded === "unreadable"
    ? { ...found, verdict: "unreadable", value: undefined }
    : { ...found, verdict: "probe", value: decoded.value };
}

/** Payloads of another serializer than JSON cannot be read here. */
function decode(job: JobSnapshot): { readonly value: unknown } | "unreadable" {
  if (job.payload.length === 0) return { value: undefined };
  try {
    return { value: jsonSerializer.decode(job.payload) };
  } catch (error) {
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}

function probeOf(sample: Sampled): Probe {
  return {
    task: sample.contract.name,
    side: "input",
    fromVersion: sample.job.version,
    ...(sample.value === undefined ? {} : { value: sample.value as JsonValue }),
  };
}

interface Answers {
  readonly byJob: ReadonlyMap<Sampled, ProbeAnswer | undefined>;
  readonly payloads: "hidden" | "shown";
}

function reportTask(name: string, sampled: readonly Sampled[], answers: Answers): LiveTask {
  const states: Partial<Record<LiveState, LiveStateReport>> = {};
  for (const state of LIVE_STATES) {
    const jobs = sampled.filter((sample) => sample.task === name && sample.state === state);
    if (jobs.length > 0) states[state] = reportState(jobs, answers);
  }
  return { name, states };
}

function reportState(jobs: readonly Sampled[], answers: Answers): LiveStateReport {
  const failures = new Map<string, LiveFailure>();
  let failed = 0;
  for (const sample of jobs) {
    const issue = issueOf(sample, answers.byJob.get(sample));
    if (issue === undefined) continue;
    failed += 1;
    const known = failures.get(issue.path);
    const example = answers.payloads === "shown" ? exampleOf(sample, issue.message) : undefined;
    failures.set(issue.path, {
      path: issue.path,
      count: (known?.count ?? 0) + 1,
      ...(example === undefined ? {} : { example: known?.example ?? example }),
    });
  }
  const newer = jobs.filter((sample) => sample.verdict === "newer").length;
  const sorted = [...failures.values()].sort((a, b) => b.count - a.count);
  return { sampled: jobs.length, failed, newer, failures: sorted };
}

function exampleOf(sample: Sampled, message: string): LiveFailure["example"] {
  return { id: sample.job.id, payload: (sample.value ?? null) as JsonValue, message };
}

interface Issue {
  readonly path: string;
  readonly message: string;
}

function issueOf(sample: Sampled, answer: ProbeAnswer | undefined): Issue | undefined {
  switch (sample.verdict) {
    case "newer":
      return undefined;
    case "too-old":
      return { path: "since", message: `version ${sample.job.version} is older than since` };
    case "unreadable":
      return { path: "payload", message: sample.job.corrupt ?? "is no JSON" };
    case "probe": {
      const first = answer?.issues[0];
      if (first === undefined) return undefined;
      return { path: hiddenPath(first.path, sample.contract.input), message: first.message };
    }
  }
}

/** Keys that the schema does not name are data of users, so they are not shown. */
function hiddenPath(path: readonly (string | number)[], schema: IrSchema | undefined): string {
  const known = schema === undefined ? new Set<string>() : propertyKeys(schema);
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[]`;
    return known.has(part) ? `${text}.${part}` : `${text}[*]`;
  }, "input");
}

function propertyKeys(schema: IrSchema): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (node: IrNode): void => {
    if (node.kind === "object") for (const property of node.properties) keys.add(property.key);
    for (const child of childNodes(node)) visit(child);
  };
  for (const node of [schema.root, ...Object.values(schema.definitions)]) visit(node);
  return keys;
}
