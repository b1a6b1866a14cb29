/**
 * The rules of `taskora diff`, as data: what a change is called, what it does in each direction, and a pair of
 * schemas that shows it. The table is what `taskora explain` prints, and a test runs every
 * example of it against zod.
 */

import { SCHEMA_RULES } from "./schema-rules.js";
import { TASK_RULES } from "./task-rules.js";

export type { Rule, RuleVerdict } from "./rule.js";

/** Every rule by its id. */
export const RULES = { ...SCHEMA_RULES, ...TASK_RULES } as const;

export type RuleId = keyof typeof RULES;

/** Rules whose verdict is ok, but that a person should see. */
const WARNING_RULES: ReadonlySet<RuleId> = new Set<RuleId>([
  "OBJECT_LOOSE_TO_STRIP",
  "DEDUPLICATE_CHANGED",
  "TIMEOUT_SHORTENED",
  "ATTEMPTS_LOWERED",
  "RETENTION_SHORTENED",
]);

/** Whether a rule is worth a warning although nothing breaks. */
export function isWarningRule(rule: RuleId): boolean {
  return WARNING_RULES.has(rule);
}
