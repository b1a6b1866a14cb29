import type { ChangeOptions, ChangeResult, JobRef, ScheduleInfo } from "taskora";
import { lengthText, plain } from "../../core/words.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { confirm } from "./confirm.js";
import { now } from "./now.js";
import { type SaidFlags, saidIn } from "./said.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";
import { type Cell, pairLines, tableLines } from "./table.js";
import { momentText, sinceText, valueText } from "./text.js";

/** The flags of commands about one schedule. */
export interface ScheduleFlags extends OperateFlags, SaidFlags {
  readonly schedule: string;
  readonly count?: number;
  readonly yes?: true;
}

/** Runs `taskora schedules list`. */
export async function runSchedulesList(flags: OperateFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const schedules: ScheduleInfo[] = [];
    for await (const schedule of app.schedules.list({ limit: 1000 })) schedules.push(schedule);
    const show = () => {
      if (schedules.length === 0) return terminal.talk("The store holds no schedule.");
      for (const line of tableLines(COLUMNS, schedules.map(rowOf), terminal)) terminal.out(line);
    };
    return { exitCode: 0, data: { schedules }, findings: [], show };
  });
}

const COLUMNS = [
  { title: "SCHEDULE", isCut: true as const },
  { title: "TASK", isCut: true as const },
  { title: "TIMES", isCut: true as const },
  { title: "RUNS", align: "right" as const },
  { title: "LAST", align: "right" as const },
  { title: "NEXT" },
];

function rowOf(schedule: ScheduleInfo): readonly Cell[] {
  const { name, task, runs = 0, lastFiredAt } = schedule;
  const last = lastFiredAt === undefined ? "·" : sinceText(lastFiredAt, now());
  return [plain(name), plain(task), timesText(schedule), String(runs), last, nextCell(schedule, now())];
}

/** Its times, in the words in which they were written. */
export function timesText({ every, cron, timezone }: ScheduleInfo): string {
  if (every !== undefined) return `every ${lengthText(every)}`;
  return plain(
    [cron, timezone === "UTC" ? undefined : timezone].filter((part) => part !== undefined).join(" "),
  );
}

/** When it fires next, or why it does not. */
export function nextCell({ paused, ended, nextSlotAt, corrupt }: ScheduleInfo, at: number): Cell {
  if (corrupt !== undefined) return { text: "cannot be read", paint: "red" };
  if (paused) return { text: "paused", paint: "yellow" };
  if (ended === true || nextSlotAt === undefined) return "ended";
  return nextSlotAt < at
    ? { text: `${lengthText(at - nextSlotAt)} late`, paint: "red" }
    : sinceText(nextSlotAt, at);
}

/** Runs `taskora schedules get NAME`. */
export async function runSchedulesGet(flags: ScheduleFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const schedule = await app.schedules.get(flags.schedule);
    if (schedule === undefined) return scheduleUnknown(flags.schedule, app, context);
    const show = () => {
      for (const line of pairLines(pairsOf(schedule), terminal)) terminal.out(line);
    };
    return { exitCode: 0, data: { schedule }, findings: [], show };
  });
}

function pairsOf(schedule: ScheduleInfo): readonly (readonly [string, string])[] {
  const { name, task, data, limit, onMissed, overlap, jitter, startAt, endAt, runs = 0, corrupt } = schedule;
  const next = nextCell(schedule, now());
  const pairs: readonly (readonly [string, string])[] = [
    ["name", plain(name)],
    ["task", plain(task)],
    ["times", timesText(schedule)],
    ["from", startAt === undefined ? "" : momentText(startAt)],
    ["until", endAt === undefined ? "" : momentText(endAt)],
    ["runs", limit === undefined ? String(runs) : `${runs} of ${limit}`],
    [
      "last",
      schedule.lastFiredAt === undefined
        ? ""
        : `${momentText(schedule.lastFiredAt)} job ${plain(schedule.lastJobId ?? "")}`,
    ],
    [
      "next",
      `${typeof next === "string" ? next : next.text}${schedule.nextSlotAt === undefined ? "" : ` (${momentText(schedule.nextSlotAt)})`}`,
    ],
    ["missed", valueText(onMissed)],
    ["overlap", overlap],
    ["jitter", jitter === 0 ? "" : lengthText(jitter)],
    ["data", valueText(data)],
    ["corrupt", plain(corrupt ?? "")],
  ];
  return pairs.filter(([, value]) => value !== "");
}

async function scheduleUnknown(name: string, app: Operation["app"], context: Context): Promise<Outcome> {
  const names: string[] = [];
  for await (const known of app.schedules.list({ limit: 1000 })) names.push(known.name);
  const message = `The store holds no schedule "${name}".`;
  const hint = names.length === 0 ? "It holds none at all." : `Schedules: ${names.slice(0, 20).join(", ")}.`;
  return refusal({ code: "SCHEDULE_UNKNOWN", message, hint }, context);
}

/** What can be done to a schedule. */
export type ScheduleVerb = "pause" | "resume" | "remove" | "trigger";

const DONE = { pause: "paused", resume: "resumed", remove: "removed", trigger: "triggered" } as const;

/** Runs `taskora schedules pause|resume|remove|trigger NAME`. */
export async function runSchedulesChange(
  verb: ScheduleVerb,
  flags: ScheduleFlags,
  context: Context,
): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { app, terminal } = operation;
    const { schedule: name } = flags;
    const said = saidIn(flags);
    if ((await app.schedules.get(name)) === undefined) return scheduleUnknown(name, app, context);
    const question = `Remove the schedule ${name}? Its jobs stay.`;
    const declined = verb === "remove" ? await confirm({ question, yes: flags.yes }, operation) : undefined;
    if (declined !== undefined) return declined;
    const { result, job } = await changeOne(verb, app, { name, said });
    if (result.status === "missing") return scheduleUnknown(name, app, context);
    const status: ChangeResult["status"] = result.status;
    const show = () =>
      terminal.out(
        job === undefined
          ? `${name} ${status === "unchanged" ? `was ${DONE[verb]} before` : DONE[verb]}`
          : plain(job.id),
      );
    return {
      exitCode: 0,
      data: { action: verb, schedule: name, status, ...(job === undefined ? {} : { job }) },
      findings: [],
      show,
    };
  });
}

/** What was done, with the job of one that was triggered. */
async function changeOne(
  verb: ScheduleVerb,
  { schedules }: Operation["app"],
  { name, said }: { readonly name: string; readonly said: ChangeOptions },
): Promise<{ readonly result: Pick<ChangeResult, "status">; readonly job?: JobRef }> {
  if (verb !== "trigger") return { result: await schedules[verb](name, said) };
  const result = await schedules.trigger(name, said);
  if (result.status === "missing") return { result };
  return { result, job: { task: result.job.task, id: result.job.id } };
}

/** Runs `taskora schedules next NAME`: its next slots, in its own time zone and in UTC. */
export async function runSchedulesNext(flags: ScheduleFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const { schedule: name, count = 5 } = flags;
    const [schedule, slots] = await Promise.all([
      app.schedules.get(name),
      app.schedules.upcoming(name, { count }),
    ]);
    if (schedule === undefined || slots === undefined) return scheduleUnknown(name, app, context);
    const zone = schedule.timezone ?? "UTC";
    const show = () => {
      if (slots.length === 0)
        return terminal.talk(schedule.paused ? `${name} is paused.` : `${name} has ended.`);
      const columns = [{ title: "UTC" }, { title: zone }, { title: "IN", align: "right" as const }];
      const at = now();
      const rows = slots.map((slot) => [
        momentText(slot).slice(0, 19),
        zonedText(slot, zone),
        lengthText(slot - at),
      ]);
      for (const line of tableLines(columns, rows, terminal)) terminal.out(line);
    };
    return { exitCode: 0, data: { schedule: name, timezone: zone, slots }, findings: [], show };
  });
}

/** `2026-11-28 10:00:00 GMT+1` on the clocks of a zone. */
function zonedText(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    ...{ timeZone, dateStyle: "short", timeStyle: "medium" },
  });
  const zone = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return `${format.format(at)} ${zone ?? ""}`.trimEnd();
}
