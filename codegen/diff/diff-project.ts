/**
 * `taskora diff`: loads the contracts, reads what they are compared with, compares each pair, lets the live
 * schemas have their say in a second process, and judges what is left by policy and approvals.
 */
import { listOf, someText, text } from "../../src/core/checks.js";
import { optionSet, required } from "../../src/core/options.js";
import type { IrSchema } from "../../src/schema/ir.js";
import { CodegenError, errorFinding } from "../finding.js";
import {
  loadProject,
  PROJECT_SHAPE,
  type Project,
  type ProjectOptions,
  probeProject,
} from "../load/load-project.js";
import type { ContractData, Probe, ProbeAnswer } from "../load/protocol.js";
import type { ContractLock } from "../lock.js";
import { ownLocks } from "../lock-owner.js";
import { stateDir } from "../plan-project.js";
import { planText } from "../write/plan.js";
import { applyChanges } from "../write/write.js";
import { type Approval, approvalsFile, printApprovals, readApprovals } from "./approvals.js";
import { readBaseline } from "./baseline.js";
import { isChanged, pairOlder, pairTasks, type TaskPair } from "./compare/compare-tasks.js";
import { type Evidence, judge } from "./judge/judge.js";
import { allFindings, type DiffReport } from "./report/report.js";
import { type Draft, draftSchemas } from "./sample/draft.js";
import type { DraftedPair } from "./sample/drafted-pair.js";
import { ProbeBook } from "./sample/probe-book.js";

/** Options of {@link diff}. */
export interface DiffOptions extends ProjectOptions {
  /** `git:REVISION` or a folder with lock files. Default: the project's own lock. */
  readonly against?: string | undefined;
  /** Changes to accept, by id, and why. The approval is written beside the lock. */
  readonly accept?: { readonly ids: readonly string[]; readonly reason: string } | undefined;
}

const DIFF = optionSet({
  ...PROJECT_SHAPE,
  against: someText,
  accept: optionSet({ ids: required(listOf(someText)), reason: required(text) }).nested,
});

/**
 * Compares the contracts of a project with what was recorded before. Writes nothing, unless asked to accept.
 *
 * @throws {CodegenError} when the contracts or the baseline cannot be read
 */
export async function diff(options: DiffOptions = {}): Promise<DiffReport> {
  DIFF.read(options, "diff()");
  if (options.accept?.reason.trim() === "") {
    throw invalid("An approval needs a reason.", 'Add one: --accept ID --reason "why this is fine".');
  }
  const project = await loadProject(options);
  const { lockDir, policy } = project.config;
  const cwd = options.cwd ?? process.cwd();
  const { against } = options;
  const baseline = await readBaseline({ lockDir, cwd, ...(against === undefined ? {} : { against }) });
  const contracts = project.contracts.map((contract) => contract.data);
  const evidence = await gatherEvidence({
    locks: ownLocks(baseline.locks, contracts, project.config),
    contracts,
    probe: (probes) => probeProject(options, probes),
  });
  const found = judge({ ...evidence, contracts: project.contracts, policy, against: baseline.label });
  const approvals = readApprovals(approvalsFile(lockDir));
  if (options.accept === undefined) return found(approvals);
  return found(acceptChanges({ report: found(approvals), approvals, accept: options.accept, project }));
}

/** What is compared, and how the live schemas are asked. */
export interface Sources {
  readonly locks: readonly ContractLock[];
  readonly contracts: readonly ContractData[];
  readonly probe: (probes: readonly Probe[]) => Promise<readonly ProbeAnswer[]>;
}

/** Compares recorded contracts with those of today, older versions included, and lets the live schemas answer. */
export async function gatherEvidence({
  locks,
  contracts,
  probe,
}: Sources): Promise<Pick<Evidence, "pairs" | "book">> {
  const latest = pairTasks(locks, contracts);
  const pairs = [...latest, ...latest.filter(isChanged).flatMap(pairOlder)].map(draftPair);
  const book = new ProbeBook(pairs);
  book.take(book.probes.length === 0 ? [] : await probe(book.probes));
  return { pairs, book };
}

const ANYTHING: IrSchema = { root: { kind: "unknown" }, definitions: {} };

function draftPair(pair: TaskPair): DraftedPair {
  const { old, new: next } = pair;
  const side = (name: "input" | "output"): Draft | undefined => {
    if (old === undefined || next === undefined) return undefined;
    if (old[name] === undefined && next[name] === undefined) return undefined;
    return draftSchemas(old[name] ?? ANYTHING, next[name] ?? ANYTHING);
  };
  const hasBump = old !== undefined && next !== undefined && next.version > old.version;
  const emits =
    old?.emits === undefined || next?.emits === undefined ? undefined : draftSchemas(old.emits, next.emits);
  return { ...pair, input: side("input"), output: side("output"), emits, hasBump };
}

/** Writes approvals for changes that are there, and drops those whose change is gone. */
function acceptChanges(given: {
  readonly report: DiffReport;
  readonly approvals: readonly Approval[];
  readonly accept: NonNullable<DiffOptions["accept"]>;
  readonly project: Project;
}): readonly Approval[] {
  const { report, accept, project } = given;
  const reason = accept.reason.trim();
  const byId = new Map(allFindings(report).map((finding) => [finding.id, finding]));
  const added = accept.ids.map((id): Approval => {
    const finding = byId.get(id);
    if (finding === undefined) {
      throw invalid(
        `There is no change ${id} to accept.`,
        "Run taskora diff with the same --against, and take the id it shows.",
      );
    }
    return { id, task: finding.task, rule: finding.rule, path: finding.path, reason };
  });
  const ended = new Set([...report.endedApprovals, ...accept.ids]);
  const approvals = [...given.approvals.filter((approval) => !ended.has(approval.id)), ...added];
  const plan = planText(approvalsFile(project.config.lockDir), printApprovals(approvals));
  applyChanges(plan.changes, stateDir(project));
  return approvals;
}

function invalid(message: string, hint: string): CodegenError {
  return new CodegenError([errorFinding("APPROVAL_INVALID", { message, hint })]);
}
