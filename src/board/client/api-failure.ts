/** What the HTTP API of a board refuses, as an error of the library. */
import { ERROR_CODES, type ErrorCode, OptionError, StoreError, TaskoraError } from "../../core/errors.js";
import { FilterError } from "../../core/job-filter/filter-error.js";
import type { ApiError } from "../api.js";

/** Errors of codes that have a class of their own with nothing beside the message and an option. */
const OF_OPTIONS = [
  ...(["OPTION_INVALID", "NAME_INVALID", "DURATION_INVALID"] as const),
  ...(["CRON_INVALID", "TIME_ZONE_INVALID"] as const),
] as const;

/** How a {@link FilterError} begins, which is said anew. */
const FILTER_AT = /^The filter cannot be read at character \d+: /;

/**
 * The error of an answer. It has the code of the API; of a code that this version does not know, `BOARD_REFUSED`.
 *
 * @param filter what was asked with, where a filter was
 */
export function failureOfApi({ error }: ApiError, filter = ""): TaskoraError {
  const { message, hint, position } = error;
  const code = isErrorCode(error.code) ? error.code : "BOARD_REFUSED";
  const text = hint === undefined ? message : `${message} ${hint}`;
  if (code === "FILTER_INVALID" && position !== undefined)
    return new FilterError(filter, position, text.replace(FILTER_AT, ""));
  const ofOption = OF_OPTIONS.find((each) => each === code);
  if (ofOption !== undefined) return new OptionError(text, { code: ofOption });
  if (code.startsWith("STORE_"))
    return new StoreError(code, text, { retryable: code === "STORE_UNAVAILABLE" || code === "STORE_FULL" });
  return new TaskoraError(code, text);
}

/** Whether an answer is what the API says of failures. */
export function isApiError(value: unknown): value is ApiError {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  const { error } = value;
  if (typeof error !== "object" || error === null) return false;
  return (
    "code" in error &&
    typeof error.code === "string" &&
    "message" in error &&
    typeof error.message === "string"
  );
}

/** Whether a text is a code of this version of the library. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
