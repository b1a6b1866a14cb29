/** Calls of the HTTP API of a board. */
import type { Clock } from "../../core/clock.js";
import { TaskoraError } from "../../core/errors.js";
import { failureOfApi, isApiError } from "./api-failure.js";

/** Values of a query; a list is given as several, undefined is left out. */
export type Asked = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One call. */
export interface Call {
  /** Below `/api/v1`, as `/jobs/:task/:id`. */
  readonly path: string;
  /** What the parts of the path with a colon stand for. */
  readonly params?: Readonly<Record<string, string>>;
  /** Default `GET`. */
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Asked;
  readonly body?: object;
}

/** How a board is asked. */
export interface BoardApiSettings {
  /** Where the board is, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  fetch(request: Request): Promise<Response>;
}

/** Sends calls, and reads what they answer. */
export class BoardApi {
  readonly #settings: BoardApiSettings;

  constructor(settings: BoardApiSettings) {
    this.#settings = settings;
  }

  /**
   * What a call answers; also what it answers with 409, where it says what became of a change.
   *
   * @throws {TaskoraError} with the code of the API; `BOARD_UNAVAILABLE` when the board does not answer
   */
  async ask<Answer>(call: Call): Promise<Answer> {
    const { status, text } = await this.#send(call);
    const value = parsed(text);
    // A job that failed has an error too.
    if (status >= 400 && isApiError(value)) throw failureOfApi(value, filterOf(call));
    const isAnswer = value !== undefined && ((status >= 200 && status < 300) || status === 409);
    if (!isAnswer) throw this.#noBoard(status);
    return value as Answer;
  }

  /** As {@link ask}; undefined: there is nothing of that name. */
  async find<Answer>(call: Call): Promise<Answer | undefined> {
    try {
      return await this.ask<Answer>(call);
    } catch (error) {
      if (error instanceof TaskoraError && NOTHING.includes(error.code)) return undefined;
      throw error;
    }
  }

  /** The text of an answer that is no JSON, and what it is. */
  async text(call: Call, accept: string): Promise<{ readonly text: string; readonly contentType: string }> {
    const { status, text, contentType } = await this.#send(call, accept);
    const value = status === 200 ? undefined : parsed(text);
    if (isApiError(value)) throw failureOfApi(value);
    if (status !== 200) throw this.#noBoard(status);
    return { text, contentType };
  }

  /** The answer has to be there in time, its body included. */
  async #send(call: Call, accept = "application/json") {
    const { url, timeoutMs, clock, fetch } = this.#settings;
    const patience = new AbortController();
    const timer = clock.schedule(timeoutMs, () => patience.abort());
    try {
      const response = await fetch(this.#requestOf(call, { accept, signal: patience.signal }));
      const contentType = response.headers.get("content-type") ?? "";
      return { status: response.status, contentType, text: await response.text() };
    } catch (error) {
      const why = patience.signal.aborted ? `it took longer than ${timeoutMs} ms` : reasonOf(error);
      throw new TaskoraError(
        "BOARD_UNAVAILABLE",
        `The board at ${url} does not answer: ${why}. Look whether it runs, and can be reached from here.`,
        { cause: error },
      );
    } finally {
      timer.cancel();
    }
  }

  #requestOf(call: Call, { accept, signal }: { readonly accept: string; readonly signal: AbortSignal }) {
    const { url, token } = this.#settings;
    const { method = "GET", body } = call;
    const hasBody = method !== "GET";
    return new Request(`${url}/api/v1${targetOf(call)}`, {
      ...{ method, signal, redirect: "manual" },
      headers: {
        accept,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(hasBody ? { "content-type": "application/json", "x-taskora-board": "1" } : {}),
        // Whoever has no token says where the change comes from.
        ...(hasBody && token === undefined ? { origin: new URL(url).origin } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(body ?? {}) } : {}),
    });
  }

  #noBoard(status: number): TaskoraError {
    return new TaskoraError(
      "BOARD_UNAVAILABLE",
      `What answers at ${this.#settings.url} is no board: it gave status ${status} and no answer of one. The URL has to have the path of the board, as https://jobs.example.com/board.`,
    );
  }
}

/** There is nothing of that name; a task that is not known is told. */
const NOTHING: readonly string[] = ["BOARD_NOT_FOUND", "JOB_NOT_FOUND"];

/** The path with its query. What no path can have stands in the query. */
function targetOf({ path, params = {}, query = {} }: Call): string {
  const search = new URLSearchParams();
  const segments = path.split("/").map((part) => {
    if (!part.startsWith(":")) return part;
    const name = part.slice(1);
    const value = params[name] ?? "";
    if (value !== "." && value !== "..") return encodeURIComponent(value);
    search.set(name, value);
    return "_";
  });
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [value])
      search.append(name, String(each));
  }
  return search.size === 0 ? segments.join("/") : `${segments.join("/")}?${search}`;
}

function filterOf({ query, body }: Call): string {
  const q = query?.q ?? (body === undefined ? undefined : (body as { readonly q?: unknown }).q);
  return typeof q === "string" ? q : "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What `fetch` hides behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return cause.message === "" ? (code ?? error.message) : cause.message;
}
