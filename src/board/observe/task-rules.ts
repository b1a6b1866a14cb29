/** What is wrong with tasks. */
import { countText, lengthText, plain } from "../../core/words.js";
import type { Note } from "../api.js";
import type { Examined, ExaminedTask } from "./examined.js";

const LONG_WAIT_MS = 30_000;
const LONG_WAITS = 10;
const LONG_PAUSE_MS = 3_600_000;
/** Fewer runs say nothing about how many fail. */
const MANY_RUNS = 20;
const FAILING = 0.05;

/** What of the tasks of a store is wrong. */
export function taskNotes({ now, tasks }: Pick<Examined, "now" | "tasks">): readonly Note[] {
  return tasks.flatMap((task) => [
    ...workersOf(task),
    ...waitOf(task, now),
    ...failuresOf(task),
    ...pauseOf(task, now),
  ]);
}

function workersOf({ name, workers, counts, pausedAt }: ExaminedTask): readonly Note[] {
  const due = counts.waiting;
  if (workers !== 0 || due === 0 || pausedAt !== undefined) return [];
  return [
    {
      check: "workers",
      severity: "critical",
      task: name,
      what: `Nobody works on ${plain(name)}, and ${countText(due)} of its jobs ${due === 1 ? "waits" : "wait"}.`,
      why: "They run when a worker that implements it starts, and not before.",
      advice: "Start one, or look why it stopped: taskora workers lists those that live.",
    },
  ];
}

/** As long as ten usual waits, and longer than people call at once. */
function waitOf(task: ExaminedTask, now: number): readonly Note[] {
  const { name, workers, pausedAt, oldestWaitingSince, hour } = task;
  if (workers === 0 || pausedAt !== undefined || oldestWaitingSince === undefined) return [];
  const waitedMs = now - oldestWaitingSince;
  const usualMs = hour?.wait.p50;
  if (waitedMs <= Math.max(LONG_WAIT_MS, LONG_WAITS * (usualMs ?? 0))) return [];
  return [
    {
      check: "waits",
      severity: "warning",
      task: name,
      what: `A job of ${plain(name)} has waited for ${lengthText(waitedMs)}${usualMs === undefined ? "" : `; ${lengthText(usualMs)} is usual`}.`,
      why: "More comes than its workers do, or a limit holds it back.",
      advice: "Start more workers or raise their concurrency; taskora jobs list shows who waits.",
    },
  ];
}

function failuresOf({ name, lately }: ExaminedTask): readonly Note[] {
  if (lately === undefined) return [];
  const { completed, failed, retried } = lately;
  const runs = completed + failed + retried;
  if (runs < MANY_RUNS || failed + retried <= FAILING * runs) return [];
  const share = Math.round((100 * (failed + retried)) / runs);
  return [
    {
      check: "failures",
      severity: "warning",
      task: name,
      what: `${share} % of the last ${countText(runs)} runs of ${plain(name)} failed, ${countText(failed)} of them for good.`,
      why: "What it calls may be down, or a release is broken.",
      advice: `taskora errors --task ${plain(name)} --days 1 shows what went wrong.`,
    },
  ];
}

function pauseOf({ name, pausedAt }: ExaminedTask, now: number): readonly Note[] {
  if (pausedAt === undefined || now - pausedAt <= LONG_PAUSE_MS) return [];
  return [
    {
      check: "pauses",
      severity: "warning",
      task: name,
      what: `${plain(name)} has been paused for ${lengthText(now - pausedAt)}.`,
      why: "Its jobs wait, and are stored until somebody resumes it.",
      advice: `taskora tasks resume ${plain(name)}; taskora audit may say who paused it, and why.`,
    },
  ];
}
