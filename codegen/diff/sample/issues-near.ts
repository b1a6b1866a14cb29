import type { Change, Echo, Step } from "../change.js";
import type { TrialIssue } from "../judge/trial.js";

/** Fewer issues than this are looked through one by one. */
const MANY_ISSUES = 8;

/** Issues of one payload by the first part of their path; `w` for those of the whole payload. */
const byFirstPart = new WeakMap<readonly TrialIssue[], ReadonlyMap<string, readonly TrialIssue[]>>();

/**
 * The issues that can have to do with a change: where a wide contract was changed throughout, a payload has hundreds
 * of others. Where places repeat inside themselves, all of them.
 */
export function issuesNear(
  change: Pick<Change, "path" | "also">,
  issues: readonly TrialIssue[],
  echoes: readonly Echo[],
): readonly TrialIssue[] {
  if (issues.length < MANY_ISSUES || echoes.length > 0) return issues;
  const keys = [change.path, ...(change.also === undefined ? [] : [change.also])].map(firstKey);
  const index = byFirstPart.get(issues) ?? indexed(issues);
  const found = new Set<string>(["w"]);
  for (const key of keys) {
    if (key === undefined) return issues;
    found.add(`k${key}`);
  }
  return [...found].flatMap((part) => index.get(part) ?? []);
}

function firstKey(path: readonly Step[]): string | undefined {
  const [step] = path;
  return step?.kind === "key" ? step.key : undefined;
}

function indexed(issues: readonly TrialIssue[]): ReadonlyMap<string, readonly TrialIssue[]> {
  const index = new Map<string, TrialIssue[]>();
  for (const issue of issues) {
    const [first] = issue.path;
    const part = first === undefined ? "w" : `k${first}`;
    const list = index.get(part);
    if (list === undefined) index.set(part, [issue]);
    else list.push(issue);
  }
  byFirstPart.set(issues, index);
  return index;
}
