/** New jobs as the function `insert` takes them. */
import type { NewJob } from "../../core/adapter.js";
import { isSameJob } from "../../core/stored-job.js";
import { toColumns } from "../codec/encoded.js";
import type { JobRow } from "../codec/job-row.js";
import { toLimitsText } from "../codec/stored-limits.js";
import { answerOf, type Statements } from "../connection/database.js";
import { markOf } from "../limits/marks.js";
import type { Told } from "../signals.js";

/** The types are for those who can send texts alone. */
const INSERT = `
  select @@insert($1::text[], $2::integer[], $3::text[], $4::text[], $5::bytea[], $6::integer[], $7::text[], $8::text[],
    $9::integer[], $10::bigint[], $11::bigint[], $12::bigint[], $13::boolean[], $14::integer[], $15::boolean[], $16::text[],
    $17::text[], $18::text[], $19::boolean, $20::text) as inserted`;

/** What `insert` answers: numbers are of jobs or tasks of the call, from 1. */
interface Inserted {
  readonly taken: readonly number[];
  readonly ready: readonly number[];
  readonly due: readonly number[];
  readonly mail: readonly string[];
}

const INSERT_ONE = `
  select @@insert_one($1::text, $2::text, $3::text, $4::bytea, $5::integer, $6::text, $7::text, $8::integer, $9::integer,
    $10::text) as mail`;

/** Whether a job is simply next when it is stored. */
function isPlain({ limits, ttlMs, dueAt, delayMs = 0 }: NewJob): boolean {
  return limits === undefined && ttlMs === undefined && dueAt === undefined && delayMs <= 0;
}

/** Stores a plain job; undefined where {@link storeJobs} must look. */
async function storeOne(statements: Statements, job: NewJob, instance: string): Promise<Stored | undefined> {
  const { text, bytes } = toColumns(job.payload);
  const mail = await answerOf<readonly string[] | null>(statements, INSERT_ONE, [
    job.task,
    job.id,
    text,
    bytes,
    job.version,
    job.fingerprint,
    headersOf(job),
    0 - job.priority,
    job.maxAttempts ?? null,
    job.watch === true ? instance : null,
  ]);
  return mail === null ? undefined : { taken: [], told: { work: [job.task], mail } };
}

function headersOf({ headers = {} }: NewJob): string | null {
  return Object.keys(headers).length === 0 ? null : JSON.stringify(headers);
}

interface Stored {
  readonly taken: readonly number[];
  readonly told: Told;
}

/** Stores what is not stored yet; `taken` are the numbers of the others, from 1. */
export async function storeJobs(
  statements: Statements,
  jobs: readonly NewJob[],
  { instance, front = false }: { readonly instance: string; readonly front?: boolean },
): Promise<Stored> {
  const [first] = jobs;
  if (first !== undefined && jobs.length === 1 && !front && isPlain(first)) {
    const stored = await storeOne(statements, first, instance);
    if (stored !== undefined) return stored;
  }
  const names = [...new Set(jobs.map(({ task }) => task as string))];
  const { taken, ready, due, mail } = await answerOf<Inserted>(statements, INSERT, [
    names,
    ...columnsOf(jobs, names),
    front,
    instance,
  ]);
  const named = (numbers: readonly number[]) => numbers.map((number) => names[number - 1] ?? "");
  const collected = new Set(
    jobs.filter(({ limits }) => limits?.collect !== undefined).map(({ task }) => task as string),
  );
  const workflows = jobs.flatMap(({ id, limits }) => (limits?.workflow === undefined ? [] : [id]));
  const told = {
    work: named(ready),
    due: [...named(due), ...collected],
    anyDue: due.length > 0,
    mail,
    workflows,
  };
  return { taken, told };
}

/** What all jobs have in common is said once, and what none has not at all: each element of an array costs both sides. */
function columnsOf(jobs: readonly NewJob[], names: readonly string[]): readonly unknown[] {
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  const payloads = jobs.map(({ payload }) => toColumns(payload));
  const watched = jobs.some(({ watch }) => watch === true);
  return [
    shared(jobs.map(({ task }) => numbers.get(task))),
    jobs.map(({ id }) => id),
    payloads.map(({ text }) => text),
    unlessNone(payloads.map(({ bytes }) => bytes)),
    shared(jobs.map(({ version }) => version)),
    shared(jobs.map(({ fingerprint }) => fingerprint)),
    unlessNone(jobs.map(headersOf)),
    shared(jobs.map(({ priority }) => 0 - priority)),
    unlessNone(jobs.map(({ dueAt }) => (dueAt === undefined ? null : Math.round(dueAt)))),
    shared(jobs.map(({ delayMs = 0 }) => Math.max(0, Math.round(delayMs)))),
    unlessNone(jobs.map(({ ttlMs }) => (ttlMs === undefined ? null : Math.round(ttlMs)))),
    shared(jobs.map(({ onExpire }) => onExpire === "discard")),
    unlessNone(jobs.map(({ maxAttempts }) => maxAttempts ?? null)),
    watched ? shared(jobs.map(({ watch }) => watch === true)) : null,
    unlessNone(jobs.map(({ limits }) => (limits === undefined ? null : toLimitsText(limits)))),
    ...marksOf(jobs),
  ];
}

/** The one value of all; of values that differ, all of them. */
function shared<T>(values: readonly T[]): readonly T[] {
  const [first] = values;
  return values.every((value) => value === first) ? values.slice(0, 1) : values;
}

function unlessNone<T>(values: readonly (T | null)[]): readonly (T | null)[] | null {
  return values.every((value) => value === null) ? null : values;
}

/** Of jobs of which none has a mark: two nulls. */
function marksOf(jobs: readonly NewJob[]): readonly unknown[] {
  const marks = jobs.map(({ limits }) => markOf(limits));
  if (marks.every((mark) => mark === undefined)) return [null, null];
  return [marks.map((mark) => mark?.mark ?? null), marks.map((mark) => mark?.queue ?? null)];
}

/** A plain one may leave the limits out, but for its batch: a worker gets that. */
export function isRepeated(stored: JobRow, job: NewJob): boolean {
  if (!isSameJob(stored, job)) return false;
  if (job.limits === undefined) return stored.limits?.collect === undefined;
  return JSON.stringify(stored.limits) === JSON.stringify(job.limits);
}
