import { suggest } from "../../../src/core/suggest.js";
import { RULES, type Rule, type RuleId } from "./rules.js";

/** A rule with its id. */
export interface NamedRule extends Rule {
  readonly id: RuleId;
}

/** Every rule, in the order of the table. */
export function listRules(): readonly NamedRule[] {
  return (Object.keys(RULES) as RuleId[]).map((id) => ({ id, ...RULES[id] }));
}

/** A rule by its id in any case, or the id that comes nearest. */
export function findRule(text: string): NamedRule | { readonly near: string | undefined } {
  const wanted = text.trim().toUpperCase().replaceAll("-", "_");
  const rule = listRules().find((candidate) => candidate.id === wanted);
  return rule ?? { near: suggest(wanted, Object.keys(RULES)) };
}
