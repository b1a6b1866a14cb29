/** Letters of a mailbox, as notices. */
import type { Notice, Topic } from "../../core/adapter.js";
import type { StoredError } from "../../core/errors.js";
import type { JobEventType, JobOutcome, LogLine, RawJobEvent } from "../../core/job.js";
import type { FinalState } from "../../core/lifecycle.js";
import { givenCommand } from "../../core/observe/vitals.js";
import type { Row } from "../connection/database.js";
import { stateOf } from "../sql/letters.js";
import { fromColumns } from "./encoded.js";
import { numberOf, parsed, textOf } from "./job-row.js";

/** What a letter tells, and to whom; undefined: it is of a kind that a newer version writes. */
export function toNotice(letter: Row): { readonly topic: Topic; readonly notice: Notice } | undefined {
  const task = String(letter.task);
  switch (letter.kind) {
    case "o":
      return { topic: { kind: "outcomes" }, notice: { kind: "outcome", outcome: toOutcome(letter) } };
    case "t":
      return { topic: { kind: "tasks" }, notice: { kind: "met", task } };
    case "p":
      return { topic: { kind: "cancels", task }, notice: { kind: "paused", task } };
    case "c": {
      const notice = {
        kind: "cancel",
        task,
        id: String(letter.id),
        reason: String(letter.reason ?? ""),
      } as const;
      return { topic: { kind: "cancels", task }, notice };
    }
    case "w": {
      const command = givenCommand(letter.type, letter.at);
      if (command === undefined) return undefined;
      const notice = { kind: "told", worker: String(letter.worker), command } as const;
      return { topic: { kind: "cancels", task }, notice };
    }
    case "k":
      return { topic: { kind: "events", task }, notice: { kind: "task", event: toTaskEvent(letter) } };
    case "e":
      return { topic: { kind: "events", task }, notice: { kind: "event", event: toEvent(letter) } };
    default:
      return undefined;
  }
}

function toOutcome(letter: Row): JobOutcome {
  const state = stateOf(String(letter.type)) as FinalState;
  const error = errorOf(letter);
  const result = fromColumns(letter.value, letter.bytes);
  const reason = textOf(letter.reason);
  const replacedBy = textOf(letter.replaced_by);
  return {
    task: String(letter.task),
    id: String(letter.id),
    state,
    attempt: Number(letter.attempt),
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
  };
}

function toTaskEvent(letter: Row) {
  const of = { task: String(letter.task), at: Number(letter.at) };
  if (letter.type === "drained") return { ...of, type: "drained", count: Number(letter.attempt) } as const;
  return { ...of, type: letter.type === "paused" ? "paused" : "resumed" } as const;
}

function toEvent(letter: Row): RawJobEvent {
  const type = String(letter.type) as JobEventType;
  const at = Number(letter.at);
  const worker = textOf(letter.worker);
  const error = errorOf(letter);
  const reason = textOf(letter.reason);
  const replacedBy = textOf(letter.replaced_by);
  const delayMs = numberOf(letter.delay_ms);
  const value = fromColumns(letter.value, letter.bytes);
  return {
    task: String(letter.task),
    id: String(letter.id),
    type,
    at,
    attempt: Number(letter.attempt),
    ...(worker === undefined ? {} : { worker }),
    ...(error === undefined ? {} : { error }),
    ...(type === "completed" && value !== undefined ? { result: value } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
    ...(type === "progress" && value !== undefined ? { progress: value } : {}),
    ...(type === "log" ? { line: { ...(JSON.parse(String(letter.value)) as Omit<LogLine, "at">), at } } : {}),
    ...(delayMs === undefined ? {} : type === "message" ? { number: delayMs } : { delayMs }),
  };
}

function errorOf(letter: Row): StoredError | undefined {
  return parsed<StoredError>(letter.error, "error", []);
}
