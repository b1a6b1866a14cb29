import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { instant, integer, text } from "../../core/checks.js";
import type { DayCount, ErrorGroup, ErrorSample } from "../../core/observe/measure-store.js";
import { optionSet } from "../../core/options.js";
import { observeStoreOf } from "../features.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";
import { type Listing, listing, type Place, placedPage } from "./page.js";

/**
 * Errors of one kind of a task: those with the same name, code, message but for what changes from one to the next, and place in
 * the application. Every failed attempt counts, also one that was retried.
 */
export interface ErrorGroupInfo {
  readonly task: string;
  /** Eight hex digits, the same for every task and process; `"other"`: errors that came when a day had 200 kinds already. */
  readonly fingerprint: string;
  readonly name: string;
  /** Such as `"ECONNREFUSED"`; undefined: the error had none. */
  readonly code?: string | number;
  /** The message with `<n>`, `<text>`, `<uuid>` and the like in place of what changes. */
  readonly message: string;
  readonly count: number;
  /** How many came on each day, in UTC, that had any of them, the oldest first. */
  readonly days: readonly DayCount[];
  /** When the first was told of, ms since the epoch on the store's clock; a worker tells every 10 s. */
  readonly firstAt: number;
  /** When the last was. */
  readonly lastAt: number;
  /** The first that was told of within the time that was asked for. */
  readonly first: ErrorSample;
  /** The last. */
  readonly last: ErrorSample;
}

/** Which errors are listed. */
export interface ErrorListQuery {
  /** Default: every task. */
  readonly task?: TaskRef | undefined;
  /** Of the day, in UTC, of this time and later, as a date or ms since the epoch. Default: all that is kept, which is a week. */
  readonly from?: Date | number | undefined;
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most groups of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** The kinds of errors that jobs had, as the workers counted that ran them. */
export interface Errors {
  /**
   * Those that came last first.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators, `TASK_NOT_FOUND`
   */
  list(query?: ErrorListQuery): Listing<ErrorGroupInfo>;
}

/** What the errors of a store need from their app. */
export interface ErrorsHost {
  readonly adapter: Adapter;
  readonly tasks: KnownTasks;
  connect(): Promise<void>;
}

const LIST = optionSet({ task: taskName, from: instant, cursor: text, limit: integer(1, 1000) });

/** Makes the errors of an app. */
export function createErrors(host: ErrorsHost): Errors {
  const errors: Errors = {
    list: (query = {}) => {
      const { task, from = 0, cursor, limit = 100 } = LIST.read(query, "list()");
      return listing(async (after) => {
        const store = observeStoreOf(host.adapter, "errors.list()");
        await host.connect();
        if (task !== undefined) await host.tasks.require(task);
        const tasks = task === undefined ? await host.tasks.all() : [task];
        const groups = (await store.errors({ tasks, from })).map(infoOf);
        return placedPage(groups, newestFirst, { cursor: after, limit });
      }, cursor);
    },
  };
  return limitArguments(errors, "errors.", { throws: { list: 1 } });
}

function newestFirst({ lastAt, count, fingerprint, task }: ErrorGroupInfo): Place {
  return { at: [-lastAt, -count], name: `${fingerprint} ${task}` };
}

function infoOf({
  task,
  fingerprint,
  kind,
  count,
  days,
  firstAt,
  lastAt,
  first,
  last,
}: ErrorGroup): ErrorGroupInfo {
  return { task, fingerprint, ...kind, count, days, firstAt, lastAt, first, last };
}
