/**
 * How what taskora says reaches the user's logger: `console`, pino, winston and bunyan each get a line, what it is about
 * and the error in the form that they print.
 */
import { OptionError } from "../core/errors.js";
import { describe } from "../core/options.js";
import { storeError } from "../core/stored-error.js";

/** Where taskora writes what it has to say: `console`, pino, winston, bunyan, or anything with these three. */
export interface Logger {
  /** Says that the process works, or stops: a line or two per start. */
  info(message: string, ...details: unknown[]): void;
  /** Something works but should be looked at, when nobody listens to `warning`. */
  warn(message: string, ...details: unknown[]): void;
  /** A job failed for good, or something went wrong outside of any caller's sight. */
  error(message: string, ...details: unknown[]): void;
}

export type LogLevel = "info" | "warn" | "error";

/** What a line is about. An undefined field is left out. */
export interface LogSubject {
  readonly error?: unknown;
  readonly task?: string | undefined;
  readonly jobId?: string | undefined;
  readonly schedule?: string | undefined;
  readonly code?: string | undefined;
}

/** Writes one line. Never throws: a logger that does is told of on stderr. */
export type WriteLine = (level: LogLevel, message: string, about?: LogSubject) => void;

type Form = (
  logger: Logger,
  level: LogLevel,
  line: { readonly text: string; readonly about: LogSubject },
) => void;

/** `console`, and whoever takes a text and an error. */
const plain: Form = (logger, level, { text, about }) => {
  if (about.error === undefined) logger[level](text);
  else logger[level](text, about.error);
};

/** Fields first, with the error in `err`. */
const fieldsFirst =
  (form: (error: unknown) => unknown): Form =>
  (logger, level, { text, about }) => {
    const { error, ...fields } = about;
    const log = logger[level].bind(logger) as unknown as (fields: object, text: string) => void;
    log(error === undefined ? fields : { ...fields, err: form(error) }, text);
  };

/** pino knows how to write an error. */
const forPino = fieldsFirst((error) => error);

/** bunyan writes an error as an object only where it was told to. */
const forBunyan = fieldsFirst(storeError);

/** winston: text first; it would print an error among the fields as `{}`, or add its text to ours. */
const fieldsLast: Form = (logger, level, { text, about }) => {
  const { error, ...fields } = about;
  logger[level](text, error === undefined ? fields : { ...fields, error: storeError(error) });
};

/** @throws {OptionError} when it cannot be written to */
export function lineWriter(logger: Logger): WriteLine {
  requireLogger(logger);
  const form = formOf(logger);
  return (level, message, about = {}) => {
    const line = { text: `[taskora] ${message}`, about: withoutUndefined(about) };
    writeSafely(() => form(logger, level, line), line.text);
  };
}

/** Told apart by what only they have, so that child loggers and wrappers count too. */
function formOf(logger: Logger): Form {
  const isPino = "bindings" in logger && typeof logger.bindings === "function";
  if (isPino) return forPino;
  if ("addStream" in logger && "fields" in logger) return forBunyan;
  return "transports" in logger && "configure" in logger ? fieldsLast : plain;
}

/** Writes a line with fields of its own. */
export type WriteFields = (level: LogLevel, text: string, fields: Readonly<Record<string, unknown>>) => void;

/**
 * Writes lines that have fields of their own; `console` gets those behind the text. Never throws, as {@link lineWriter}.
 *
 * @throws {OptionError} when it cannot be written to
 */
export function fieldWriter(logger: Logger): WriteFields {
  requireLogger(logger);
  const known = formOf(logger);
  const form = known === plain ? fieldsLast : known;
  return (level, text, about) => writeSafely(() => form(logger, level, { text, about }), text);
}

function writeSafely(write: () => void, text: string): void {
  try {
    write();
  } catch (error) {
    process.stderr.write(`${text}\n[taskora] the logger threw: ${storeError(error).message}\n`);
  }
}

function withoutUndefined(about: LogSubject): LogSubject {
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
}

function requireLogger(logger: unknown): void {
  const given = (typeof logger === "object" || typeof logger === "function" ? logger : {}) as object | null;
  const missing = ["info", "warn", "error"].filter(
    (level) => typeof (given as Record<string, unknown> | null)?.[level] !== "function",
  );
  if (missing.length === 0) return;
  throw new OptionError(
    `expected logger to be console, a logger with the methods info, warn and error, or false, got ${describe(logger)} ` +
      `without ${missing.join(", ")}`,
    { option: "logger" },
  );
}
