/** What the board answers over HTTP. */
import type { ApiError } from "../api.js";

/** What went wrong with a request, as its answer says it. */
export class BoardFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: number, code: string, { message, hint }: { message: string; hint?: string }) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Data is never kept by whoever carries it. */
const DATA = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

/** An answer with a value. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: DATA });
}

/** An answer that says what went wrong. */
export function failed({ status, code, message, hint }: BoardFailure): Response {
  const body: ApiError = { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  return json(body, status);
}
