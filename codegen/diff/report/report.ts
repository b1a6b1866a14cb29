import type { Conclusion } from "../judge/conclusion.js";
import type { EdgeId } from "../judge/edges.js";
import type { DiffFinding } from "../judge/finding.js";
import type { DiffPolicy } from "../judge/policy.js";
import type { RolloutPlan } from "../judge/rollout.js";
import type { Verdict } from "../judge/settle.js";

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
