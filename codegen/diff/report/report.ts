import type { SourcePosition } from "../../finding.js";
import type { Conclusion } from "../judge/conclusion.js";
import type { EdgeId, EdgeVerdicts } from "../judge/edges.js";
import type { DiffPolicy } from "../judge/policy.js";
import type { RolloutPlan } from "../judge/rollout.js";
import type { Verdict } from "../judge/settle.js";
import type { RuleId } from "../rules/rules.js";

/** One change with what it breaks. Plain data, but for its payloads, which are JSON. */
export interface DiffFinding {
  /** What `--accept` takes. */
  readonly id: string;
  /** The id of the rule, which a policy may name. */
  readonly rule: RuleId;
  readonly title: string;
  /** The task it is about. */
  readonly task: string;
  /** `input.items[].price`; `""` for a change of the task itself. */
  readonly path: string;
  /** From what to what. */
  readonly note: string;
  readonly edges: EdgeVerdicts;
  readonly severity: "error" | "warning" | "info";
  /** Why somebody accepted it. */
  readonly accepted?: string;
  readonly at?: SourcePosition;
}

/** One task of which something was changed. */
export interface TaskReport {
  /** The task's, as the newer side calls it. */
  readonly name: string;
  readonly oldVersion?: number;
  readonly newVersion?: number;
  /** It opted out of the checks. */
  readonly unstable: boolean;
  /** One per change that a rule has something to say of. */
  readonly findings: readonly DiffFinding[];
  readonly edges: Readonly<Record<EdgeId, Verdict["verdict"]>>;
  readonly plan: RolloutPlan;
}

/** What `taskora diff` found. */
export interface DiffReport {
  /** What the contracts were compared with. */
  readonly against: string;
  readonly policy: DiffPolicy;
  /** Tasks compared. */
  readonly compared: number;
  /** Only tasks with changes, by name. */
  readonly tasks: readonly TaskReport[];
  readonly plan: RolloutPlan;
  /** What it all comes to; the same in every format, and what the exit code says. */
  readonly conclusion: Conclusion;
  /** Verdicts that their own payload contradicts: errors of the checker, please report them. */
  readonly checkerBugs: number;
  /** Ids of approvals whose change is gone; the next `--accept` removes them. */
  readonly endedApprovals: readonly string[];
  /** 0, or 5 when an error is among the findings. */
  readonly exitCode: number;
}

/** All findings of a report. */
export function allFindings(report: DiffReport): readonly DiffFinding[] {
  return report.tasks.flatMap((task) => task.findings);
}
