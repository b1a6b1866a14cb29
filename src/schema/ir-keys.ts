import type { RunIssue } from "./ir-run.js";

/** Reports keys that nobody declared; it says nothing about the rest of the value, so checks go on. */
export function refuseUnknown(
  input: Readonly<Record<string, unknown>>,
  known: ReadonlySet<unknown>,
  issues: RunIssue[],
): void {
  const unknownKeys: string[] = [];
  for (const key in input) if (!known.has(key)) unknownKeys.push(key);
  if (unknownKeys.length === 0) return;
  const names = unknownKeys.map((key) => JSON.stringify(key)).join(", ");
  const message = `has unknown keys: ${names}`;
  issues.push({ path: [], message, kind: "unrecognized_keys", continues: true, unknownKeys });
}
