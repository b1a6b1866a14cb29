import type { SourcePosition } from "../../finding.js";
import type { RuleId } from "../rules/rules.js";
import type { EdgeVerdicts } from "./edges.js";

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
