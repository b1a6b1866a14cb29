/** What is wrong with schedules. */
import { lengthText, plain } from "../../core/words.js";
import type { Note } from "../api.js";
import type { Examined, ExaminedSchedule } from "./examined.js";

const LATE_SLOT_MS = 10_000;
const LONG_MS = 3_600_000;

/** What the schedules of a store say of themselves. */
export function scheduleNotes({ now, schedules }: Examined): readonly Note[] {
  return schedules.flatMap((schedule) => [
    ...lateness(schedule, now),
    ...pause(schedule, now),
    ...heldUp(schedule, now),
  ]);
}

function lateness({ name, task, paused, nextSlotAt }: ExaminedSchedule, now: number): readonly Note[] {
  if (paused || nextSlotAt === undefined || now - nextSlotAt <= LATE_SLOT_MS) return [];
  return [
    {
      ...{ check: "schedules", severity: "warning", task },
      what: `The schedule ${plain(name)} of ${plain(task)} is ${lengthText(now - nextSlotAt)} late.`,
      why: "Workers of its task fire it, so none is alive, or the store is too slow for them.",
      advice: `Start a worker of ${plain(task)}; taskora schedules next ${plain(name)} shows what comes.`,
    },
  ];
}

/** Since when it is paused nobody keeps; one that ran within the hour may be paused for a good reason. */
function pause({ name, task, paused, lastFiredAt }: ExaminedSchedule, now: number): readonly Note[] {
  if (!paused || (lastFiredAt !== undefined && now - lastFiredAt <= LONG_MS)) return [];
  const ran =
    lastFiredAt === undefined
      ? "has never run"
      : `ran ${lengthText(now - lastFiredAt)} ago for the last time`;
  return [
    {
      ...{ check: "schedules", severity: "warning", task },
      what: `The schedule ${plain(name)} of ${plain(task)} is paused, and ${ran}.`,
      why: "It makes no job until somebody resumes it.",
      advice: `taskora schedules resume ${plain(name)}; taskora audit may say who paused it, and why.`,
    },
  ];
}

function heldUp({ name, task, lastFiredAt, heldBy }: ExaminedSchedule, now: number): readonly Note[] {
  if (heldBy === undefined || lastFiredAt === undefined || now - lastFiredAt <= LONG_MS) return [];
  return [
    {
      ...{ check: "schedules", severity: "warning", task },
      what: `The schedule ${plain(name)} of ${plain(task)} passes over its slots: its last job, of ${lengthText(now - lastFiredAt)} ago, is ${heldBy.state}.`,
      why: "It starts no job while the one before has not ended (overlap: skip).",
      advice: `taskora jobs get ${plain(heldBy.id)} --task ${plain(task)}; end it, or give its task a timeout.`,
    },
  ];
}
