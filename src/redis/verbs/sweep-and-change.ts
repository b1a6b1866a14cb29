/** Caretaker and changes from outside: sweep, cancel, change, annotate. Of whole tasks: see control-tasks.ts. */
import {
  type CancelReply,
  type CancelRequest,
  type ChangeReply,
  DEFAULT_STALL_LIMIT,
  type JobAnnotation,
  type JobChange,
  type Retention,
  type SweepReply,
  type SweepRequest,
} from "../../core/adapter.js";
import { stalledError } from "../../core/errors.js";
import { FINAL_STATES, isFinalState } from "../../core/lifecycle.js";
import { encodeMessage, stateOfLetter } from "../codec/job-record.js";
import { NOTICE_LETTERS, SECTION_LETTERS } from "../codec/record-layout.js";
import type { ScriptArgument } from "../script.js";
import {
  annotateScript,
  cancelScript,
  changeScript,
  dueScript,
  pruneScript,
  reclaimScript,
} from "../scripts.generated.js";
import { clampInteger, MOST_MS, mostKept, type Session } from "../session.js";
import { perTask } from "./per-task.js";
import { takeTold } from "./workflow-courier.js";

/** A change from outside takes a job out of the middle of what it waits in: 7 to 30 µs, of a step twice that. */
const CHANGE_WEIGHT = 16;
/** 7 to 14 µs. */
const ANNOTATION_WEIGHT = 7;
/** A sweep does a bounded part per call; so many calls of one task follow each other while something is left. */
const SWEEP_STEPS = 10;

/** As `Adapter.sweep`. */
export async function sweepTasks(
  session: Session,
  requests: readonly SweepRequest[],
): Promise<readonly SweepReply[]> {
  const calls = session.runner.link.inOneWrite(() => requests.map((request) => sweepOne(session, request)));
  return Promise.all(calls);
}

async function sweepOne(session: Session, request: SweepRequest): Promise<SweepReply> {
  let sum = await sweepStep(session, request);
  for (let steps = 1; sum.more && steps < SWEEP_STEPS; steps++) {
    const step = await sweepStep(session, request);
    sum = {
      ...step,
      promoted: sum.promoted + step.promoted,
      reclaimed: sum.reclaimed + step.reclaimed,
      expired: sum.expired + step.expired,
      pruned: sum.pruned + step.pruned,
    };
  }
  return sum;
}

async function sweepStep(session: Session, request: SweepRequest): Promise<SweepReply> {
  const { task, retention, scope } = request;
  const stallLimit = clampInteger(request.stallLimit ?? DEFAULT_STALL_LIMIT, 0, 255);
  const { runner, courier, keys } = session;
  const root = keys.root(task);
  const said = keepingText(request);
  const ages = retention !== undefined && scope === "all" ? agesText(retention) : "";
  const [lost, due, old] = await runner.repeat(() =>
    Promise.all(
      runner.link.inOneWrite(() => [
        runner.onceBefore(reclaimScript, root, [said, stallLimit, stalledText(stallLimit)]),
        runner.onceBefore(dueScript, root, ["", 0, 1]),
        runner.once(pruneScript, root, [said, ages]),
      ]),
    ),
  );
  const [reclaimed, hasMoreLost, ...told] = lost;
  const [expired, promoted, hasMoreDue, putOut, reminders] = due;
  const [pruned, hasMoreOld, nextDueInMs] = old;
  takeTold(courier, task, ...told);
  takeTold(courier, task, putOut, reminders);
  await courier.caughtUp();
  const more = hasMoreLost + hasMoreDue + hasMoreOld > 0;
  const counts = { promoted, reclaimed, expired, pruned, more };
  return nextDueInMs < 0 ? counts : { ...counts, nextDueInMs };
}

/** As `lib/keeping.lua` takes it; `""`: the caller does not know. */
function keepingText({ retention, stallLimit = DEFAULT_STALL_LIMIT }: SweepRequest): string {
  if (retention === undefined) return "";
  const limit = clampInteger(stallLimit, 0, 255);
  return [...FINAL_STATES.map((state) => mostKept(retention, state)), limit, stalledText(limit)].join(" ");
}

function stalledText(limit: number): string {
  return JSON.stringify(stalledError(limit));
}

function agesText(retention: Retention): string {
  return FINAL_STATES.map((state) => clampInteger(retention[state].ageMs, 0, MOST_MS)).join(",");
}

/** As `Adapter.cancel`. */
export function cancelJobs(
  session: Session,
  requests: readonly CancelRequest[],
): Promise<readonly CancelReply[]> {
  return perTask(requests, {
    link: session.runner.link,
    taskOf: (request) => request.task,
    weightOf: () => CHANGE_WEIGHT,
    call: (task, some) => cancelSome(session, task, some),
  });
}

async function cancelSome(
  session: Session,
  task: string,
  requests: readonly CancelRequest[],
): Promise<readonly CancelReply[]> {
  const kept = Math.min(...requests.map((request) => mostKept(request.retention, "cancelled")));
  const items = requests.flatMap((request) => [request.id, request.reason]);
  const [letters, putOut] = await session.runner.run(cancelScript, session.keys.root(task), [kept, ...items]);
  takeTold(session.courier, task, putOut);
  return letters.map((letter) => toCancelReply(letter.toString("latin1")));
}

function toCancelReply(letter: string): CancelReply {
  if (letter === "c") return { status: "cancelled" };
  if (letter === "q") return { status: "requested" };
  const state = stateOfLetter(letter.toLowerCase());
  if (letter === "m" || state === undefined || !isFinalState(state)) return { status: "missing" };
  return { status: "finished", state };
}

/** As `Adapter.change`. */
export function changeJobs(session: Session, changes: readonly JobChange[]): Promise<readonly ChangeReply[]> {
  const changing = perTask(changes, {
    link: session.runner.link,
    taskOf: (change) => change.task,
    weightOf: () => CHANGE_WEIGHT,
    call: (task, some) => changeSome(session, task, some),
  });
  for (const { task, ...change } of changes) {
    if (change.change === "reschedule") session.surveyor.tellDue(task, 0);
  }
  return changing;
}

async function changeSome(
  session: Session,
  task: string,
  changes: readonly JobChange[],
): Promise<readonly ChangeReply[]> {
  const items = changes.flatMap((change) => [change.id, change.change, changeValue(change)]);
  const [replies, putOut] = await session.runner.run(changeScript, session.keys.root(task), items);
  takeTold(session.courier, task, putOut);
  return replies.map((reply) => toChangeReply(reply.toString("latin1")));
}

function changeValue(change: JobChange): ScriptArgument {
  switch (change.change) {
    case "reschedule":
      if (change.dueAt !== undefined) return `@${clampInteger(change.dueAt, 0, MOST_MS)}`;
      return clampInteger(change.delayMs, 0, MOST_MS);
    case "prioritize":
      return clampInteger(change.priority, -1000, 1000);
    case "revive":
    case "promote":
    case "remove":
      return 0;
  }
}

function toChangeReply(reply: string): ChangeReply {
  const state = stateOfLetter(reply);
  if (state !== undefined) return { status: "refused", state };
  return { status: reply === "ok" ? "applied" : "missing" };
}

/** As `Adapter.annotate`. */
export function annotateJobs(
  session: Session,
  annotations: readonly JobAnnotation[],
): Promise<readonly ("applied" | "stale")[]> {
  return perTask(annotations, {
    link: session.runner.link,
    taskOf: (annotation) => annotation.task,
    weightOf: () => ANNOTATION_WEIGHT,
    call: (task, some) => annotateSome(session, task, some),
  });
}

async function annotateSome(
  session: Session,
  task: string,
  annotations: readonly JobAnnotation[],
): Promise<readonly ("applied" | "stale")[]> {
  const items = annotations.flatMap((annotation) => [
    annotation.id,
    annotation.fence,
    annotation.lease,
    ...annotationData(annotation),
  ]);
  const letters = await session.runner.run(annotateScript, session.keys.root(task), items);
  return Array.from(letters.toString("latin1"), (letter) => (letter === "a" ? "applied" : "stale"));
}

/** Kind and data. */
function annotationData(annotation: JobAnnotation): readonly [ScriptArgument, ScriptArgument] {
  if ("log" in annotation) return [NOTICE_LETTERS.log, JSON.stringify(annotation.log)];
  if ("message" in annotation) return [NOTICE_LETTERS.message, encodeMessage(annotation)];
  if (typeof annotation.progress === "string") return [SECTION_LETTERS.progressText, annotation.progress];
  return [SECTION_LETTERS.progressBytes, Buffer.from(annotation.progress)];
}
