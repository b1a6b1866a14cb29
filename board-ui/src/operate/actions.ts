/** What people may do with jobs, and in which states. The board checks all of it again. */

import type { ChangeResult } from "../../../src/app/operate/change.js";
import type { Operation, Role } from "../../../src/board/api.js";
import type { JobState } from "../../../src/core/lifecycle.js";

/** A change of one job, or of many. */
export interface JobAction {
  readonly action: Operation["action"];
  /** On a button: `Retry`. */
  readonly verb: string;
  /** On the keyboard; capital letters are for what cannot be undone. */
  readonly key: string;
  /** In a sentence: `retried`. */
  readonly done: string;
  readonly role: Role;
  readonly states: readonly JobState[];
  readonly isDangerous: boolean;
  /** What it needs to be told. */
  readonly asks?: "when" | "priority";
}

const QUEUED = ["waiting", "delayed", "retrying"] as const satisfies readonly JobState[];
const ENDED = ["completed", "failed", "cancelled", "expired"] as const satisfies readonly JobState[];

export const JOB_ACTIONS: readonly JobAction[] = [
  {
    action: "retry",
    verb: "Retry",
    key: "r",
    done: "retried",
    role: "operator",
    states: ["failed"],
    isDangerous: false,
  },
  {
    ...{ action: "promote", verb: "Run now", key: "n", done: "told to run now", role: "operator" },
    ...{ states: ["delayed", "retrying"], isDangerous: false },
  },
  {
    ...{ action: "reschedule", verb: "Reschedule", key: "s", done: "rescheduled", role: "operator" },
    ...{ states: QUEUED, isDangerous: false, asks: "when" },
  },
  {
    ...{
      action: "prioritize",
      verb: "Change priority",
      key: "p",
      done: "given another priority",
      role: "operator",
    },
    ...{ states: QUEUED, isDangerous: false, asks: "priority" },
  },
  {
    ...{ action: "cancel", verb: "Cancel", key: "C", done: "cancelled", role: "operator" },
    ...{ states: [...QUEUED, "active"], isDangerous: true },
  },
  {
    action: "remove",
    verb: "Remove",
    key: "D",
    done: "removed",
    role: "admin",
    states: ENDED,
    isDangerous: true,
  },
];

/** What a change came to, for people. */
export function resultInWords(result: ChangeResult, done: string): string {
  switch (result.status) {
    case "applied":
      return `It was ${done}.`;
    case "requested":
      return "Its worker has been told.";
    case "unchanged":
      return "It was so before.";
    case "missing":
      return "It is not there any more.";
    case "refused":
      return `Nothing was changed: it is ${result.state} by now.`;
  }
}

/** A filter that names one kind of errors: the places where its message changes may be anything. */
export function errorFilter(group: { readonly name: string; readonly message: string }): string {
  const text = `${group.name}: ${group.message}`;
  const parts = text.split(/<[a-z-]+>/).map((part) => part.replace(/[\s"\\|*]/g, "\\$&"));
  const pattern = parts.join("*").slice(0, 1000);
  return `error:${/^[=<>]/.test(pattern) ? "\\" : ""}${pattern.replace(/\\$/, "")}`;
}
