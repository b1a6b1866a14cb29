/** Carries out what keys ask for, by the API that programs have. */
import type { BulkOptions, BulkResult, ChangeOptions, JobState, Taskora } from "taskora";
import { count } from "../report.js";
import { shown } from "./cells.js";
import type { TopAction, TopVerb } from "./keys.js";
import type { Target } from "./place.js";

const SAID: ChangeOptions = { reason: "by hand, in taskora top" };

/** States whose jobs a change of many is about. */
const STATES: Readonly<Record<"retry" | "cancel" | "remove", readonly JobState[]>> = {
  retry: ["failed"],
  cancel: ["waiting", "delayed", "retrying", "active"],
  remove: ["completed", "failed", "cancelled", "expired"],
};
const WORDS: Readonly<Record<TopVerb, readonly [string, string]>> = {
  ...{ retry: ["Retry", "retried"], cancel: ["Cancel", "cancelled"], remove: ["Remove", "removed"] },
  ...{ pause: ["Pause", "paused"], resume: ["Resume", "resumed"], trigger: ["Trigger", "triggered"] },
  ...{ quiet: ["Quiet", "quiet"], close: ["Close", "closed"] },
};

/** How much an action is about, and what to ask. */
export async function countAction(
  app: Taskora,
  { verb, target }: TopAction,
): Promise<{ readonly count: number; readonly question: string }> {
  const [word] = WORDS[verb];
  const chosen = chosenBy(verb, target);
  if (chosen === undefined) return { count: 1, question: `${word} ${nameOf(target)}?` };
  const { matched } = await change(app, verb, { ...chosen, dryRun: true, fast: true });
  const of = chosen.task === undefined ? "" : ` of ${shown(String(chosen.task))}`;
  const where = chosen.where === undefined ? "" : ` that fit ${shown(String(chosen.where))}`;
  return { count: matched, question: `${word} ${count(matched, "job")}${of}${where}?` };
}

/** Does it, and says what was done. */
export async function doAction(app: Taskora, { verb, target }: TopAction): Promise<string> {
  const [, done] = WORDS[verb];
  const chosen = chosenBy(verb, target);
  if (chosen !== undefined) {
    const { applied, refused, missing } = await change(app, verb, { ...chosen, ...SAID, fast: true });
    const others = refused + missing;
    return `${count(applied, "job")} ${done}${others === 0 ? "" : `, ${others} had changed meanwhile`}.`;
  }
  const status = await changeOne(app, verb, target);
  const name = nameOf(target);
  if (status === "applied") return `${name} ${done}.`;
  if (status === "requested") return `${name} was told to ${verb === "cancel" ? "stop" : `be ${done}`}.`;
  if (status === "missing") return `${name} is gone.`;
  return status === "refused"
    ? `${name} is in a state that does not allow it.`
    : `${name} was ${done} before.`;
}

type Chosen = BulkOptions & { readonly state?: readonly JobState[] };

/** Which jobs are meant; undefined: one thing. */
function chosenBy(verb: TopVerb, target: Target): Chosen | undefined {
  if (verb !== "retry" && verb !== "cancel" && verb !== "remove") return undefined;
  const allowed = STATES[verb];
  const state = verb === "retry" ? {} : { state: allowed };
  switch (target.kind) {
    case "task":
      return { task: target.task, ...state };
    case "error":
      return { task: target.task, where: `state:failed ${target.where}` };
    case "jobs": {
      const { task, where } = target;
      const isAll = task === undefined && where === "";
      const states = target.state === "all" ? allowed : allowed.filter((each) => each === target.state);
      // A list of states that the verb does not take chooses nothing.
      if (states.length === 0) return { all: true, where: "state:completed -state:completed" };
      return {
        ...(task === undefined ? {} : { task }),
        ...(where === "" ? {} : { where }),
        ...(isAll ? { all: true as const } : {}),
        ...(verb === "retry" ? {} : { state: states }),
      };
    }
    default:
      return undefined;
  }
}

function change(app: Taskora, verb: TopVerb, options: Chosen): Promise<BulkResult> {
  if (verb === "retry") return app.jobs.retryAll(options);
  return verb === "cancel" ? app.jobs.cancelAll(options) : app.jobs.removeAll(options);
}

async function changeOne(app: Taskora, verb: TopVerb, target: Target): Promise<string> {
  if (target.kind === "task" && (verb === "pause" || verb === "resume"))
    return (await app.tasks.handle(target.task)[verb](SAID)).status;
  if (target.kind === "worker" && (verb === "quiet" || verb === "resume" || verb === "close"))
    return (await app.workers[verb](target.id, SAID)).status;
  if (
    target.kind === "schedule" &&
    (verb === "pause" || verb === "resume" || verb === "remove" || verb === "trigger")
  )
    return (await app.schedules[verb](target.name, SAID)).status;
  if (target.kind === "job" && (verb === "retry" || verb === "cancel" || verb === "remove"))
    return (await app.jobs[verb]({ task: target.task, id: target.id }, SAID)).status;
  return "unchanged";
}

function nameOf(target: Target): string {
  switch (target.kind) {
    case "schedule":
      return shown(target.name);
    case "worker":
      return `worker ${shown(target.id)}`;
    case "job":
      return `job ${shown(target.id)}`;
    case "task":
      return shown(target.task);
    default:
      return "it";
  }
}
