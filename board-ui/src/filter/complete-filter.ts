/** What may be written next in a filter of jobs: fields, states, names of tasks, places in payloads. */
import { LENGTH_FIELDS, NUMBER_FIELDS, TEXT_FIELDS } from "../../../src/core/job-filter/job-filter.js";
import { JOB_STATES } from "../../../src/core/lifecycle.js";
import type { PayloadPath } from "../forms/payload-paths.js";

/** What is known of the store. */
export interface FilterWords {
  readonly tasks: readonly string[];
  /** Of the tasks that the filter is about. */
  readonly paths: readonly PayloadPath[];
  /** Machines of live workers. */
  readonly hosts?: readonly string[];
  readonly codes?: readonly string[];
  readonly headers?: readonly string[];
}

/** One thing that may be written. */
export interface Completion {
  /** What takes the place of what was written so far. */
  readonly text: string;
  readonly hint: string;
}

/** What may be written between two places of the text. */
export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

const MOST_OPTIONS = 12;

/** What may stand where the caret is. */
export function completeFilter(text: string, caret: number, words: FilterWords): Completions {
  const { field, from } = termAt(text, caret);
  if (field === undefined && text.charAt(from) === '"') return { from, to: caret, options: [] };
  const written = text.slice(from, caret);
  const to = field === undefined ? endOfField(text, caret) : endOfValue(text, from, caret);
  const all = field === undefined ? fieldOptions(words) : valueOptions(field, words);
  return { from, to, options: best(all, written).slice(0, MOST_OPTIONS) };
}

/** The text with a completion in it, and where the caret is then. */
export function withCompletion(
  text: string,
  { from, to }: Pick<Completions, "from" | "to">,
  completion: Completion,
): { readonly text: string; readonly caret: number } {
  const isWhole = !/[:.=<>]$/.test(completion.text) && text.slice(to).trim() === "";
  const inserted = isWhole ? `${completion.text} ` : completion.text;
  const rest = isWhole ? text.slice(to).trimStart() : text.slice(to);
  return { text: text.slice(0, from) + inserted + rest, caret: from + inserted.length };
}

interface Term {
  /** Undefined: it has no operator yet. */
  readonly field: string | undefined;
  /** Where what is being written begins: the term, or its value. */
  readonly from: number;
}

/** The term that the caret is in, quotes and backslashes minded. */
function termAt(text: string, caret: number): Term {
  let start = 0;
  let valueFrom: number | undefined;
  let field: string | undefined;
  let isQuoted = false;
  for (let at = 0; at < caret; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (/\s/.test(char)) {
      start = at + 1;
      valueFrom = undefined;
      field = undefined;
    } else if (field === undefined && /[:=<>]/.test(char)) {
      field = text.slice(start, at).replace(/^-/, "");
      valueFrom = at + 1;
    } else if (field !== undefined && (char === "|" || (valueFrom === at && /[:=<>]/.test(char)))) {
      valueFrom = at + 1;
    }
  }
  if (field !== undefined && valueFrom !== undefined) return { field, from: Math.min(valueFrom, caret) };
  return { field: undefined, from: text.charAt(start) === "-" && start < caret ? start + 1 : start };
}

function endOfField(text: string, caret: number): number {
  let at = caret;
  while (at < text.length && !/[\s:=<>"|]/.test(text.charAt(at))) at++;
  return /[:=<>]/.test(text.charAt(at)) ? at + 1 : at;
}

/** Up to the blank or bar that ends the value, which may be quoted. */
function endOfValue(text: string, from: number, caret: number): number {
  let isQuoted = false;
  let at = from;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[\s|]/.test(char)) break;
  }
  return Math.max(Math.min(at, text.length), caret);
}

const HINTS: Readonly<Record<string, string>> = {
  ...{ state: "waiting, failed …", task: "name, with * for any text", id: "of the job, with *" },
  group: "in which it takes turns",
  ...{ error: "text in its name or message", code: "of the error, such as ECONNRESET" },
  ...{
    worker: "machine or id",
    attempt: "runs so far",
    priority: "−1000 to 1000",
    version: "of the contract",
  },
  ...{ age: "since its dispatch, such as 10m", wait: "until its last start", run: "of its last run" },
};

function fieldOptions({ paths, headers = [] }: FilterWords): readonly Completion[] {
  const texts = TEXT_FIELDS.filter((field) => field !== "word");
  const plain = ["state", ...texts, ...NUMBER_FIELDS].map((field) => `${field}:`);
  const lengths = LENGTH_FIELDS.map((field) => `${field}>`);
  return [
    ...[...plain, ...lengths].map((text) => ({ text, hint: HINTS[text.slice(0, -1)] ?? "" })),
    { text: "finished>", hint: "time, or -15m for the last 15 minutes" },
    ...paths.filter(({ kind }) => kind !== "object").map(pathOption),
    ...headers.map((name) => ({ text: `header.${escapedWord(name)}:`, hint: "header" })),
    ...(paths.length === 0 ? [{ text: "data.", hint: "place in the payload, as data.order.id:17" }] : []),
    ...(headers.length === 0 ? [{ text: "header.", hint: "name of a header, as header.tenant:acme" }] : []),
  ];
}

function pathOption({ path, kind, title, isSensitive }: PayloadPath): Completion {
  const text = `data.${path.map(escapedKey).join(".")}:`;
  return { text, hint: [title, isSensitive ? `${kind}, hidden` : kind].filter(Boolean).join(" · ") };
}

function valueOptions(field: string, words: FilterWords): readonly Completion[] {
  switch (field) {
    case "state":
      return JOB_STATES.map((state) => ({ text: state, hint: "" }));
    case "task":
      return [...groupsOf(words.tasks), ...words.tasks].map((name) => ({
        text: name.endsWith(".*") ? name : quotedValue(name),
        hint: "",
      }));
    case "worker":
      return (words.hosts ?? []).map((host) => ({ text: quotedValue(host), hint: "" }));
    case "code":
      return (words.codes ?? []).map((code) => ({ text: quotedValue(code), hint: "" }));
    case "age":
    case "wait":
    case "run":
      return ["1s", "10s", "1m", "10m", "1h", "1d"].map((text) => ({ text, hint: "" }));
    case "finished":
      return ["-15m", "-1h", "-1d"].map((text) => ({ text, hint: `the last ${text.slice(1)}` }));
    default:
      return pathValues(field, words.paths);
  }
}

/** `email.*` where several tasks begin so. */
function groupsOf(tasks: readonly string[]): readonly string[] {
  const heads = tasks.flatMap((name) => (/^[\w-]+\./.test(name) ? [name.slice(0, name.indexOf("."))] : []));
  const repeated = heads.filter((head, at) => heads.indexOf(head) === at && heads.lastIndexOf(head) !== at);
  return repeated.map((head) => `${head}.*`);
}

function pathValues(field: string, paths: readonly PayloadPath[]): readonly Completion[] {
  const wanted = field.replace(/^payload\./, "data.");
  const found = paths.find(({ path }) => `data.${path.map(escapedKey).join(".")}` === wanted);
  return (found?.values ?? []).flatMap((value) =>
    typeof value === "object" && value !== null ? [] : [{ text: quotedValue(String(value)), hint: "" }],
  );
}

/** Those that begin so, then those that have it in them; what is written already is not offered alone. */
function best(options: readonly Completion[], written: string): readonly Completion[] {
  const wanted = written.replace(/^"|"$/g, "").toLowerCase();
  const plain = ({ text }: Completion) => text.replace(/^"/, "").toLowerCase();
  const beginning = options.filter((option) => plain(option).startsWith(wanted));
  const within = wanted === "" ? [] : options.filter((option) => plain(option).indexOf(wanted) > 0);
  const found = [...beginning, ...within];
  return found.length === 1 && found[0]?.text === written ? [] : found;
}

/** A value as it is written in a filter: quoted where something in it would mean something. */
export function quotedValue(value: string): string {
  if (value !== "" && !/[\s"\\|*]|^[=<>]/.test(value)) return value;
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** A key of a path as it is written in a filter. */
export function escapedKey(key: string): string {
  return key.replace(/[\s"\\|*:=<>.]/g, "\\$&");
}

function escapedWord(name: string): string {
  return name.replace(/[\s"\\|*:=<>]/g, "\\$&");
}
