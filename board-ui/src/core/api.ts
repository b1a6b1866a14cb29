/** Calls of the board's HTTP API. */
import { signal } from "@preact/signals";
import type { ApiError } from "../../../src/board/api.js";
import { BASE } from "./base.js";

/** What a call came to that did not come to anything. */
export class CallFailed extends Error {
  /** 0: there was no answer. */
  readonly status: number;
  /** Of the library, or `BOARD_…`. */
  readonly code: string;
  readonly hint: string | undefined;
  /** Of a filter that cannot be read: where, counted from 0. */
  readonly position: number | undefined;

  constructor(status: number, { code, message, hint, position }: ApiError["error"]) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.position = position;
  }
}

/** Whether somebody has to log in: a call was answered with 401. */
export const mustLogIn = signal(false);

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

interface CallOptions {
  readonly query?: Query | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const API_URL = `${BASE}/api/v1`;

function addressOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  const text = search.toString();
  return `${API_URL}${path}${text === "" ? "" : `?${text}`}`;
}

async function call<T>(method: string, path: string, options: CallOptions & { body?: unknown }): Promise<T> {
  const { query, signal: aborted, body } = options;
  let response: Response;
  try {
    response = await fetch(addressOf(path, query), {
      method,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        ...(method === "GET" ? {} : { "content-type": "application/json", "x-taskora-board": "1" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: aborted ?? null,
    });
  } catch (error) {
    if (aborted?.aborted) throw error;
    throw new CallFailed(0, {
      code: "BOARD_AWAY",
      message: "The board did not answer.",
      hint: "It is asked again by itself. See whether its process runs.",
    });
  }
  const text = await response.text();
  const value = parsed(text);
  // A change that was refused by the state of what it is about has an answer of its own.
  if (response.ok || (value as { status?: unknown } | undefined)?.status === "refused") {
    if (path !== "/session") mustLogIn.value = false;
    return value as T;
  }
  if (response.status === 401 && path !== "/session") mustLogIn.value = true;
  throw new CallFailed(response.status, errorOf(response.status, value));
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(status: number, value: unknown): ApiError["error"] {
  const error = (value as Partial<ApiError> | undefined)?.error;
  if (error !== undefined) return error;
  return { code: "BOARD_ANSWER", message: `The board answered with status ${status}, and said nothing.` };
}

/**
 * Paths are those below `/api/v1`, with their parts encoded. Each call rejects with {@link CallFailed}.
 */
export const api = {
  get: <T>(path: string, options: CallOptions = {}): Promise<T> => call("GET", path, options),
  post: <T>(path: string, body: unknown = {}, options: CallOptions = {}): Promise<T> =>
    call("POST", path, { ...options, body }),
  patch: <T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> =>
    call("PATCH", path, { ...options, body }),
  remove: <T>(path: string, body: unknown = {}, options: CallOptions = {}): Promise<T> =>
    call("DELETE", path, { ...options, body }),
};

/** Path of a call with its parts encoded: `pathOf("tasks", name, "pause")`. */
export const pathOf = (...parts: readonly string[]): string =>
  `/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
