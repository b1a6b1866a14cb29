import { isError } from "./error-chain.js";
import type { LogLine } from "./job.js";
import { writeLoosely } from "./json-value.js";
import { describe } from "./options.js";
import { cutText, storeError } from "./stored-error.js";

/** Longest message, and longest JSON of one field, that is kept. In characters. */
const MAX_MESSAGE_CHARS = 16_384;
const MAX_FIELD_CHARS = 16_384;

/**
 * A line as it is stored, whatever the handler gave: a value that JSON cannot carry becomes text, an error its name,
 * message and stack, and what is too long is cut. One bad field must not cost the job its logs.
 */
export function logLine(level: LogLine["level"], message: unknown, fields: unknown): Omit<LogLine, "at"> {
  const text = cutText(messageText(message), MAX_MESSAGE_CHARS);
  if (fields === undefined || fields === null) return { level, message: text };
  return { level, message: text, fields: storableFields(fields) };
}

/** An error in place of a message, as `console.error` takes it, is told by its name and message. */
function messageText(message: unknown): string {
  if (typeof message === "string") return message;
  if (!isError(message)) return describe(message);
  const { name, message: text } = storeError(message);
  return `${name}: ${text}`;
}

function storableFields(fields: unknown): Readonly<Record<string, unknown>> {
  if (typeof fields !== "object" || fields === null || isError(fields)) return { value: storable(fields) };
  return Object.fromEntries(keysOf(fields).map((key) => [key, storableProperty(fields, key)]));
}

/** A revoked proxy has none. */
function keysOf(fields: object): readonly string[] {
  try {
    return Object.keys(fields);
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function storableProperty(fields: object, key: string): unknown {
  try {
    return storable((fields as Record<string, unknown>)[key]);
  } catch (error) {
    return `(unreadable: reading it threw ${typeof error})`;
  }
}

function storable(value: unknown): unknown {
  if (isError(value)) return storeError(value);
  try {
    const text = writeLoosely(value);
    if (text === undefined) return undefined;
    return text.length <= MAX_FIELD_CHARS ? JSON.parse(text) : cutText(text, MAX_FIELD_CHARS);
  } catch (error) {
    return `${describe(value)} (${isError(error) ? error.name : typeof error})`;
  }
}
