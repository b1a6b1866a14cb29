/**
 * What a rule says about one direction. `depends`: a payload decides, which is looked for; where none is found
 * the answer is unknown.
 */
export type RuleVerdict = "ok" | "break" | "unknown" | "depends";

/** One rule of the change checker. */
export interface Rule {
  readonly title: string;
  /** What was changed: the schemas of a task, or the task itself. */
  readonly about: "schema" | "task";
  /** Written with the old contract, read with the new one. */
  readonly oldToNew: RuleVerdict;
  /** Written with the new contract, read with the old one. */
  readonly newToOld: RuleVerdict;
  readonly explanation: string;
  /** Two schemas or contracts, as TypeScript text. */
  readonly example: { readonly old: string; readonly new: string };
}

/** A rule about a schema. */
export function schemaRule(
  title: string,
  verdicts: readonly [RuleVerdict, RuleVerdict],
  more: { readonly why: string; readonly old: string; readonly new: string },
): Rule {
  const [oldToNew, newToOld] = verdicts;
  const example = { old: more.old, new: more.new };
  return { title, about: "schema", oldToNew, newToOld, explanation: more.why, example };
}

/** A rule about a task beside its schemas. */
export function taskRule(
  title: string,
  verdicts: readonly [RuleVerdict, RuleVerdict],
  more: { readonly why: string; readonly old: string; readonly new: string },
): Rule {
  return { ...schemaRule(title, verdicts, more), about: "task" };
}
