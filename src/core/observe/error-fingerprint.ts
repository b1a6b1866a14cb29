/**
 * Tells errors of one kind from others: by name, code, the message without what changes from one to the next, and where in the
 * application it was thrown. Pure; an error that was stored has the same fingerprint as the one that was thrown.
 */
import type { StoredError } from "../errors.js";

/** What of an error says which kind it is. */
export type Fingerprinted = Pick<StoredError, "name" | "message" | "stack" | "code">;

/** Longer messages are told apart by their beginning. */
const MOST_CHARS = 1000;
/** Frames that are looked at; errors of libraries come through fewer. */
const MOST_FRAMES = 50;

/**
 * What changes from one message to the next, the widest first: a URL holds numbers, a UUID is made of hex digits.
 */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, "<email>"],
  [/(\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'`?#<>]{1,500})[?#][^\s"'`<>]*/gi, "$1?<query>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>"],
  [/"[^"\n]*"|`[^`\n]*`|“[^”\n]*”|«[^»\n]*»|(?<!\w)'[^'\n]*'(?!\w)/g, "<text>"],
  [/\b0x[0-9a-f]+\b/gi, "<hex>"],
  [/\b(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b/gi, "<hex>"],
  [/\d+(?:[.,_:]\d+)*/g, "<n>"],
];

/** A message without what changes from one to the next. */
export function messagePattern(message: string): string {
  let pattern = message.slice(0, MOST_CHARS);
  for (const [changing, sign] of CHANGING) pattern = pattern.replace(changing, sign);
  return pattern.replace(/\s+/g, " ").trim();
}

/** Eight hex digits, the same for errors of one kind. */
export function errorFingerprint(error: Fingerprinted): string {
  const { name, code = "", message, stack } = error;
  return hash([name, String(code), messagePattern(message), frameOf(stack)].join("\n"));
}

/**
 * The function and file of the first frame that is neither Node's nor a package's. Lines are left out: they change with each
 * release, and a frame of the same function is the same place.
 */
function frameOf(stack: string | undefined): string {
  if (stack === undefined) return "";
  const frames = stack
    .split("\n")
    .filter((line) => /^\s*at /.test(line))
    .slice(0, MOST_FRAMES);
  const own = frames.find((line) => !/node:|node_modules|<anonymous>|\bnative\b/.test(line));
  return own === undefined ? "" : placeOf(own);
}

/** `at async Mailer.send (file:///app/dist/mail.js?v=3:10:5)` → `Mailer.send mail.js`: folders differ between machines. */
function placeOf(frame: string): string {
  const text = frame.trim().replace(/^at (?:async |new )*/, "");
  const [, called = "", place = text] = /^(.*?) ?\((.*)\)$/.exec(text) ?? [];
  const file = place
    .replace(/:\d+(?::\d+)?$/, "")
    .replace(/\?.*$/, "")
    .split(/[\\/]/)
    .at(-1);
  return `${called} ${file}`;
}

/** FNV-1a, 32 bits. @see https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0");
}
