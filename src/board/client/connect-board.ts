/** A board of somewhere else, with the nouns of an app. */
import type { DispatchOptions } from "../../app/dispatch/dispatch-options.js";
import type { AuditList } from "../../app/operate/audit-list.js";
import type { Errors } from "../../app/operate/errors.js";
import { aFunction, someText } from "../../core/checks.js";
import { systemClock } from "../../core/clock.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import { optionSet } from "../../core/options.js";
import type { Me, StoreState } from "../api.js";
import { BoardApi } from "./board-api.js";
import { type BoardJobs, createBoardJobs } from "./client-jobs.js";
import {
  type BoardSchedules,
  type BoardTasks,
  type BoardWorkers,
  type BoardWorkflows,
  createBoardAudit,
  createBoardErrors,
  createBoardSchedules,
  createBoardTasks,
  createBoardWorkers,
  createBoardWorkflows,
} from "./client-others.js";

/** How a board is asked. */
export interface BoardClientOptions {
  /** One of `auth.token` of the board. Default: none, for a board that lets in who asks on its own machine. */
  readonly token?: string | undefined;
  /** How long an answer may take. Default `"2m"`: draining a large task is one call. */
  readonly timeout?: Duration | undefined;
  /** Sends requests, such as through a proxy, or right into `board.fetch`. Default: that of Node. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** What can be read and changed over a store, whether by an app or over a board. */
export interface BoardNouns {
  readonly jobs: BoardJobs;
  readonly tasks: BoardTasks;
  readonly workers: BoardWorkers;
  readonly errors: Errors;
  readonly schedules: BoardSchedules;
  readonly workflows: BoardWorkflows;
  readonly audit: AuditList;
}

/**
 * The nouns of an app, over the HTTP API of a board. Values are as the board shows them to whoever has the token, so what is
 * sensitive is hidden; changes are made in the name of the token. Errors have the codes of an app's, and `BOARD_…` of the board's;
 * beside code and message, filters alone keep their fields.
 */
export interface BoardClient extends BoardNouns {
  /** How the servers of the store are, and everything that is not as it should be. */
  readonly store: { health(): Promise<StoreState> };
  /**
   * Who asks, what they may do, and what the store can do: the first thing to ask.
   *
   * @throws {TaskoraError} `BOARD_UNAVAILABLE` when nothing answers, or what answers is no board; `BOARD_AUTH_REQUIRED`
   */
  me(): Promise<Me>;
  /**
   * Dispatches a job of a task, with what the contract of its newest live worker takes, or that of a version.
   *
   * @throws {TaskoraError} `TASK_NOT_FOUND`, `VALIDATION_FAILED`, and as `dispatch()` of an app does
   */
  dispatch(
    task: string,
    data: unknown,
    options?: DispatchOptions & {
      readonly version?: number | undefined;
      readonly lane?: string | undefined;
    },
  ): Promise<{ readonly id: string; readonly task: string; readonly isDuplicate: boolean }>;
  /** The numbers of the store for Prometheus, or in the form that `accept` names. */
  metrics(accept?: string): Promise<{ readonly text: string; readonly contentType: string }>;
}

const OPTIONS = optionSet({
  token: someText,
  timeout: parseDuration,
  fetch: aFunction<NonNullable<BoardClientOptions["fetch"]>>(),
});
const PATIENCE_MS = 120_000;

/**
 * Works on a store through a board of it: from where the store cannot be reached, or with fewer rights than it gives. Nothing is
 * asked before the first call.
 *
 * @param url where the board is, with its path, such as `https://jobs.example.com/board`
 * @throws {OptionError} when the URL is none of http, or an option is unknown
 */
export function connectBoard(url: string, options: BoardClientOptions = {}): BoardClient {
  const { token, timeout: timeoutMs = PATIENCE_MS, fetch } = OPTIONS.read(options, "connectBoard()");
  const api = new BoardApi({
    ...{ url: boardUrl(url), token, timeoutMs, clock: systemClock },
    fetch: fetch ?? ((request) => globalThis.fetch(request)),
  });
  return {
    jobs: createBoardJobs(api),
    tasks: createBoardTasks(api),
    workers: createBoardWorkers(api),
    errors: createBoardErrors(api),
    schedules: createBoardSchedules(api),
    workflows: createBoardWorkflows(api),
    audit: createBoardAudit(api),
    store: { health: () => api.ask<StoreState>({ path: "/store" }) },
    me: () => api.ask<Me>({ path: "/me" }),
    dispatch: (task, data, { version, ...rest } = {}) =>
      api.ask({
        path: "/tasks/:task/jobs",
        params: { task },
        method: "POST",
        body: { data, version, options: rest },
      }),
    metrics: (accept = "text/plain") => api.text({ path: "/metrics" }, accept),
  };
}

/** Without a slash at its end, so that paths follow. */
function boardUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isFit =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!isFit)
    throw new OptionError(
      'expected the URL of a board, such as "https://jobs.example.com/board", with no user or password in it: a token says who asks',
      { option: "url" },
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
