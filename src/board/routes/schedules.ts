/** Schedules, their next slots and what became of the last. */
import { internalsOf } from "../../app/app-internals.js";
import type { ChangeResult } from "../../app/operate/change.js";
import type { ScheduleChanges, ScheduleInfo } from "../../app/schedules/schedule-options.js";
import { readPlan, slotsOf } from "../../app/schedules/schedule-plan.js";
import type { Taskora } from "../../app/taskora.js";
import { isTaskoraError } from "../../core/error-classes.js";
import type { StoredSchedule } from "../../core/schedule-store.js";
import type { ScheduleDetails, ScheduleRun } from "../api.js";
import { BoardFailure, json } from "../http/answer.js";
import { data, length, moment, whole, word, words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { withOriginals } from "../redact/originals.js";
import { runsOfSlots } from "./schedule-runs.js";
import { PAGE, REASON, said } from "./shared-fields.js";

/** Slots of a page. */
const MOST_RUNS = 200;
const RUNS = 50;
/** A longer one says nothing that a shorter one cannot, and takes long to read. */
const MOST_CRON = 256;

const READS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/schedules", role: "viewer", query: PAGE, answers: "SchedulePage" },
    summary: "All schedules of the store, in the order of their names.",
    async handle({ app, asked, rights }) {
      const { items, cursor } = await app.schedules.list(asked);
      const seen = items.filter(({ task }) => rights.sees(task));
      return { items: await withFingerprints(app, seen), ...(cursor === undefined ? {} : { cursor }) };
    },
  }),
  route({
    ...{ method: "GET", path: "/schedules/:name", role: "viewer", answers: "Schedule" },
    query: { upcoming: whole("How many of its next slots. Default 5.", 1, 1000) },
    summary: "One schedule, with its next slots.",
    async handle(request): Promise<ScheduleDetails> {
      const schedule = await seenSchedule(request);
      const { upcoming: count } = request.asked as { readonly upcoming?: number };
      const upcoming = (await request.app.schedules.upcoming(schedule.name, { count })) ?? [];
      const [own = schedule] = await withFingerprints(request.app, [schedule]);
      return { ...own, upcoming };
    },
  }),
  route({
    ...{ method: "GET", path: "/schedules/:name/runs", role: "viewer", answers: "ScheduleRuns" },
    query: {
      cursor: words("Of a page before.", 40),
      limit: whole("Most slots of a page. Default 50.", 1, MOST_RUNS),
    },
    summary:
      "What became of its slots, the newest first, as far as kept jobs tell. A slot without a job counts as skipped or missed where jobs of older slots are kept.",
    handle: readRuns,
  }),
];

const PAUSES: readonly Route[] = (["pause", "resume"] as const).map((verb) =>
  route({
    ...{ method: "POST", path: `/schedules/:name/${verb}`, role: "operator", action: `schedule.${verb}` },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: verb === "pause" ? "Fires no more slots until it is resumed." : "Goes on with the next slot.",
    async handle(request) {
      const { name } = await changedSchedule(request, `schedule.${verb}`);
      return answered(await request.app.schedules[verb](name, said(request)), name);
    },
  }),
);

const CHANGES: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/schedules/:name/trigger", role: "operator", action: "schedule.trigger" },
    ...{ query: {}, body: REASON, answers: "Dispatched", status: 201 },
    summary: "Dispatches one job of it now, paused or not.",
    async handle(request) {
      const { name } = await changedSchedule(request, "schedule.trigger");
      const result = await request.app.schedules.trigger(name, said(request));
      if (result.status === "missing") return undefined;
      return { id: result.job.id, task: result.job.task, isDuplicate: false };
    },
  }),
  route({
    ...{ method: "PATCH", path: "/schedules/:name", role: "admin", action: "schedule.update", query: {} },
    body: {
      ...REASON,
      data: data("What its jobs are given from now on; what is hidden in it stays as it is."),
      every: length("Distance of two slots, in place of cron."),
      cron: words("In place of every.", MOST_CRON),
      timezone: words("IANA name, beside cron.", 100),
      startAt: moment("No slot before it."),
      endAt: moment("No slot after it."),
      limit: whole("Jobs that it makes in all.", 1, 2 ** 31 - 1),
      onMissed: data("`skip`, `catch-up`, or { limit }."),
      overlap: word("`skip`: a slot passes while the last job has not ended.", ["allow", "skip"]),
      jitter: length("Spreads jobs over at most this time after their slots."),
    },
    answers: "ChangeResult",
    summary: "Changes parts of it; what is left out stays.",
    handle: changeSchedule,
  }),
  route({
    ...{ method: "DELETE", path: "/schedules/:name", role: "admin", action: "schedule.remove" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Forgets it; its jobs stay. A process whose code declares it stores it again when it starts.",
    async handle(request) {
      const { name } = await changedSchedule(request, "schedule.remove");
      return answered(await request.app.schedules.remove(name, said(request)), name);
    },
  }),
];

/** Every call about schedules. */
export const SCHEDULE_ROUTES: readonly Route[] = [...READS, ...PAUSES, ...CHANGES];

/** @throws {BoardFailure} there is none that they see */
async function seenSchedule({ app, params, rights }: BoardRequest): Promise<ScheduleInfo> {
  const name = params.name ?? "";
  const schedule = await app.schedules.get(name);
  if (schedule !== undefined && rights.sees(schedule.task)) return schedule;
  throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: `There is no schedule ${name}.` });
}

async function changedSchedule(request: BoardRequest, action: string): Promise<ScheduleInfo> {
  const schedule = await seenSchedule(request);
  request.rights.requireAction(action, schedule.task);
  return schedule;
}

function answered(result: ChangeResult, name: string): Response {
  if (result.status === "missing")
    throw new BoardFailure(404, "BOARD_NOT_FOUND", { message: `There is no schedule ${name}.` });
  return json(result);
}

async function changeSchedule(request: BoardRequest): Promise<Response> {
  const { app, board, body } = request;
  const schedule = await changedSchedule(request, "schedule.update");
  const { reason: _reason, data: given, ...changes } = body;
  const hasData = given !== undefined;
  const [own = schedule] = hasData ? await withFingerprints(app, [schedule]) : [];
  const shown = hasData ? (await board.redactor.redact(own)).data : undefined;
  const result = await app.schedules.update(schedule.name, {
    ...(changes as ScheduleChanges),
    ...(hasData ? { data: withOriginals(given, { shown, original: schedule.data }) } : {}),
    ...said(request),
  });
  return answered(result, schedule.name);
}

/** With the contract that their data was made by, which says what of it is hidden. */
async function withFingerprints<S extends ScheduleInfo>(
  app: Taskora,
  schedules: readonly S[],
): Promise<readonly S[]> {
  const stored = await readStored(
    app,
    schedules.map(({ name }) => name),
  );
  return schedules.map((schedule) => {
    const own = stored.get(schedule.name);
    const fingerprint = own === undefined ? undefined : planOf(own)?.job?.fingerprint;
    return fingerprint === undefined ? schedule : { ...schedule, fingerprint };
  });
}

async function readStored(
  app: Taskora,
  names: readonly string[],
): Promise<ReadonlyMap<string, StoredSchedule>> {
  const { schedules } = internalsOf(app).observed.adapter;
  if (schedules === undefined || names.length === 0) return new Map();
  const { schedules: found } = await schedules.read(names);
  return new Map(found.flatMap((stored) => (stored === undefined ? [] : [[stored.name, stored]])));
}

/** Undefined: it cannot be read here. */
function planOf(stored: StoredSchedule): ReturnType<typeof readPlan> | undefined {
  try {
    return readPlan(stored);
  } catch (error) {
    if (isTaskoraError(error)) return undefined;
    throw error;
  }
}

async function readRuns(request: BoardRequest): Promise<{ items: readonly ScheduleRun[]; cursor?: string }> {
  const { app, asked } = request;
  const { name } = await seenSchedule(request);
  const stored = (await readStored(app, [name])).get(name);
  const plan = stored && planOf(stored);
  if (stored === undefined || plan === undefined) return { items: [] };
  const before = asked.cursor === undefined ? Number.POSITIVE_INFINITY : Number(asked.cursor);
  const limit = (asked.limit as number | undefined) ?? RUNS;
  // A slot that has come and was not fired yet is no run; one that was passed over is.
  const last = Math.max(stored.lastSlotAt ?? 0, (stored.nextSlotAt ?? 0) - 1);
  const until = Math.min(last, before - 1);
  if (!(until > 0)) return { items: [] };
  const { slots, hasOlder } = slotsOf(plan).newest({ from: plan.anchorAt, until, limit });
  const refs = slots.map((slot) => ({ task: stored.task, id: `${name}@${slot}` }));
  const jobs = refs.length === 0 ? [] : await internalsOf(app).operated.readJobs(refs);
  const items = runsOfSlots(slots, jobs, plan.rules.overlap);
  const [oldest] = slots;
  return {
    items: items.toReversed(),
    ...(hasOlder && oldest !== undefined ? { cursor: String(oldest) } : {}),
  };
}
