import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonicalJsonText } from "../canonical-json.js";
import { CodegenError, errorFinding } from "../finding.js";

/** A break that somebody accepted, pinned to exactly that change. */
export interface Approval {
  /** The id of the change; another change has another id, so an approval ends with its change. */
  readonly id: string;
  readonly task: string;
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

const FORMAT = 1;

/** Where approvals are kept: beside the lock, to be committed. */
export function approvalsFile(lockDir: string): string {
  return join(dirname(lockDir), "approvals.json");
}

/**
 * Reads the approvals; none when there is no file.
 *
 * @throws {CodegenError} `LOCK_CORRUPT` when the file cannot be used
 */
export function readApprovals(file: string): readonly Approval[] {
  if (!existsSync(file)) return [];
  const found = parse(readFileSync(file, "utf8"));
  if (found !== undefined) return found;
  throw new CodegenError([
    errorFinding("LOCK_CORRUPT", {
      message: "The file of approvals cannot be read.",
      hint: 'Restore it from version control, or delete it and accept again: taskora diff --accept ID --reason "…".',
      at: { file, line: 1, column: 1 },
    }),
  ]);
}

function parse(text: string): readonly Approval[] | undefined {
  try {
    const value = JSON.parse(text) as { readonly format?: unknown; readonly approvals?: unknown };
    if (value?.format !== FORMAT || !Array.isArray(value.approvals)) return undefined;
    return value.approvals.every(isApproval) ? value.approvals : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isApproval(value: unknown): value is Approval {
  const approval = value as Partial<Record<keyof Approval, unknown>> | null;
  return (["id", "task", "rule", "path", "reason"] as const).every(
    (key) => typeof approval?.[key] === "string",
  );
}

/** Writes approvals so that the file merges line by line. */
export function printApprovals(approvals: readonly Approval[]): string {
  const sorted = [...approvals].sort((a, b) => (`${a.task} ${a.id}` < `${b.task} ${b.id}` ? -1 : 1));
  return canonicalJsonText({ format: FORMAT, approvals: sorted });
}
