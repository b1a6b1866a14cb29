import { compileIr } from "../../../src/schema/interpreter.js";
import { hasOpaqueParts } from "../../../src/schema/ir.js";
import type { SchemaSide } from "../../../src/schema/wire-types.js";
import type { Finding, SourcePosition } from "../../finding.js";
import { EXIT_CODES } from "../../finding.js";
import type { ProjectContract } from "../../load/load-project.js";
import type { ContractLock } from "../../lock.js";
import { SourceIndex } from "../../source/source-index.js";
import type { Approval } from "../approvals.js";
import { type Change, pathText, type Step } from "../change.js";
import { changeId } from "../change-id.js";
import { findTaskChanges, type TaskChange } from "../compare/compare-tasks.js";
import type { DiffReport, TaskReport } from "../report/report.js";
import { isWarningRule, RULES, type RuleId } from "../rules/rules.js";
import type { DraftedPair } from "../sample/drafted-pair.js";
import { migrationProbes, type ProbeBook } from "../sample/probe-book.js";
import { concludeFrom } from "./conclusion.js";
import { EDGE_IDS, EDGES, type EdgeId, type EdgeVerdicts, edgesOf, worstVerdict } from "./edges.js";
import type { DiffFinding } from "./finding.js";
import { type DiffPolicy, isErrorEdge } from "./policy.js";
import { joinPlans, planRollout } from "./rollout.js";
import { breaks, compareSchemas, type SchemaFinding, settleDraft, type Verdict } from "./settle.js";
import type { Proof } from "./trial.js";

/** What is known once the live schemas have answered. */
export interface Evidence {
  readonly pairs: readonly DraftedPair[];
  readonly book: ProbeBook;
  /** Where the contracts of today stand in their files. */
  readonly contracts: readonly ProjectContract[];
  readonly policy: DiffPolicy;
  readonly against: string;
}

/** Turns what was found into a report, given the approvals. */
export function judge(evidence: Evidence): (approvals: readonly Approval[]) => DiffReport {
  const sources = new SourceIndex();
  const drafts = evidence.pairs
    .filter((pair) => pair.latest === undefined)
    .map((pair) => {
      const own = findingsOf(pair, evidence, sources);
      const older = evidence.pairs.filter((other) => other.latest === pair.old && other.latest !== undefined);
      const added = older.flatMap((other) => olderFindings(other, { own, evidence, sources }));
      return { pair, findings: [...own, ...added] };
    });
  return (approvals) => {
    const reasons = new Map(approvals.map((approval) => [approval.id, approval.reason]));
    const tasks = drafts
      .map(({ pair, findings }) => reportTask(pair, findings, { policy: evidence.policy, reasons }))
      .filter((task) => task.findings.length > 0);
    const findings = tasks.flatMap((task) => task.findings);
    const ids = new Set(findings.map((finding) => finding.id));
    const conclusion = concludeFrom(findings, evidence.policy);
    return {
      against: evidence.against,
      policy: evidence.policy,
      compared: drafts.length,
      tasks: [...tasks].sort((a, b) => (a.name < b.name ? -1 : 1)),
      plan: joinPlans(tasks.map((task) => task.plan)),
      checkerBugs: findings.flatMap(bugsOf).length,
      endedApprovals: approvals.filter((approval) => !ids.has(approval.id)).map((approval) => approval.id),
      conclusion,
      exitCode: conclusion.kind === "breaking" ? EXIT_CODES.breaking : EXIT_CODES.ok,
    };
  };
}

function bugsOf(finding: DiffFinding): readonly Verdict[] {
  return Object.values(finding.edges).filter((verdict) => verdict.isCheckerBug === true);
}

/** A finding before policy and approvals. */
type RawFinding = Omit<DiffFinding, "severity" | "accepted">;

function findingsOf(pair: DraftedPair, evidence: Evidence, sources: SourceIndex): readonly RawFinding[] {
  const task = pair.new?.name ?? pair.old?.name ?? "";
  const migration = migrationFinding(pair, evidence.book);
  const place: Place = { task, pair, evidence, sources };
  return [
    ...findTaskChanges(pair).map((change) => taskFinding(place, change)),
    ...(migration === undefined ? [] : [taskFinding(place, migration)]),
    ...sideFindings(place, "input"),
    ...sideFindings(place, "output"),
    ...sideFindings(place, "emits"),
  ];
}

/**
 * What a change breaks for a version before the last: its queued jobs that the migrations no longer take all the way,
 * and readers of results and messages that the last version did not break yet.
 */
function olderFindings(
  pair: DraftedPair,
  known: {
    readonly own: readonly RawFinding[];
    readonly evidence: Evidence;
    readonly sources: SourceIndex;
  },
): readonly RawFinding[] {
  const { old, new: next, latest } = pair;
  if (old === undefined || next === undefined || latest === undefined) return [];
  const place: Place = { task: next.name, pair, evidence: known.evidence, sources: known.sources };
  const migration = migrationFinding(pair, known.evidence.book);
  const found = [
    ...(migration === undefined ? [] : [taskFinding(place, migration)]),
    ...(["output", "emits"] as const).flatMap((side) =>
      sideFindings(place, side).filter(
        (finding) => !isKnownBreak(finding, { own: known.own, side, old, latest }),
      ),
    ),
  ];
  return found.filter((finding) => breaksSomething(finding.edges));
}

function breaksSomething(edges: EdgeVerdicts): boolean {
  return Object.values(edges).some(breaks);
}

/** The same change is reported against the last version, or came with it. */
function isKnownBreak(
  finding: RawFinding,
  known: {
    readonly own: readonly RawFinding[];
    readonly side: SchemaSide;
    readonly old: ContractLock;
    readonly latest: ContractLock;
  },
): boolean {
  const isSame = (rule: string, path: string) => rule === finding.rule && path === finding.path;
  if (known.own.some(({ rule, path }) => isSame(rule, path))) return true;
  const { side } = known;
  const [old, latest] = [known.old[side], known.latest[side]];
  if (old === undefined || latest === undefined) return false;
  return compareSchemas(old, latest).some(({ change }) => isSame(change.rule, pathText(side, change.path)));
}

interface Place {
  readonly task: string;
  readonly pair: DraftedPair;
  readonly evidence: Evidence;
  readonly sources: SourceIndex;
}

function taskFinding(place: Place, change: TaskChange): RawFinding {
  const { rule, note, edges } = change;
  const { task } = place;
  const words = { task, rule, path: "", note };
  return { ...words, id: changeId(words), title: RULES[rule].title, edges, ...position(place, []) };
}

function sideFindings(place: Place, side: SchemaSide): readonly RawFinding[] {
  const { pair, evidence, task } = place;
  const draft = pair[side];
  if (draft === undefined) return [];
  const old = pair.old?.[side] ?? { root: { kind: "unknown" }, definitions: {} };
  const next = pair.new?.[side];
  const context = { old, ...(next === undefined ? {} : { new: next }) };
  const settled = settleDraft(draft, { ...context, live: evidence.book.live({ task, side }) });
  return settled.map((finding) => schemaFinding(place, side, finding));
}

function schemaFinding(place: Place, side: SchemaSide, finding: SchemaFinding): RawFinding {
  const { change } = finding;
  const { latest, old } = place.pair;
  const note = latest === undefined ? change.note : `${change.note} (against version ${old?.version})`;
  const words = { task: place.task, rule: change.rule, path: pathText(side, change.path), note };
  return {
    ...words,
    id: changeId({ ...words, change }),
    title: RULES[change.rule].title,
    edges: edgeVerdicts(place.pair, side, finding),
    ...position(place, [side, ...keysOf(change)]),
  };
}

/** With a raised version, old payloads are migrated and new ones wait for a new worker. */
function edgeVerdicts(pair: DraftedPair, side: SchemaSide, finding: SchemaFinding): EdgeVerdicts {
  const isGated = side === "input" && pair.hasBump;
  return Object.fromEntries(
    edgesOf(side).map((edge) => [
      edge,
      isGated ? { verdict: "ok" } : finding.verdicts[EDGES[edge].direction],
    ]),
  );
}

/** Runs old payloads through the migrations and the new schema. */
function migrationFinding(pair: DraftedPair, book: ProbeBook): TaskChange | undefined {
  const { old, new: next } = pair;
  if (!pair.hasBump || old === undefined || next === undefined) return undefined;
  const rule: RuleId = next.migrate === undefined ? "VERSION_BUMP" : "VERSION_BUMP_WITH_MIGRATION";
  const probes = migrationProbes(pair);
  const failed = probes.flatMap((probe) => {
    const answer = book.answer(probe);
    if (answer === undefined || answer.issues.length === 0) return [];
    return [{ payload: probe.value, wire: answer.migrated ?? probe.value, issues: answer.issues }];
  });
  const note = `version ${old.version} → ${next.version}; ${probes.length - failed.length} of ${probes.length} sampled payloads of version ${old.version} parse`;
  const queuedJobs = migrationVerdict(pair, { sampled: probes.length, failed });
  return { rule, note, edges: { queuedJobs, rollingDeploy: { verdict: "ok" } } };
}

/** Where code decided over old payloads too, a sampled value that it refuses now may be none that it let through then. */
function migrationVerdict(
  { old, new: next, input }: DraftedPair,
  { sampled, failed }: { readonly sampled: number; readonly failed: readonly Proof[] },
): Verdict {
  const hadCode = old?.input !== undefined && hasOpaqueParts(old.input);
  const read = hadCode && next?.input !== undefined ? compileIr(next.input) : undefined;
  const proof = failed.find(({ wire }) => read === undefined || read(wire).issues !== undefined);
  if (proof !== undefined) return { verdict: "break", proof };
  if (failed.length > 0 && failed.length === sampled) {
    return { verdict: "unknown", reason: "code decides, and lets no sampled payload through" };
  }
  if (sampled > 0 || input === undefined) return { verdict: "ok" };
  const reason = `no payload of version ${old?.version} could be made`;
  return { verdict: "unknown", reason, countsAsBreak: true };
}

function keysOf(change: Change): readonly string[] {
  const path = change.also ?? change.path;
  return path.flatMap((step: Step) => (step.kind === "key" ? [step.key] : []));
}

function position(place: Place, path: readonly string[]): { readonly at?: SourcePosition } {
  const contract = place.evidence.contracts.find((candidate) => candidate.data.name === place.pair.new?.name);
  if (contract === undefined) return {};
  const call = place.sources.callAt(contract.definedAt);
  return { at: call === undefined ? contract.definedAt : place.sources.locate(call, path) };
}

function reportTask(
  pair: DraftedPair,
  raw: readonly RawFinding[],
  rules: { readonly policy: DiffPolicy; readonly reasons: ReadonlyMap<string, string> },
): TaskReport {
  const { old, new: next, hasBump } = pair;
  const unstable = next?.unstable === true || (next === undefined && old?.options.unstable === true);
  const findings = raw.map((finding): DiffFinding => {
    const accepted = rules.reasons.get(finding.id);
    const severity = severityOf(finding, {
      policy: rules.policy,
      isExcused: unstable || accepted !== undefined,
    });
    return { ...finding, severity, ...(accepted === undefined ? {} : { accepted }) };
  });
  const edges = edgesWith((edge) => worstVerdict(raw.map((finding) => finding.edges[edge]?.verdict)));
  const broken = edgesWith((edge) => (raw.some((finding) => breaks(finding.edges[edge])) ? "break" : "ok"));
  return {
    name: next?.name ?? old?.name ?? "",
    ...(old === undefined ? {} : { oldVersion: old.version }),
    ...(next === undefined ? {} : { newVersion: next.version }),
    unstable,
    findings: [...findings, ...missingBump({ pair, findings, unstable })],
    edges,
    plan: planRollout(broken, { hasBump }),
  };
}

function edgesWith(verdict: (edge: EdgeId) => Verdict["verdict"]): Record<EdgeId, Verdict["verdict"]> {
  return Object.fromEntries(EDGE_IDS.map((edge) => [edge, verdict(edge)])) as Record<
    EdgeId,
    Verdict["verdict"]
  >;
}

function severityOf(
  finding: RawFinding,
  rules: { readonly policy: DiffPolicy; readonly isExcused: boolean },
): Finding["severity"] | "info" {
  if (rules.isExcused) return "info";
  const entries = Object.entries(finding.edges) as [EdgeId, Verdict][];
  const broken = entries.filter(([, verdict]) => breaks(verdict)).map(([edge]) => edge);
  if (broken.some((edge) => isErrorEdge(rules.policy, edge))) return "error";
  const isUnsure = entries.some(([, verdict]) => verdict.verdict === "unknown");
  return broken.length > 0 || isUnsure || isWarningRule(finding.rule) ? "warning" : "info";
}

/** Queued jobs break in their payload, nobody accepted it, and the version does not say so. */
function missingBump(task: {
  readonly pair: DraftedPair;
  readonly findings: readonly DiffFinding[];
  readonly unstable: boolean;
}): readonly DiffFinding[] {
  const { old, new: next, hasBump } = task.pair;
  if (hasBump || task.unstable || old === undefined || next === undefined) return [];
  const broken = task.findings.filter(
    (finding) =>
      finding.path !== "" && finding.accepted === undefined && finding.edges.queuedJobs?.verdict === "break",
  );
  const [first] = broken;
  if (first === undefined) return [];
  const rule = "SCHEMA_BREAK_NO_BUMP";
  const note = `still version ${next.version}, and ${broken.length} ${broken.length === 1 ? "change breaks" : "changes break"} queued jobs`;
  const words = { task: first.task, rule, path: "", note } as const;
  const severity = broken.some((finding) => finding.severity === "error") ? "error" : "warning";
  return [{ ...words, id: changeId(words), title: RULES[rule].title, edges: {}, severity }];
}
