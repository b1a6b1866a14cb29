/**
 * What is decided outside the database: jobs are read under lock, core says what becomes of them, and everything that
 * came of it is written in one call of the same transaction.
 *
 * Life of a {@link TaskWork}: made for one task in one transaction → moves are applied to jobs that are under lock → `write`.
 */
import type { StoredError } from "../core/errors.js";
import type { AttemptRecord, JobEventType } from "../core/job.js";
import { applyMove, endBy, expireMove, type JobMove, toldOf } from "../core/job-moves.js";
import { type FinalState, isFinalState } from "../core/lifecycle.js";
import { type EventDetails, isOverdue, outcomeOf } from "../core/stored-job.js";
import { plainText } from "./codec/encoded.js";
import { type JobRow, letterOfRun } from "./codec/job-row.js";
import { answerOf, type Statements } from "./connection/database.js";
import { isGated, markOf } from "./limits/marks.js";
import type { Told } from "./signals.js";
import { LETTERS, NEWS } from "./sql/letters.js";
import { ASIDE } from "./sql/marks.js";

/** What a write came to. */
export interface Written {
  /** For those who hear. */
  readonly told: Told;
  /** Ms until something of the task is due. */
  readonly nextDueInMs: number | undefined;
  /** The job that is due next. */
  readonly nextDueId: string | undefined;
}

/** A row of `workflow_news`. */
interface News {
  readonly workflow: string;
  readonly kind: string;
  readonly id?: string;
  readonly node?: number;
  readonly run?: number;
  readonly state?: string;
  readonly body?: string | undefined;
}

export class TaskWork {
  readonly #task: string;
  readonly #jobs: ReadonlyMap<string, JobRow>;
  readonly #moved = new Set<string>();
  readonly #rows = new Map<string, { readonly table: "ready" | "later" | "done"; readonly row: object }>();
  readonly #gone: string[] = [];
  /** Those with gates that may have something there, and those that were collected. */
  readonly #left: object[] = [];
  readonly #cancels: object[] = [];
  readonly #runs: object[] = [];
  readonly #fresh: string[] = [];
  readonly #ends: object[] = [];
  readonly #events: object[] = [];
  readonly #news: News[] = [];
  #toldOfSteps = true;
  #hasReady = false;

  constructor(task: string, jobs: ReadonlyMap<string, JobRow>) {
    this.#task = task;
    this.#jobs = jobs;
  }

  /** Finds a job for a change; one whose TTL has passed ends first. */
  find(id: string, now: number): JobRow | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined || this.#gone.includes(id)) return undefined;
    if (isOverdue(job, now)) this.apply(job, expireMove(job, now));
    return this.#gone.includes(id) ? undefined : job;
  }

  /** Carries a move out: in the record, and in what will be written. */
  apply(job: JobRow, move: JobMove): void {
    const end = endBy(job, move);
    const { worker, lastRun } = job;
    if (move.ran === "stalled") this.#tell(job, "stalled", { at: move.at, worker: worker ?? "" });
    const run = move.ran === undefined ? undefined : runOf(job, move, move.ran);
    applyMove(job, move);
    this.#leave(job);
    if (move.to === "none") {
      this.#rows.delete(job.id);
      this.#gone.push(job.id);
    } else this.#place(job, move, run);
    if (run !== undefined && !isFinalState(job.state)) this.#keepRun(job.id, run);
    if (move.event === "revive") {
      if (lastRun !== undefined) this.#keepRun(job.id, lastRun);
      this.#fresh.push(job.id);
    }
    if (end !== undefined) {
      const { state, attempt, error, reason, replacedBy } = outcomeOf(this.#task, job, end);
      const told = { state: LETTERS[state], attempt, error: jsonOf(error), reason: jsonText(reason) };
      this.#ends.push({ id: job.id, ...told, replaced_by: replacedBy });
      this.#keepEnd(job, end);
    }
    if (job.state === "waiting" && move.to === "waiting") this.#keepEntry(job);
    this.#tell(job, ...toldOf(move));
  }

  /** Gives a job another priority; a waiting one goes to the back of it. */
  prioritize(job: JobRow, priority: number): void {
    job.priority = priority;
    this.#leave(job);
    if (job.state === "waiting") this.#putReady(job, "back");
    else this.#putLater(job, job.place);
  }

  /** Asks the worker of an active job to stop. */
  askToCancel(job: JobRow, reason: string): void {
    const first = job.cancelAsked ?? plainText(reason);
    if (job.cancelAsked === undefined) this.#cancels.push({ id: job.id, reason: first });
    job.cancelAsked = first;
    this.#events.push({ kind: "c", id: job.id, reason: first });
  }

  /** Workflows do not hear of steps that end here: theirs decided it. */
  leaveStepsUntold(): void {
    this.#toldOfSteps = false;
  }

  /** Tells listeners that somebody drained the task. */
  tellDrained(count: number, at: number): void {
    this.#events.push({ kind: "k", type: "drained", at, attempt: count });
  }

  /** Writes everything; the locks are the transaction's. */
  async write(statements: Statements, taskId: number | undefined): Promise<Written> {
    if (taskId === undefined || this.#isEmpty)
      return { told: {}, nextDueInMs: undefined, nextDueId: undefined };
    const rowsOf = (table: string) =>
      [...this.#rows.values()].flatMap((each) => (each.table === table ? [each.row] : []));
    const what = {
      moved: [...this.#moved],
      ready: rowsOf("ready"),
      later: rowsOf("later"),
      done: rowsOf("done"),
      gone: this.#gone,
      cancels: this.#cancels,
      runs: this.#runs,
      fresh: this.#fresh,
      ends: this.#ends,
      events: this.#events,
      left: this.#left,
      news: this.#news,
    };
    const { mail, due, next } = await answerOf<{
      readonly mail: readonly string[];
      readonly due: number | null;
      readonly next: string | null;
    }>(statements, "select @@write($1::integer, $2::text, $3::json)", [
      ...[taskId, this.#task, JSON.stringify(what)],
    ]);
    return {
      told: {
        mail,
        ...(this.#hasReady ? { work: [this.#task] } : {}),
        ...(this.#news.length > 0 ? { workflows: this.#news.map(({ workflow }) => workflow) } : {}),
      },
      nextDueInMs: due ?? undefined,
      nextDueId: next ?? undefined,
    };
  }

  get #isEmpty(): boolean {
    return this.#moved.size === 0 && this.#cancels.length === 0 && this.#events.length === 0;
  }

  /** It is no longer where it was. */
  #leave({ id, limits }: JobRow): void {
    const marked = markOf(limits);
    if (!this.#moved.has(id) && isGated(marked?.mark)) this.#left.push({ id });
    else if (!this.#moved.has(id) && limits?.collect !== undefined)
      this.#left.push({ id, queue: marked?.queue });
    this.#moved.add(id);
  }

  #place(job: JobRow, move: JobMove, run: AttemptRecord | undefined): void {
    if (job.state === "waiting") this.#putReady(job, move.end ?? "back");
    else if (isFinalState(job.state)) this.#putDone(job, run);
    else this.#putLater(job);
  }

  #putReady(job: JobRow, end: "front" | "back"): void {
    const isParked = job.limits?.workflow !== undefined;
    if (!isParked) this.#hasReady = true;
    const aside = isParked ? ASIDE.workflows : job.isSuspect ? 1 : 0;
    const row = { ...common(job), aside, front: end === "front" };
    this.#put(job.id, "ready", { ...row, expires_at: job.expiresAt, since: job.waitingSince });
  }

  /** @param place where it stands already among those due at the same time */
  #putLater(job: JobRow, place?: number): void {
    const state = job.state === "retrying" ? LETTERS.retrying : LETTERS.delayed;
    const row = { ...common(job), state, due_at: job.dueAt, place, suspect: job.isSuspect };
    this.#put(job.id, "later", { ...row, expires_at: job.expiresAt });
  }

  #putDone(job: JobRow, run: AttemptRecord | undefined): void {
    this.#put(job.id, "done", {
      ...common(job),
      state: LETTERS[job.state],
      born: job.born,
      finished_at: job.finishedAt,
      worker: run?.worker,
      ran: run === undefined ? undefined : letterOfRun(run.outcome),
      reason: jsonText(job.reason),
      replaced_by: job.replacedBy,
    });
  }

  /** What is decided last holds. */
  #put(id: string, table: "ready" | "later" | "done", row: object): void {
    this.#rows.delete(id);
    this.#rows.set(id, { table, row });
  }

  #keepRun(id: string, { attempt, startedAt, endedAt, worker, outcome, error }: AttemptRecord): void {
    const run = { id, at: endedAt, attempt, started_at: startedAt, worker, outcome: letterOfRun(outcome) };
    this.#runs.push({ ...run, body: jsonOf(error) });
  }

  /** A step has ended, or a workflow as a whole. */
  #keepEnd({ id, limits, reason, error }: JobRow, end: FinalState): void {
    const { step, workflow } = limits ?? {};
    const why = jsonText(reason);
    const by = { id, state: LETTERS[end], body: end === "failed" ? jsonOf(error) : why };
    if (step !== undefined && this.#toldOfSteps) this.#news.push({ ...step, ...by, kind: NEWS.step });
    if (workflow !== undefined) this.#news.push({ workflow: id, ...by, kind: NEWS.over });
  }

  #keepEntry({ id, limits }: JobRow): void {
    const nodes = limits?.workflow?.nodes;
    if (nodes !== undefined) this.#news.push({ workflow: id, kind: NEWS.entered, node: nodes });
  }

  #tell({ id, attempt }: JobRow, type: JobEventType, by: EventDetails): void {
    const { at, worker, error, reason, replacedBy, delayMs } = by;
    const event = { kind: "e", id, type, at, attempt, worker, delay_ms: delayMs, error: jsonOf(error) };
    this.#events.push({ ...event, reason: jsonText(reason), replaced_by: replacedBy });
  }
}

function common({ id, priority, attempt, stalls, startedAt, error, limits }: JobRow) {
  const row = { id, rank: 0 - priority, attempt, stalls, started_at: startedAt, error: jsonOf(error) };
  return { ...row, ...markOf(limits) };
}

function runOf(job: JobRow, move: JobMove, outcome: AttemptRecord["outcome"]): AttemptRecord {
  const { attempt, startedAt = move.at, worker = "" } = job;
  const run = { attempt, startedAt, endedAt: move.at, worker, outcome };
  return move.error === undefined || outcome === "stalled" ? run : { ...run, error: move.error };
}

function jsonOf(error: StoredError | undefined): string | undefined {
  return error === undefined ? undefined : JSON.stringify(error);
}

function jsonText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainText(text);
}
