/**
 * Every error taskora throws. Each has a stable `code`, a message that says what happened, why and what
 * to do, and the `cause` where there is one. `docs/errors.md` is generated from {@link ERROR_CODES}.
 */

/** All stable error codes with one sentence each on what they mean. */
export const ERROR_CODES = {
  OPTION_INVALID: "An option has a wrong name, type or range.",
  NAME_INVALID: "The name of a task or a schedule is outside the pattern.",
  FILTER_INVALID: "A filter of jobs cannot be read, or compares what cannot be compared.",
  DURATION_INVALID: "A duration is neither milliseconds nor text such as `30s`.",
  CONTRACT_CONFLICT: "One task name was registered with two different contracts, or implemented twice.",
  CONTRACT_INVALID: "A contract definition is incomplete or contradicts itself.",
  VALIDATION_FAILED: "A payload or result does not fit the schema of its contract.",
  PAYLOAD_TOO_LARGE: "An encoded payload or result is larger than `maxPayloadBytes`.",
  PAYLOAD_UNSERIALIZABLE: "A payload or result cannot be encoded by the serializer.",
  RECORD_CORRUPT: "A stored record or payload cannot be decoded.",
  APP_CLOSED: "The app is closed or closing.",
  NOT_IMPLEMENTED: "A handler stub was not filled in yet.",
  TASK_NOT_FOUND: "A task is neither declared by the app nor known to the store.",
  HANDLER_MISSING: "A worker was started without a handler it must have.",
  JOB_FAILED: "A job ended as failed; the last error is the cause.",
  JOB_CANCELLED: "A job was cancelled.",
  JOB_EXPIRED: "A job's TTL passed before its first start.",
  JOB_NOT_FOUND: "A job is unknown to the store, or its record was pruned.",
  JOB_NOT_MOVED: "A relay could not move a job to the store where it should run.",
  JOB_ID_CONFLICT: "Another job with the same id is already stored.",
  JOB_UNRECOVERABLE: "A handler said that trying again is no use: `ctx.fail()` or an `UnrecoverableError`.",
  JOB_STALLED: "A job lost its worker more often than allowed.",
  JOB_VERSION_UNSUPPORTED: "A job was made with a contract version this worker no longer handles.",
  JOB_THROTTLED: "A job was refused because its throttle is full; it may be dispatched again later.",
  JOB_DUPLICATE: "A job was refused because its unique key is taken.",
  JOB_KEY_REUSED: "An idempotency key was used again with another payload.",
  JOB_REPLACED: "A debounced job was replaced by a later one.",
  WORKFLOW_FAILED: "A step of a workflow did not complete; its error is the cause.",
  TIMEOUT: "An attempt, or a wait for a result, took longer than allowed.",
  LEASE_LOST: "A worker's lease ended and its job was given to another worker.",
  SHUTDOWN: "The worker shut down before the handler ended.",
  RETRY_REQUESTED: "A handler asked for a retry.",
  SNOOZE_REQUESTED: "A handler gave its job back for a while.",
  CRON_INVALID: "A cron expression cannot be read, or has no slot ahead.",
  TIME_ZONE_INVALID: "A time zone is unknown.",
  SCHEDULE_CONFLICT: "One app declares two schedules with the same name, or others kept changing one.",
  SCHEDULE_BROKEN: "A stored schedule cannot be read here, so its slots are left to other processes.",
  STORE_UNAVAILABLE:
    "The store cannot be used right now; the message says why, and trying again later may succeed.",
  STORE_FULL: "The store refuses writes because it is out of memory.",
  STORE_AUTH: "The store refused the credentials, wants some and got none, or could not be trusted.",
  STORE_UNSUPPORTED: "The store's version, settings or kind cannot carry jobs safely.",
  STORE_FORMAT: "The stored data has another format version than this library.",
  STORE_REPLY: "The store answered something this library does not understand.",
  NOT_SUPPORTED: "An adapter or a schema lacks an optional part that this call needs.",
  DEPENDENCY_MISSING: "An optional package that this feature needs is not installed.",
  CODEGEN_FAILED: "The generator found something it cannot compile.",
  BOARD_AUTH_REQUIRED:
    "The board was asked from elsewhere and has no `auth`, or was asked by nobody it knows.",
  BOARD_FORBIDDEN: "The user of the board may not do this: the message says which role may.",
  BOARD_HOST_REFUSED:
    "The board was asked under a name that is not this machine's and not in `allowedHosts`.",
  BOARD_LOGIN_FAILED: "The name or the password for the board is wrong.",
  BOARD_NOT_FOUND: "The board has no such page or call, or there is nothing of that name.",
  BOARD_ORIGIN_REFUSED: "A change was asked of the board by a page of another origin, or without its header.",
  BOARD_REFUSED: "What was asked of the board cannot be done in the state that things are in.",
  BOARD_REQUEST_INVALID: "A request to the board cannot be read, or is larger or deeper than allowed.",
  BOARD_TOO_MANY: "The board was asked too often: too many logins, streams or searches at once.",
  BOARD_UNAVAILABLE: "The board is closed, or cannot answer; the store may be away.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The same in both builds of this library, which one process may hold. */
const ERROR_MARK: unique symbol = Symbol.for("taskora.error") as never;

function isErrorOf(Class: typeof TaskoraError, value: unknown): boolean {
  if (typeof value !== "object" || value === null || !(ERROR_MARK in value)) return false;
  // A class that extends one of ours says its kind only by inheritance, and is no other than itself.
  const kind = Object.hasOwn(Class, "kind") ? Class.kind : undefined;
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const made = at.constructor as Partial<typeof TaskoraError> | undefined;
    if (at === Class.prototype) return true;
    if (kind !== undefined && made?.kind === kind && Object.hasOwn(made, "kind")) return true;
  }
  return false;
}

/** The base of every error thrown by taskora. Branch on `code`, not on the message. */
export class TaskoraError extends Error {
  /**
   * Tells the class in either build of this library. Written out in each class, as the name is.
   *
   * @internal
   */
  static readonly kind: string = "TaskoraError";

  /** Written out in each class: a bundler may rename classes, and stored errors are compared by name. */
  override readonly name: string = "TaskoraError";
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean = false;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /**
   * An error of the ES module is an instance of the CommonJS build's class too, and the other way round.
   *
   * @internal
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: each class that extends this one is asked about itself
    return isErrorOf(this, value);
  }

  /** @internal */
  get [ERROR_MARK](): true {
    return true;
  }
}

/** The store as a whole did not do its work. `retryable` says whether the same call may succeed later. */
export class StoreError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "StoreError";
  override readonly name: string = "StoreError";
  override readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(code, message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/** An option has a wrong name, type or range. The message says what was expected and what was given. */
export class OptionError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "OptionError";
  override readonly name: string = "OptionError";
  /** Which one, as a path such as `retry.delay`; undefined where several contradict each other. */
  readonly option: string | undefined;

  constructor(
    message: string,
    details: { readonly option?: string; readonly cause?: unknown; readonly code?: OptionErrorCode } = {},
  ) {
    super(
      details.code ?? "OPTION_INVALID",
      message,
      "cause" in details ? { cause: details.cause } : undefined,
    );
    this.option = details.option;
  }
}

/** Codes of {@link OptionError}: durations, names, cron expressions and time zones have their own. */
type OptionErrorCode = Extract<
  ErrorCode,
  | "OPTION_INVALID"
  | "DURATION_INVALID"
  | "NAME_INVALID"
  | "CRON_INVALID"
  | "TIME_ZONE_INVALID"
  | "FILTER_INVALID"
>;

/** What is wrong with a value, named as zod names it. */
export type IssueKind =
  | "invalid_type"
  | "invalid_value"
  | "invalid_format"
  | "too_small"
  | "too_big"
  | "not_multiple_of"
  | "unrecognized_keys"
  | "invalid_key"
  | "invalid_element"
  | "invalid_union"
  | "custom";

/** One thing wrong with a value, as `["items", 0, "price"]` and a sentence. */
export interface ValidationIssue {
  /** Where in the value: keys and indexes from the outside in, `[]` for the value itself. */
  readonly path: readonly (string | number)[];
  /** What the schema says, for people; it may repeat what was given. */
  readonly message: string;
  /** The same from zod and from generated validators; other words come from other libraries, which may give none. */
  readonly kind?: IssueKind | (string & {});
}

/** A payload or result does not fit the schema of its contract. */
export class ValidationError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "ValidationError";
  override readonly name: string = "ValidationError";
  readonly task: string;
  readonly side: "input" | "output" | "message";
  readonly issues: readonly ValidationIssue[];

  constructor(details: {
    readonly task: string;
    readonly side: "input" | "output" | "message";
    readonly issues: readonly ValidationIssue[];
    readonly jobId?: string;
  }) {
    const subject = { input: "payload", output: "result", message: "message" }[details.side];
    const schema = details.side === "message" ? "emits" : details.side;
    const job = details.jobId === undefined ? "" : ` of job ${details.jobId}`;
    super(
      "VALIDATION_FAILED",
      `The ${subject}${job} does not fit the ${schema} schema of ${details.task}: ` +
        `${describeIssues(details.issues)}. Send what the contract declares, or change the contract.`,
    );
    this.task = details.task;
    this.side = details.side;
    this.issues = details.issues;
  }
}

/** Writes issues as `input.userId: expected string; …`, at most five of them. */
export function describeIssues(issues: readonly ValidationIssue[]): string {
  const shown = issues.slice(0, 5).map((issue) => {
    const path = formatPath(issue.path);
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  return shown.join("; ");
}

/** Writes a path as a reader would type it: `items[0].price`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** An encoded payload or result is larger than allowed. */
export class PayloadTooLargeError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "PayloadTooLargeError";
  override readonly name: string = "PayloadTooLargeError";
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(details: {
    readonly task: string;
    readonly side: "input" | "output" | "progress" | "message";
    readonly bytes: number;
    readonly maxBytes: number;
  }) {
    const subject = { input: "payload", output: "result", progress: "progress", message: "message" }[
      details.side
    ];
    const bound =
      details.side === "message"
        ? `a message may take ${details.maxBytes}. Store the data elsewhere and send a reference, or emit it in parts.`
        : `maxPayloadBytes is ${details.maxBytes}. Store the data elsewhere and send a reference, or raise maxPayloadBytes.`;
    super(
      "PAYLOAD_TOO_LARGE",
      `The ${subject} of ${details.task} takes ${details.bytes} bytes encoded and ${bound}`,
    );
    this.bytes = details.bytes;
    this.maxBytes = details.maxBytes;
  }
}

/** What a failed attempt looked like; survives the store, so it is plain data. */
export interface StoredError {
  /** That of the error's class; of thrown things that are no errors `"NonError"`. */
  readonly name: string;
  /** Cut when it is very long. */
  readonly message: string;
  /** Undefined: the error had none. */
  readonly stack?: string;
  /** Such as `"ECONNREFUSED"`, or a number where the error has one. */
  readonly code?: string | number;
  /** What caused it, and so on; of something thrown that is no error, name and message only. */
  readonly cause?: StoredError;
  /** What an `AggregateError` gathers, or both errors of a `SuppressedError`: the later one first. */
  readonly errors?: readonly StoredError[];
  /** `traceparent` of the attempt that failed, where it was traced: its trace and its span. */
  readonly trace?: string;
  /** Of a workflow: the step that failed. */
  readonly step?: { readonly task: string; readonly id: string };
}

/** The job ended as failed. `cause` is the last attempt's error: name, message, stack, code, its own cause and errors. */
export class JobFailedError extends TaskoraError {
  /** @internal */
  static override readonly kind: string = "JobFailedError";
  override readonly name: string = "JobFailedError";
  readonly jobId: string;
  readonly task: string;
  /** The attempt that failed last, from 1. */
  readonly attempt: number;

  constructor(details: {
    readonly jobId: string;
    readonly task: string;
    readonly attempt: number;
    readonly error: StoredError;
  }) {
    super(
      "JOB_FAILED",
      `Job ${details.jobId} (${details.task}) failed at attempt ${details.attempt}: ` +
        `${details.error.name}: ${details.error.message}`,
      { cause: reviveError(details.error) },
    );
    this.jobId = details.jobId;
    this.task = details.task;
    this.attempt = details.attempt;
  }
}

/** Makes an `Error` again from its stored form, and those behind it; classes are gone, all else is kept. */
export function reviveError(stored: StoredError): Error {
  const behind = stored.cause === undefined ? {} : { cause: reviveError(stored.cause) };
  const error =
    stored.errors === undefined
      ? new Error(stored.message, behind)
      : new AggregateError(stored.errors.map(reviveError), stored.message, behind);
  error.name = stored.name;
  if (stored.stack !== undefined) error.stack = stored.stack;
  if (stored.code !== undefined) Object.assign(error, { code: stored.code });
  return error;
}

/** What a job ends with that was blamed for the loss of its worker more often than `stallLimit`. */
export function stalledError(stallLimit: number): StoredError {
  return {
    name: "StalledError",
    code: "JOB_STALLED",
    message:
      `Its worker was lost more than ${stallLimit} time${stallLimit === 1 ? "" : "s"} while nothing else of its task ran ` +
      "there. Look for a crash or a blocked event loop in the handler, or raise the stall limit.",
  };
}
