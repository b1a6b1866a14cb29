/**
 * An outbox for jobs that run elsewhere: they are stored in Postgres in a transaction of the application's, and a relay moves
 * them into the store of their workers.
 *
 * Life of a batch: locked in a transaction of ours → inserted into the other store, under their own ids → removed here, by the
 * commit. A relay that dies before the commit leaves them here, and the next inserts them again: the other store knows the ids
 * of those that it has, and by an idempotency key those that it had.
 */
import { createHash } from "node:crypto";
import type { Adapter, InsertReply, NewJob } from "../core/adapter.js";
import { requireNoMore } from "../core/arguments.js";
import { aFunction, integer, listOf, objectWith, someText } from "../core/checks.js";
import { type Duration, parseDuration } from "../core/duration.js";
import { OptionError, StoreError, TaskoraError } from "../core/errors.js";
import { featuresOfLimits, hasFeature } from "../core/features.js";
import { cancelMove, expireMove } from "../core/job-moves.js";
import { describe, optionSet } from "../core/options.js";
import { isOverdue } from "../core/stored-job.js";
import type { JobRow } from "./codec/job-row.js";
import { type Deciding, decide, openSession, type Session } from "./session.js";
import { LETTERS } from "./sql/letters.js";

/** From where to where jobs are moved, and how. */
export interface RelayOptions {
  /** What `postgresAdapter` gave. The relay connects and closes it, so no app has it as well. */
  readonly from: Adapter;
  /** The store whose workers run the jobs, as `redisAdapter` gives one. The relay connects and closes it. */
  readonly to: Adapter;
  /** Names of tasks. Default: all that the store has met, those to come included. */
  readonly tasks?: readonly string[] | undefined;
  /**
   * Most jobs that one transaction moves, 1 to 1 000. Default 200. More are moved faster, and held in memory together; when a
   * relay dies as many are inserted a second time, which does nothing.
   */
  readonly batch?: number | undefined;
  /**
   * How long the other store remembers which jobs it was given, when they bring no idempotency key of their own. Default
   * `"1h"`. It has to be longer than it takes until some relay works again after one died: a job that had run and was
   * forgotten by then runs again. Longer takes a key more in that store for each job.
   */
  readonly remember?: Duration | undefined;
  /**
   * Is told of what keeps the relay from moving jobs, once until it works again, and of each job that the other store
   * refused. Default: a warning of the process.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Moves jobs while it runs. */
export interface Relay {
  /**
   * Connects both stores and begins.
   *
   * @throws what a store says that cannot be connected to
   */
  start(): Promise<void>;
  /** Ends when the batch under way is moved, or given up, and closes both stores. Idempotent. */
  close(): Promise<void>;
}

const OPTIONS = optionSet({
  from: objectWith<Adapter>("an adapter", ["connect", "insert", "close"]),
  to: objectWith<Adapter>("an adapter", ["connect", "insert", "close"]),
  tasks: listOf(someText),
  batch: integer(1, 1000),
  remember: parseDuration,
  onError: aFunction<(error: unknown) => void>(),
});

/** How long nothing is looked for when nobody told of anything: a commit may come whose process died with its notice. */
const LOOK_MS = 2000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const DEFAULT_REMEMBER_MS = 3_600_000;
const DIGEST_CHARACTERS = 22;
/** Where a job is that has not begun. */
const STATES = LETTERS.waiting + LETTERS.delayed;

/**
 * Moves jobs from Postgres, where they were stored in transactions of an application, to the store where they run. Each gets
 * there, and none twice, wherever a relay is killed. Any number of relays may work side by side.
 *
 * @throws {OptionError} for unknown or impossible options
 */
export function relay(options: RelayOptions, ...surplus: readonly unknown[]): Relay {
  requireNoMore("relay()", 1, surplus);
  const {
    from,
    to,
    tasks,
    batch = 200,
    remember = DEFAULT_REMEMBER_MS,
    onError = warn,
  } = OPTIONS.read(options, "relay()");
  if (from === undefined || openSession(from) === undefined)
    throw new OptionError(`expected from to be what postgresAdapter() gave, got ${describe(from)}`, {
      option: "from",
    });
  if (to === undefined || to === from)
    throw new OptionError("expected to to be the adapter of another store, got none", { option: "to" });
  return new RunningRelay({ from, to, tasks, batch, rememberMs: remember, report: onError });
}

function warn(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.emitWarning(message, { type: "TaskoraWarning", code: "TASKORA_RELAY" });
}

interface RelayParts {
  readonly from: Adapter;
  readonly to: Adapter;
  readonly tasks: readonly string[] | undefined;
  readonly batch: number;
  readonly rememberMs: number;
  readonly report: (error: unknown) => void;
}

class RunningRelay implements Relay {
  readonly #parts: RelayParts;
  #isClosed = false;
  #isTold = false;
  #wake: () => void = () => undefined;
  #stopHearing: () => void = () => undefined;
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { from, to } = this.#parts;
    await Promise.all([from.connect(), to.connect()]);
    const session = openSession(from)?.();
    if (session === undefined || this.#isClosed) return;
    this.#stopHearing = session.signals.onTold(() => {
      this.#isTold = true;
      this.#wake();
    });
    this.#running = this.#run(session);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#starting?.catch(() => undefined);
    await this.#running;
    this.#stopHearing();
    await Promise.all([this.#parts.from.close(), this.#parts.to.close()]);
  }

  async #run(session: Session): Promise<void> {
    for (let pauseMs = 0; !this.#isClosed; ) {
      this.#isTold = false;
      try {
        const moved = await this.#round(session);
        pauseMs = 0;
        if (moved === 0) await this.#rest(LOOK_MS, "until told");
      } catch (error) {
        if (pauseMs === 0 && !this.#isClosed) this.#parts.report(error);
        pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, pauseMs * 2), LONGEST_PAUSE_MS);
        await this.#rest(pauseMs, "in any case");
      }
    }
  }

  /** Waits so long, or until it is closed. */
  async #rest(ms: number, how: "until told" | "in any case"): Promise<void> {
    const endsAt = performance.now() + ms;
    while (!this.#isClosed && performance.now() < endsAt && !(how === "until told" && this.#isTold)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.ceil(endsAt - performance.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Moves a batch of each task that has some; says how many jobs it has met. */
  async #round(session: Session): Promise<number> {
    const { tasks } = this.#parts;
    const rows = await session.database.rows(
      `select t.name from @.task t where t.paused_at is null and t.name not like '$%' and ($1::text[] is null or t.name = any($1))
        and (exists (select from @.ready r where -r.task = -t.id)
          or exists (select from @.later l where -l.task = -t.id and l.state = '${LETTERS.delayed}'))`,
      [tasks ?? null],
    );
    let met = 0;
    for (const { name } of rows) if (!this.#isClosed) met += await this.#moveSome(session, String(name));
    return met;
  }

  async #moveSome(session: Session, task: string): Promise<number> {
    const { result } = await decide(
      session,
      {
        task,
        sql: "select * from @@take($1, 'drain', $2, 0, $3)",
        values: [task, STATES, this.#parts.batch],
      },
      (deciding) => this.#move(deciding),
    );
    for (const error of result.refused) this.#parts.report(error);
    return result.met;
  }

  /** Jobs that are overdue expire here. */
  async #move({
    work,
    jobs,
    now,
  }: Deciding): Promise<{ readonly met: number; readonly refused: readonly TaskoraError[] }> {
    const refused: TaskoraError[] = [];
    const refuse = (job: JobRow, why: string) => {
      work.apply(job, cancelMove(`not moved: ${why}`, now));
      refused.push(notMoved(job, why));
    };
    const moving: JobRow[] = [];
    for (const job of jobs) {
      const lacks = featuresOfLimits(job.limits).find((feature) => !hasFeature(this.#parts.to, feature));
      if (isOverdue(job, now)) work.apply(job, expireMove(job, now));
      else if (job.corrupt !== undefined) refuse(job, job.corrupt);
      else if (lacks !== undefined) refuse(job, `the ${this.#parts.to.name} adapter declines ${lacks}`);
      else moving.push(job);
    }
    const replies =
      moving.length === 0 ? [] : await this.#parts.to.insert(moving.map((job) => this.#newJob(job, now)));
    for (const [index, job] of moving.entries()) {
      const why = refusal(replies[index]);
      if (why === undefined) work.apply(job, { event: "remove", to: "none", at: now, reason: "moved" });
      else refuse(job, why);
    }
    return { met: jobs.length, refused };
  }

  #newJob(job: JobRow, now: number): NewJob {
    const { task, id, payload, version, fingerprint, headers, priority, onExpire, maxAttempts, limits } = job;
    return {
      ...{ task, id, payload, version, fingerprint, headers, priority, onExpire },
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
      ...(job.state === "delayed" && job.dueAt !== undefined && limits?.debounce === undefined
        ? { dueAt: job.dueAt }
        : {}),
      ...(job.expiresAt === undefined ? {} : { ttlMs: Math.max(1, job.expiresAt - now) }),
      ...this.#limitsOf(job),
    };
  }

  /** A job that was given to the other store is known there by its id, also when it has run and is forgotten. */
  #limitsOf({ id, payload, limits }: JobRow): Pick<NewJob, "limits"> {
    if (limits?.idempotency !== undefined || !hasFeature(this.#parts.to, "idempotency"))
      return limits === undefined ? {} : { limits };
    const digest = createHash("sha256").update(payload).digest("base64url").slice(0, DIGEST_CHARACTERS);
    const idempotency = { key: `relay ${id}`, windowMs: this.#parts.rememberMs, digest };
    return { limits: { ...limits, idempotency } };
  }
}

/** Why a job is not in the other store now; undefined: it is, or one that stands for it. */
function refusal(reply: InsertReply | undefined): string | undefined {
  switch (reply?.status) {
    case "inserted":
    case "duplicate":
      return undefined;
    case "conflict":
      return "another job with its id is stored there";
    case "reused":
      return `its idempotency key stands for job ${reply.id}, which has another payload`;
    case "throttled":
      return "its throttle is full";
    case "refused":
      if (reply.error.retryable) throw reply.error;
      return reply.error.message;
    case undefined:
      throw new StoreError(
        "STORE_REPLY",
        "The store did not answer for each of the jobs that were moved to it.",
        { retryable: false },
      );
  }
}

function notMoved({ task, id }: JobRow, why: string): TaskoraError {
  return new TaskoraError(
    "JOB_NOT_MOVED",
    `Job ${id} (${task}) was not moved to the store where it should run: ${why}. It was cancelled where it was dispatched.`,
  );
}
