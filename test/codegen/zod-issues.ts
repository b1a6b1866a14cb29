/** An issue as parity looks at it: its kind and its place. */
export function issueText(kind: string | undefined, path: readonly PropertyKey[]): string {
  return `${kind} at ${JSON.stringify(path)}`;
}

/** An issue as zod reports it. */
export interface ZodIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
}

/**
 * All issues of zod, but one kind: zod measures the length of a value that it has refused already, a list where a
 * text should be, or a list with a bad element. Generated code ends with what is wrong with the value itself.
 */
export function issueTexts(issues: readonly ZodIssue[]): readonly string[] {
  const isRefused = (path: readonly PropertyKey[], before: number): boolean =>
    issues
      .slice(0, before)
      .some((issue) =>
        issue.path.length === path.length
          ? issue.code === "invalid_type" && String(issue.path) === String(path)
          : issue.path.length > path.length && path.every((key, index) => issue.path[index] === key),
      );
  return issues
    .filter(({ code, path }, index) => !(/^too_/.test(code ?? "") && isRefused(path, index)))
    .map(({ code, path }) => issueText(code, path));
}
