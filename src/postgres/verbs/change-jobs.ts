/** What is done to jobs by hand, and what running ones say of themselves. */
import { isDeepStrictEqual } from "node:util";
import type {
  CancelReply,
  CancelRequest,
  ChangeReply,
  ControlReply,
  ControlRequest,
  JobAnnotation,
  JobChange,
} from "../../core/adapter.js";
import { MAX_DRAINED } from "../../core/adapter.js";
import { cancelMove, changeMove, mayChange } from "../../core/job-moves.js";
import { isFinalState } from "../../core/lifecycle.js";
import { isText, plainText, toColumns } from "../codec/encoded.js";
import { answerOf } from "../connection/database.js";
import { countsOf, type Deciding, decide, perTask, type Session } from "../session.js";
import { LETTERS } from "../sql/letters.js";
import { expireSome, MAX_STEPS } from "./due-jobs.js";

export function cancelJobs(
  session: Session,
  requests: readonly CancelRequest[],
): Promise<readonly CancelReply[]> {
  return perTask(requests, async (task, some) => {
    const ids = some.map(({ id }) => id).filter(isText);
    const { result } = await decide(session, { task, ids }, (deciding) =>
      some.map((request) => cancelOne(deciding, request)),
    );
    if (result.some(({ status }) => status === "cancelled")) await pruneByCount(session, task, some.at(-1));
    return result;
  });
}

/** Ends one that has not started, and asks the worker of an active one to stop. */
export function cancelOne(
  { work, now }: Deciding,
  { id, reason }: Pick<CancelRequest, "id" | "reason">,
): CancelReply {
  const job = work.find(id, now);
  if (job === undefined) return { status: "missing" };
  if (isFinalState(job.state)) return { status: "finished", state: job.state };
  if (job.state === "active") {
    work.askToCancel(job, cancelMove(reason, now).reason ?? "");
    return { status: "requested" };
  }
  work.apply(job, cancelMove(plainText(reason), now));
  return { status: "cancelled" };
}

/** Drops the oldest beyond the counts of a retention. */
async function pruneByCount(
  { database }: Session,
  task: string,
  by: { readonly retention: CancelRequest["retention"] } | undefined,
): Promise<void> {
  if (by === undefined) return;
  await database.rows("select @@prune_counts(t.id, $2, $3, '{0,0,0,0}') from @.task t where t.name = $1", [
    ...[task, countsOf(by.retention), MAX_STEPS],
  ]);
}

export function changeJobs(session: Session, changes: readonly JobChange[]): Promise<readonly ChangeReply[]> {
  return perTask(changes, async (task, some) => {
    const ids = some.map(({ id }) => id).filter(isText);
    const { result, written } = await decide(session, { task, ids }, (deciding) =>
      some.map((change) => changeOne(deciding, change)),
    );
    const isNext = some.some(({ id }) => id === written.nextDueId);
    const anyDue = some.some(({ change, id }) => change === "reschedule" && id === written.nextDueId);
    session.signals.tell({ ...(isNext ? { due: [task] } : {}), anyDue });
    return result;
  });
}

function changeOne({ work, now }: Deciding, change: JobChange): ChangeReply {
  const job = work.find(change.id, now);
  if (job === undefined) return { status: "missing" };
  if (!mayChange(job, change)) return { status: "refused", state: job.state };
  if (change.change === "prioritize") {
    if (job.priority !== change.priority) work.prioritize(job, change.priority);
  } else {
    if (change.change === "revive") job.isSuspect = false;
    work.apply(job, changeMove(job, change, now));
  }
  return { status: "applied" };
}

const ANNOTATE = "select @@annotate($1, $2, $3, $4, $5, $6, $7, $8)";

/** What `annotate` answers. */
interface Annotated {
  readonly status: string;
  readonly mail: readonly string[];
}

export async function annotateJobs(
  session: Session,
  annotations: readonly JobAnnotation[],
): Promise<readonly ("applied" | "stale")[]> {
  if (annotations.length === 0) return [];
  const bodies = annotations.map(bodyOf);
  const { status, mail } = await answerOf<Annotated>(session.database, ANNOTATE, [
    annotations.map(({ task }) => task),
    annotations.map(({ id }) => plainText(id)),
    annotations.map(({ fence }) => fence),
    annotations.map(({ lease }) => lease),
    bodies.map(({ kind }) => kind),
    bodies.map(({ text }) => text),
    bodies.map(({ bytes }) => bytes),
    bodies.map(({ nth }) => nth),
  ]);
  session.signals.tell({ mail });
  return [...status].map((letter) => (letter === "a" ? "applied" : "stale"));
}

function bodyOf(annotation: JobAnnotation) {
  if ("progress" in annotation) return { kind: "p", ...toColumns(annotation.progress), nth: null };
  if ("message" in annotation) return { kind: "m", ...toColumns(annotation.message), nth: annotation.nth };
  return { kind: "l", text: JSON.stringify(annotation.log), bytes: null, nth: null };
}

export function controlTasks(
  session: Session,
  requests: readonly ControlRequest[],
): Promise<readonly ControlReply[]> {
  return Promise.all(requests.map((request) => controlOne(session, request)));
}

/** What `pause` answers. */
interface Paused {
  readonly changed: boolean;
  readonly mail: readonly string[];
  readonly ready: boolean;
}

async function controlOne(session: Session, request: ControlRequest): Promise<ControlReply> {
  if (request.control === "drain") return drain(session, request);
  if (request.control === "limits") return overrideLimits(session, request);
  const { task, control } = request;
  const { changed, mail, ready } = await answerOf<Paused>(session.database, "select @@pause($1, $2)", [
    task,
    control === "pause",
  ]);
  session.signals.tell({ mail, ...(ready ? { work: [task] } : {}) });
  return { changed: changed ? 1 : 0, more: false };
}

/** The gates of the task are due, so that those who fit now come back. */
async function overrideLimits(
  { database, signals }: Session,
  { task, override }: Extract<ControlRequest, { readonly control: "limits" }>,
): Promise<ControlReply> {
  const [row] = await database.rows("select override from @.task where name = $1", [task]);
  const before = typeof row?.override === "string" ? (JSON.parse(row.override) as object) : {};
  if (isDeepStrictEqual(before, override)) return { changed: 0, more: false };
  await database.rows("select @@override($1, $2)", [task, JSON.stringify(override)]);
  signals.tell({ work: [task] });
  return { changed: 1, more: false };
}

async function drain(
  session: Session,
  request: Extract<ControlRequest, { readonly control: "drain" }>,
): Promise<ControlReply> {
  const { task, states, limit, reason } = request;
  for (let expired = MAX_STEPS; expired >= MAX_STEPS; ) expired = (await expireSome(session, task)).expired;
  const letters = states.map((state) => LETTERS[state]).join("");
  const most = Math.max(1, Math.min(limit, MAX_DRAINED));
  const { result } = await decide(
    session,
    { task, sql: "select * from @@take($1, 'drain', $2, 0, $3)", values: [task, letters, most] },
    ({ work, jobs, now }) => {
      for (const job of jobs) work.apply(job, cancelMove(plainText(reason), now));
      if (jobs.length > 0) work.tellDrained(jobs.length, now);
      return jobs.length;
    },
  );
  await pruneByCount(session, task, request);
  const [left] = await session.database.rows(
    `select exists (select from @.ready r where -r.task = -t.id and strpos($2, '${LETTERS.waiting}') > 0)
      or exists (select from @.later l where -l.task = -t.id and strpos($2, l.state::text) > 0) as more
     from @.task t where t.name = $1`,
    [task, letters],
  );
  return { changed: result, more: left?.more === true };
}
