import type { Adapter, JobChange } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { aFunction, integer, someText, text } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import type { JobState } from "../../core/lifecycle.js";
import { type Check, describe, optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { type ChangeResult, type JobHandle, StoredJobHandle } from "../handles/job-handle.js";
import type { Inspector, JobInfo, JobInfoPage } from "./inspector.js";
import { type KnownTasks, taskName } from "./known-tasks.js";

/**
 * What retrying one dead letter did. `applied`: with the handle of the job, whose result is that of its new run; handles
 * of before stay rejected. `refused`: the job is in another state.
 */
export type DeadLetterResult<Result = unknown> =
  | { readonly status: "applied"; readonly job: JobHandle<Result> }
  | { readonly status: "missing" }
  | { readonly status: "refused"; readonly state: JobState };

/** Which dead letters a call is about, and how far it goes. */
export interface DeadLetterQuery {
  /** Default: all tasks of this app; of an app that declares none, all that live workers run. */
  readonly task?: string;
  /** Only those it says true to. A job whose record or payload cannot be read comes with `corrupt`. */
  readonly filter?: (job: JobInfo) => boolean;
  /** Stops after so many. Default: all. */
  readonly limit?: number;
  /** Called after each page. */
  readonly onProgress?: (progress: DeadLetterProgress) => void;
}

/** How far a call over many dead letters has come. */
export interface DeadLetterProgress {
  readonly task: string;
  /** Dead letters looked at so far, over all tasks. */
  readonly seen: number;
  /** Those of them that were changed. */
  readonly changed: number;
}

/** Jobs that ended as failed and wait for somebody to decide. */
export interface DeadLetters {
  /** Newest first, task by task when none is named; `limit` is 1 to 1 000, default 100. */
  list(query?: {
    readonly task?: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<JobInfoPage>;
  /** Makes one wait again, as a fresh first attempt, and gives its handle. */
  retry<Result = unknown>(task: string, id: string): Promise<DeadLetterResult<Result>>;
  /** Makes every job that is dead now wait again, page by page; resolves with how many. A task, a query, or all. */
  retryAll(which?: string | DeadLetterQuery): Promise<number>;
  /** Deletes one. */
  remove(task: string, id: string): Promise<ChangeResult>;
  /** Deletes every job that is dead now, page by page; resolves with how many. A task, a query, or all. */
  purge(which?: string | DeadLetterQuery): Promise<number>;
}

/** What dead letters need from their app. */
export interface DeadLetterHost {
  readonly adapter: Adapter;
  readonly inspector: Inspector;
  readonly context: ProducerContext;
  readonly tasks: KnownTasks;
  connect(): Promise<void>;
}

const PAGE = 500;

const QUERY = optionSet({
  task: taskName,
  filter: aFunction<NonNullable<DeadLetterQuery["filter"]>>(),
  limit: integer(1, 2 ** 31),
  onProgress: aFunction<NonNullable<DeadLetterQuery["onProgress"]>>(),
} satisfies { readonly [Key in keyof Required<DeadLetterQuery>]: Check<unknown> });
const LIST = optionSet({ task: taskName, cursor: text, limit: integer(1, 1000) });

/** Makes the dead letter operations of an app. */
export function createDeadLetters(host: DeadLetterHost): DeadLetters {
  const deadLetters: DeadLetters = {
    list: async (query = {}) => listPage(host, query),
    retry: async <Result>(task: string, id: string) => {
      const reply = await changeOne(host, jobChange(task, id, "revive"));
      if (reply.status === "missing") return { status: "missing" };
      if (reply.status === "refused") return reply;
      const job = new StoredJobHandle<Result>({ task, id }, host.context, "unknown");
      return { status: "applied", job };
    },
    retryAll: async (which) => changeAll(host, "revive", resolveQuery(which, "retryAll()")),
    remove: async (task, id) => changeOne(host, jobChange(task, id, "remove")),
    purge: async (which) => changeAll(host, "remove", resolveQuery(which, "purge()")),
  };
  return limitArguments(deadLetters, "deadLetters.", {
    rejects: { list: 1, retry: 2, retryAll: 1, remove: 2, purge: 1 },
  });
}

function jobChange(task: unknown, id: unknown, change: "revive" | "remove"): JobChange {
  return { task: taskName(task, "task"), id: someText(id, "id"), change };
}

/** Removes only what is dead, although the store would remove other jobs too. */
async function changeOne(host: DeadLetterHost, change: JobChange): Promise<ChangeResult> {
  const snapshot = await host.context.read(change.task, change.id);
  if (snapshot === undefined) return { status: "missing" };
  if (snapshot.state !== "failed") return { status: "refused", state: snapshot.state };
  return host.context.change(change);
}

function resolveQuery(which: string | DeadLetterQuery | undefined, call: string) {
  const query = typeof which === "string" ? { task: which } : which;
  return query === undefined ? {} : QUERY.read(query, call);
}

/** What fails again meanwhile is newer than where the walk stands, so that it is not met twice. */
async function changeAll(
  host: DeadLetterHost,
  change: "revive" | "remove",
  query: Partial<ReturnType<typeof QUERY.nested>>,
): Promise<number> {
  await host.connect();
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  let seen = 0;
  let changed = 0;
  for (const task of query.task === undefined ? await host.tasks.all() : [query.task]) {
    for (let cursor: string | undefined = ""; cursor !== undefined && changed < limit; ) {
      const page: JobInfoPage = await host.inspector.list({
        task,
        state: "failed",
        limit: PAGE,
        ...(cursor === "" ? {} : { cursor }),
      });
      const chosen = query.filter === undefined ? page.jobs : page.jobs.filter(query.filter);
      const changes = chosen.slice(0, limit - changed).map(({ id }) => ({ task, id, change }));
      const replies = await host.adapter.change(changes);
      seen += page.jobs.length;
      changed += replies.filter((reply) => reply.status === "applied").length;
      query.onProgress?.({ task, seen, changed });
      cursor = page.cursor;
    }
  }
  return changed;
}

/** One task after the other; the cursor says in which one it stands. */
async function listPage(
  host: DeadLetterHost,
  query: { readonly task?: string; readonly cursor?: string; readonly limit?: number },
): Promise<JobInfoPage> {
  const { task, cursor, limit = PAGE / 5 } = LIST.read(query, "list()");
  if (task !== undefined) return host.inspector.list({ ...query, task, state: "failed" });
  const [from, inner = ""] = cursor === undefined ? [] : splitCursor(cursor);
  await host.connect();
  const names = [...(await host.tasks.all())].sort();
  const at = from ?? names[0] ?? "";
  const jobs: JobInfo[] = [];
  let rest = inner;
  for (const name of names.filter((each) => each >= at)) {
    const room = limit - jobs.length;
    if (room === 0) return { jobs, cursor: joinCursor(name, "") };
    const page = await host.inspector.list({
      task: name,
      state: "failed",
      limit: room,
      ...(rest === "" ? {} : { cursor: rest }),
    });
    jobs.push(...page.jobs);
    if (page.cursor !== undefined) return { jobs, cursor: joinCursor(name, page.cursor) };
    rest = "";
  }
  return { jobs };
}

function joinCursor(task: string, inner: string): string {
  return `${task} ${inner}`;
}

function splitCursor(cursor: string): readonly [task: string, inner: string] {
  const at = cursor.indexOf(" ");
  if (at > 0) return [cursor.slice(0, at), cursor.slice(at + 1)];
  throw new OptionError(`expected cursor to come from a page before, got ${describe(cursor)}`, {
    option: "cursor",
  });
}
