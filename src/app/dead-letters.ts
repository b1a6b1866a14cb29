import type { Adapter, ChangeReply, JobChange } from "../core/adapter.js";
import { OptionError } from "../core/errors.js";
import { describe, rejectUnknownKeys, requireInteger } from "../core/options.js";
import type { Inspector, JobInfo, JobInfoPage } from "./inspector.js";
import type { ChangeResult } from "./job-handle.js";

/** What a change of one dead letter did. `refused`: the job is in another state. */
export type DeadLetterResult = ChangeResult;

/** Which dead letters a call is about, and how far it goes. */
export interface DeadLetterQuery {
  /** Default: all tasks of this app. */
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
  /** Makes one wait again, as a fresh first attempt. */
  retry(task: string, id: string): Promise<DeadLetterResult>;
  /** Makes every job that is dead now wait again, page by page; resolves with how many. A task, a query, or all. */
  retryAll(which?: string | DeadLetterQuery): Promise<number>;
  /** Deletes one. */
  remove(task: string, id: string): Promise<DeadLetterResult>;
  /** Deletes every job that is dead now, page by page; resolves with how many. A task, a query, or all. */
  purge(which?: string | DeadLetterQuery): Promise<number>;
}

/** What dead letters need from their app. */
export interface DeadLetterHost {
  readonly adapter: Adapter;
  readonly inspector: Inspector;
  connect(): Promise<void>;
  taskNames(): readonly string[];
}

const PAGE = 500;
const QUERY_KEYS = ["task", "filter", "limit", "onProgress"];

/** Makes the dead letter operations of an app. */
export function createDeadLetters(host: DeadLetterHost): DeadLetters {
  return {
    list: (query = {}) => listPage(host, query),
    retry: (task, id) => changeOne(host, { task, id, change: "revive" }),
    retryAll: async (which) => changeAll(host, "revive", resolveQuery(which, "retryAll()")),
    remove: (task, id) => changeOne(host, { task, id, change: "remove" }),
    purge: async (which) => changeAll(host, "remove", resolveQuery(which, "purge()")),
  };
}

/** Removes only what is dead, although the store would remove other jobs too. */
async function changeOne(host: DeadLetterHost, change: JobChange): Promise<ChangeReply> {
  await host.connect();
  const snapshot = (await host.adapter.read([change]))[0];
  if (snapshot === undefined) return { status: "missing" };
  if (snapshot.state !== "failed") return { status: "refused", state: snapshot.state };
  return (await host.adapter.change([change]))[0] ?? { status: "missing" };
}

function resolveQuery(which: string | DeadLetterQuery | undefined, call: string): DeadLetterQuery {
  const query = typeof which === "string" ? { task: which } : (which ?? {});
  rejectUnknownKeys(query, QUERY_KEYS, call);
  for (const option of ["filter", "onProgress"] as const) {
    const given = query[option];
    if (given === undefined || typeof given === "function") continue;
    throw new OptionError(`expected ${option} of ${call} to be a function, got ${describe(given)}`);
  }
  if (query.limit !== undefined) requireInteger(query.limit, { option: "limit", min: 1, max: 2 ** 31 });
  return query;
}

/** What fails again meanwhile is newer than where the walk stands, so that it is not met twice. */
async function changeAll(
  host: DeadLetterHost,
  change: "revive" | "remove",
  query: DeadLetterQuery,
): Promise<number> {
  await host.connect();
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  let seen = 0;
  let changed = 0;
  for (const task of query.task === undefined ? host.taskNames() : [query.task]) {
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
  rejectUnknownKeys(query, ["task", "cursor", "limit"], "list()");
  const { task, cursor, limit = PAGE / 5 } = query;
  if (task !== undefined) return host.inspector.list({ ...query, task, state: "failed" });
  requireInteger(limit, { option: "limit", min: 1, max: 1000 });
  const names = [...host.taskNames()].sort();
  const [at = names[0] ?? "", inner = ""] = cursor === undefined ? [] : splitCursor(cursor);
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
  throw new OptionError(`expected cursor to come from a page before, got ${describe(cursor)}`);
}
