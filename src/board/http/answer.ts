/** What the board answers over HTTP. */
import type { ErrorCode } from "../../core/errors.js";
import type { ApiError } from "../api.js";

/** What went wrong with a request, as its answer says it. */
export class BoardFailure extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Of a filter that cannot be read. */
  readonly position: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, details: FailureDetails) {
    super(details.message);
    this.status = status;
    this.code = code;
    this.hint = details.hint;
    this.position = details.position;
    this.headers = details.headers ?? {};
  }
}

/** What is said of a failure. */
export interface FailureDetails {
  /** What happened and why. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
  readonly position?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Data is never kept by whoever carries it. */
const DATA = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

/** An answer with a value. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { ...DATA, ...headers } });
}

/** An answer that says what went wrong. */
export function failed({ status, code, message, hint, position, headers }: BoardFailure): Response {
  const body: ApiError = {
    error: {
      ...{ code, message },
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    },
  };
  return json(body, status, headers);
}
