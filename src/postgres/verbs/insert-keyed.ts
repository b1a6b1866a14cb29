/**
 * Stores new jobs of a task with keys: deduplicate, idempotency, throttle, debounce. One call at a time inserts such jobs of a task;
 * what a key decides is said in `core/limits/keys`.
 */
import type { InsertReply, NewJob } from "../../core/adapter.js";
import { cancelMove } from "../../core/job-moves.js";
import { isFinalState, type JobState } from "../../core/lifecycle.js";
import type { JobAdmission, JobThrottle } from "../../core/limits/admission.js";
import { debounce, type PastStarts, refusalOf } from "../../core/limits/keys.js";
import { dueAtOf, outcomeOf } from "../../core/stored-job.js";
import { type JobRow, toJob } from "../codec/job-row.js";
import { toKeyText } from "../codec/stored-limits.js";
import type { Row, Statements } from "../connection/database.js";
import { type Deciding, decideIn, type Session } from "../session.js";
import type { Told } from "../signals.js";
import { isRepeated, storeJobs } from "./store-jobs.js";

/** A key that a job of a wave takes. */
interface TakenKey {
  readonly kind: "u" | "i" | "d" | "t";
  readonly key: string;
  readonly id: string;
  readonly body?: string;
  readonly window_ms?: number;
  /** Of a throttle: the most it lets through. */
  readonly most?: number;
}

/** Of a throttle with a lower limit all times are read, so that several jobs of a wave can pass it. */
const MAX_TIMES = 1000;

/** What one wave came to. */
interface Wave {
  readonly replies: readonly InsertReply[];
  readonly told: readonly Told[];
  /** Jobs that had ended already, for those who asked for their outcome. */
  readonly ended: readonly JobRow[];
}

/** Whether a job brings a key. */
export function isKeyed({ limits }: Pick<NewJob, "limits">): boolean {
  return (limits?.unique ?? limits?.idempotency ?? limits?.throttle ?? limits?.debounce) !== undefined;
}

/** All are of one task. */
export async function insertKeyed(
  session: Session,
  task: string,
  jobs: readonly NewJob[],
): Promise<readonly InsertReply[]> {
  const waves = await session.database.transaction((statements) =>
    insertWaves(session, statements, { task, jobs }),
  );
  for (const { told, ended } of waves) {
    for (const each of told) session.signals.tell(each);
    for (const job of ended) {
      if (!isFinalState(job.state)) continue;
      session.mailbox.tell({ kind: "outcome", outcome: outcomeOf(task, job, job.state) });
    }
  }
  return waves.flatMap(({ replies }) => replies);
}

/** In a transaction that is open; what is to be told is in the answer. */
export async function insertWaves(
  session: Pick<Session, "instance">,
  statements: Statements,
  { task, jobs }: { readonly task: string; readonly jobs: readonly NewJob[] },
): Promise<readonly Wave[]> {
  await statements.rows("select pg_advisory_xact_lock(hashtextextended('@schema keys ' || $1::text, 0))", [
    task,
  ]);
  const waves: Wave[] = [];
  const watching = new Set<string>();
  for (const wave of wavesOf(jobs)) {
    waves.push(await insertWave(session, statements, { task, jobs: wave, watching }));
    for (const { id, watch } of wave) if (watch === true) watching.add(id);
  }
  return waves;
}

/**
 * Jobs of one wave have no id and no key of debounce in common, so that each decides by what is stored; of the other keys it is
 * known which jobs of the wave took them.
 */
function wavesOf(jobs: readonly NewJob[]): readonly (readonly NewJob[])[] {
  const waves: NewJob[][] = [];
  let names = new Set<string>();
  for (const job of jobs) {
    const own = [
      `id ${job.id}`,
      ...keysIn(job)
        .filter(isCounted)
        .map(({ kind, key }) => `${kind} ${key}`),
    ];
    if (waves.length === 0 || own.some((name) => names.has(name))) {
      waves.push([]);
      names = new Set();
    }
    for (const name of own) names.add(name);
    waves.at(-1)?.push(job);
  }
  return waves;
}

function isCounted({ kind, most = 0 }: TakenKey): boolean {
  return kind === "d" || (kind === "t" && most > MAX_TIMES);
}

function nameOfThrottle({ key, windowMs }: JobThrottle): string {
  return `${windowMs}:${toKeyText(key)}`;
}

/** The keys that a job takes when it is stored. */
function keysIn({ id, limits }: NewJob, first = 0): readonly TakenKey[] {
  const { unique, idempotency, throttle, debounce: debounced }: JobAdmission = limits ?? {};
  const keys: TakenKey[] = [];
  if (unique !== undefined) keys.push({ kind: "u", key: toKeyText(unique.key), id });
  if (idempotency !== undefined) {
    const { key, digest, windowMs } = idempotency;
    keys.push({ kind: "i", key: toKeyText(key), id, body: digest, window_ms: windowMs });
  }
  if (debounced !== undefined)
    keys.push({ kind: "d", key: toKeyText(debounced.key), id, body: String(first) });
  if (throttle !== undefined)
    keys.push({
      ...{ kind: "t", key: nameOfThrottle(throttle), id },
      ...{ window_ms: throttle.windowMs, most: throttle.limit },
    });
  return keys;
}

/** Who holds a key; `state` of one that the wave is about to store. */
interface Holder {
  readonly id: string;
  readonly body: string;
  readonly state?: JobState;
}

/** What is known of the keys of a wave. */
class Facts {
  /** By jobs of the wave. */
  readonly #taken = new Map<string, Holder>();
  /** How many jobs of the wave passed a throttle. */
  readonly #through = new Map<string, number>();
  readonly #held: ReadonlyMap<string, Row>;
  readonly #passed: ReadonlyMap<string, Row>;

  constructor(held: readonly Row[], passed: ReadonlyMap<string, Row>) {
    this.#held = new Map(held.map((row) => [`${String(row.kind)} ${String(row.key)}`, row]));
    this.#passed = passed;
  }

  holder(kind: "u" | "i" | "d", key: string): Holder | undefined {
    const name = `${kind} ${toKeyText(key)}`;
    const row = this.#held.get(name);
    return this.#taken.get(name) ?? (row && { id: String(row.id), body: String(row.body ?? "") });
  }

  /** A job of the wave takes its keys. */
  take(keys: readonly TakenKey[], state: JobState): void {
    for (const { kind, key, id, body = "" } of keys) {
      this.#taken.set(`${kind} ${key}`, { id, body, state });
      if (kind === "t") this.#through.set(key, (this.#through.get(key) ?? 0) + 1);
    }
  }

  /** Of a high limit the job that the next must wait for stands for all: as many passed after it as may. */
  passed(id: string, throttle: JobThrottle, now: number): PastStarts | undefined {
    const row = this.#passed.get(id);
    if (row?.is_through === true) return undefined;
    const times = (row?.times as readonly number[] | null | undefined) ?? [];
    const bound = row?.bound;
    if (typeof bound === "number") return { size: throttle.limit, times: [bound] };
    const taken = this.#through.get(nameOfThrottle(throttle)) ?? 0;
    return { size: times.length + taken, times: [...times, ...new Array<number>(taken).fill(now)] };
  }
}

async function readFacts(statements: Statements, task: string, jobs: readonly NewJob[]) {
  const names = jobs.flatMap((job) => keysIn(job).map(({ key }) => key));
  const held = await statements.rows("select * from @@keys_of($1::text, $2::text[])", [task, names]);
  const throttled = jobs.flatMap(({ id, limits }) =>
    limits?.throttle === undefined ? [] : [{ id, throttle: limits.throttle }],
  );
  const passed =
    throttled.length === 0
      ? []
      : await statements.rows(
          "select * from @@passed_of($1::text, $2::text[], $3::text[], $4::integer[], $5::integer)",
          [
            task,
            throttled.map(({ throttle }) => nameOfThrottle(throttle)),
            throttled.map(({ id }) => id),
            throttled.map(({ throttle }) => throttle.limit),
            MAX_TIMES,
          ],
        );
  const byId = new Map(passed.map((row) => [throttled[Number(row.n) - 1]?.id ?? "", row]));
  return { facts: new Facts(held, byId), holders: held.map(({ id }) => String(id)) };
}

async function insertWave(
  session: Pick<Session, "instance">,
  statements: Statements,
  by: {
    readonly task: string;
    readonly jobs: readonly NewJob[];
    /** Jobs of waves before, whose end is told by letter. */
    readonly watching: ReadonlySet<string>;
  },
): Promise<Wave> {
  const { task, jobs, watching } = by;
  const { holders } = await readFacts(statements, task, jobs);
  const ids = [...holders, ...jobs.map(({ id }) => id)];
  const stored: NewJob[] = [];
  const taken: TakenKey[] = [];
  const watched = new Set<string>();
  const ended: JobRow[] = [];
  const watch = (job: JobRow | undefined) => {
    if (job === undefined) return;
    if (isFinalState(job.state)) ended.push(job);
    else watched.add(job.id);
  };
  const { result: replies, written } = await decideIn(
    statements,
    { task, ids },
    async ({ work, ...deciding }) => {
      // Read again: holders are under lock now, and none of them ends any more.
      const { facts } = await readFacts(statements, task, jobs);
      const now = await readClock(statements);
      const facing = { ...deciding, work, facts, now, stored, taken, watched, watch };
      return jobs.map((job) => insertOne(facing, job));
    },
  );
  const told = [written.told, ...(await store(session, statements, stored))];
  if (taken.length > 0)
    await statements.rows("select @@take_keys($1::text, $2::json)", [task, JSON.stringify(lastOf(taken))]);
  if (watched.size > 0) {
    const rows = await statements.rows("select * from @@watch($1::text, $2::text[], $3::text)", [
      ...[task, [...watched], session.instance],
    ]);
    // One that was watched, and replaced by another of this wave.
    ended.push(...rows.map(toJob).filter(({ id, state }) => isFinalState(state) && !watching.has(id)));
  }
  return { replies, told, ended };
}

/** A key that several jobs of a wave took is that of the last. */
function lastOf(taken: readonly TakenKey[]): readonly TakenKey[] {
  const nameOfOne = ({ kind, key, id }: TakenKey) => (kind === "t" ? `t ${key} ${id}` : `${kind} ${key}`);
  return [...new Map(taken.map((each) => [nameOfOne(each), each])).values()];
}

async function readClock(statements: Statements): Promise<number> {
  const [row] = await statements.rows("select @@now() as present");
  return Number(row?.present);
}

interface InsertBy extends Pick<Deciding, "work"> {
  readonly facts: Facts;
  readonly now: number;
  readonly stored: NewJob[];
  readonly taken: TakenKey[];
  readonly watched: Set<string>;
  readonly watch: (job: JobRow | undefined) => void;
}

function insertOne(by: InsertBy, job: NewJob): InsertReply {
  const { work, facts, now } = by;
  const found = work.find(job.id, now);
  if (found !== undefined) {
    if (!isRepeated(found, job)) return { status: "conflict" };
    if (job.watch === true) by.watch(found);
    return { status: "inserted" };
  }
  const refusal = refusalOf(
    job.limits ?? {},
    {
      idempotent: ({ key }) => {
        const held = facts.holder("i", key);
        if (held !== undefined) work.find(held.id, now);
        return held && { id: held.id, digest: held.body };
      },
      unique: ({ key }) => {
        const held = facts.holder("u", key);
        return held?.state === undefined
          ? held && work.find(held.id, now)
          : { id: held.id, state: held.state };
      },
      throttled: (throttle) => facts.passed(job.id, throttle, now),
    },
    now,
  );
  if (refusal !== undefined) {
    if (refusal.status !== "duplicate" || job.watch !== true) return refusal;
    if (by.stored.some(({ id }) => id === refusal.id)) by.watched.add(refusal.id);
    else by.watch(work.find(refusal.id, now));
    return refusal;
  }
  admit(by, job);
  return { status: "inserted" };
}

function admit({ work, facts, now, stored, taken }: InsertBy, job: NewJob): void {
  const debounced = job.limits?.debounce;
  if (debounced === undefined) {
    stored.push(job);
    const keys = keysIn(job);
    taken.push(...keys);
    facts.take(keys, dueAtOf(job, now) > now ? "delayed" : "waiting");
    return;
  }
  const last = facts.holder("d", debounced.key);
  const before = last && work.find(last.id, now);
  const known = before && {
    first: Number(last.body),
    state: before.state,
    hasStarted: before.startedAt !== undefined,
  };
  const { replaces, first, dueAt } = debounce(debounced, known, now);
  if (replaces && before !== undefined)
    work.apply(before, { ...cancelMove("replaced", now), replacedBy: job.id });
  stored.push({ ...job, dueAt });
  const keys = keysIn(job, first);
  taken.push(...keys);
  facts.take(keys, dueAt > now ? "delayed" : "waiting");
}

/** Jobs that are debounced go to the front when they are overdue: they have waited long enough. */
async function store(
  { instance }: Pick<Session, "instance">,
  statements: Statements,
  jobs: readonly NewJob[],
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let from = 0; from < jobs.length; ) {
    const front = jobs[from]?.limits?.debounce !== undefined;
    let to = from + 1;
    while (to < jobs.length && (jobs[to]?.limits?.debounce !== undefined) === front) to += 1;
    const part = await storeJobs(statements, jobs.slice(from, to), { instance, front });
    // A plain insert of the same id came in between: everything is decided again.
    if (part.taken.length > 0) throw Object.assign(new Error("an id was taken meanwhile"), { code: "40001" });
    told.push(part.told);
    from = to;
  }
  return told;
}

/** Who holds keys of deduplicate or idempotency now. */
export async function findHolders(
  { database }: Session,
  keys: readonly { readonly task: string; readonly key: string }[],
): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    keys.map(async ({ task, key }) => {
      const rows = await database.rows("select * from @@keys_of($1, $2)", [task, [toKeyText(key)]]);
      const holder = (kind: string) => rows.find((row) => row.kind === kind)?.id;
      const unique = holder("u");
      const idempotent = holder("i");
      if (unique !== undefined) {
        const [row] = await database.rows("select * from @@read($1, $2)", [[task], [unique]]);
        const job = row && toJob(row);
        const isHeld = job !== undefined && !isFinalState(job.state);
        if (isHeld && (job.expiresAt ?? Number.POSITIVE_INFINITY) > Number(row?.present)) return job.id;
      }
      return typeof idempotent === "string" ? idempotent : undefined;
    }),
  );
}
