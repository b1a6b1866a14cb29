/** Reads what scripts publish. */
import type { Notice } from "../../core/adapter.js";
import {
  type JobEventType,
  type JobOutcome,
  type RawJobEvent,
  TASK_EVENTS,
  type TaskEvent,
  type TaskEventType,
} from "../../core/job.js";
import { type FinalState, isFinalState } from "../../core/lifecycle.js";
import { type GivenCommand, givenCommand } from "../../core/observe/vitals.js";
import type { Keys } from "../keys.js";
import { decodeSections, endingOf, readLogLine, type Sections, stateOfLetter } from "./job-record.js";
import { NOTICE_LETTERS, SECTION_LETTERS } from "./record-layout.js";

const ENTRY_HEAD_BYTES = 15;

interface Entry {
  readonly letter: string;
  readonly at: number;
  readonly attempt: number;
  readonly id: string;
  readonly sections: Sections;
}

const NOTICE_OF_LETTER: ReadonlyMap<string, JobEventType | TaskEventType> = new Map(
  (Object.keys(NOTICE_LETTERS) as (keyof typeof NOTICE_LETTERS)[]).map((name) => [
    NOTICE_LETTERS[name],
    name,
  ]),
);

/** Reads the entries of a message, up to the first that is cut. */
function decodeEntries(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  while (at + ENTRY_HEAD_BYTES <= bytes.length) {
    const idEnd = at + ENTRY_HEAD_BYTES + bytes.readUInt16LE(at + 9);
    const end = idEnd + bytes.readUInt32LE(at + 11);
    if (end > bytes.length) break;
    entries.push({
      letter: String.fromCharCode(bytes.readUInt8(at)),
      at: bytes.readUIntLE(at + 1, 6),
      attempt: bytes.readUInt16LE(at + 7),
      id: bytes.toString("utf8", at + ENTRY_HEAD_BYTES, idEnd),
      sections: decodeSections(bytes.subarray(idEnd, end)),
    });
    at = end;
  }
  return entries;
}

/** Events of one task. */
export function decodeEvents(task: string, message: Buffer): readonly Notice[] {
  return decodeEntries(message).flatMap((entry): Notice[] => {
    const type = stateOfLetter(entry.letter) ?? NOTICE_OF_LETTER.get(entry.letter);
    if (type === undefined) return [];
    if (isOfTask(type)) return [{ kind: "task", event: toTaskEvent(task, type, entry) }];
    return [{ kind: "event", event: toEvent(task, type, entry) }];
  });
}

function isOfTask(type: JobEventType | TaskEventType): type is TaskEventType {
  return (TASK_EVENTS as readonly string[]).includes(type);
}

function toTaskEvent(task: string, type: TaskEventType, { at, sections }: Entry): TaskEvent {
  if (type !== "drained") return { task, type, at };
  return { task, type, at, count: Number(sections.get(SECTION_LETTERS.count)?.toString("latin1") ?? 0) };
}

function toEvent(task: string, type: JobEventType, entry: Entry): RawJobEvent {
  const { sections } = entry;
  const worker = sections.get(SECTION_LETTERS.worker);
  const delay = sections.get(SECTION_LETTERS.delay);
  const line = sections.get(SECTION_LETTERS.line);
  const number = sections.get(SECTION_LETTERS.number);
  const text = sections.get(SECTION_LETTERS.progressText);
  const bytes = sections.get(SECTION_LETTERS.progressBytes);
  return {
    task,
    id: entry.id,
    type,
    at: entry.at,
    attempt: entry.attempt,
    ...(worker === undefined ? {} : { worker: worker.toString("utf8") }),
    ...endingOf(sections),
    ...(delay === undefined ? {} : { delayMs: Number(delay.toString("latin1")) }),
    ...(number === undefined ? {} : { number: Number(number.toString("latin1")) }),
    ...(line === undefined ? {} : { line: readLogLine(line, entry.at) }),
    ...(text === undefined ? {} : { progress: text.toString("utf8") }),
    ...(bytes === undefined ? {} : { progress: new Uint8Array(bytes) }),
  };
}

/** An outcome; `omitted` when its result was too large to be told and must be read. */
export interface ToldOutcome {
  readonly outcome: JobOutcome;
  readonly omitted: boolean;
}

/** Outcomes of one message, which begins with the root of their task. */
export function decodeOutcomes(keys: Keys, message: Buffer): readonly ToldOutcome[] {
  if (message.length < 2) return [];
  const rootEnd = 2 + message.readUInt16LE(0);
  const task = keys.taskOf(message.toString("utf8", 2, rootEnd));
  return task === undefined ? [] : decodeOutcomeEntries(task, message.subarray(rootEnd));
}

/** Outcomes of one task. */
export function decodeOutcomeEntries(task: string, bytes: Buffer): readonly ToldOutcome[] {
  const told: ToldOutcome[] = [];
  for (const entry of decodeEntries(bytes)) {
    const state = stateOfLetter(entry.letter);
    if (state === undefined || !isFinalState(state)) continue;
    const outcome = toOutcome(task, state, entry);
    told.push({ outcome, omitted: entry.sections.has(SECTION_LETTERS.omitted) });
  }
  return told;
}

function toOutcome(task: string, state: FinalState, { id, attempt, sections }: Entry): JobOutcome {
  const text = sections.get(SECTION_LETTERS.resultText);
  // Somebody waits for it, and this is how nearly all of them end.
  if (text !== undefined && sections.size === 1) {
    return { task, id, state, attempt, result: text.toString("utf8") };
  }
  const { error, ...ending } = endingOf(sections);
  // A record keeps the error of an attempt before, which is not how the job ended.
  const failure = state === "failed" && error !== undefined ? { error } : {};
  return { task, id, state, attempt, ...ending, ...failure };
}

/** Cancel notices of one task; one without an id says that the task was paused, or what a worker is told to do. */
export function decodeCancels(task: string, message: Buffer): readonly Notice[] {
  const notices: Notice[] = [];
  let at = 0;
  while (at + 6 <= message.length) {
    const idEnd = at + 6 + message.readUInt16LE(at);
    const end = idEnd + message.readUInt32LE(at + 2);
    if (end > message.length) break;
    const id = message.toString("utf8", at + 6, idEnd);
    const reason = message.toString("utf8", idEnd, end);
    const notice = id === "" ? toTaskNotice(task, reason) : ({ kind: "cancel", task, id, reason } as const);
    if (notice !== undefined) notices.push(notice);
    at = end;
  }
  return notices;
}

/** Undefined: a newer version tells workers what this one does not know. */
function toTaskNotice(task: string, said: string): Notice | undefined {
  if (said === "") return { kind: "paused", task };
  const command = readCommand(said);
  const [, , ...worker] = said.split(" ");
  return command && { kind: "told", worker: worker.join(" "), command };
}

/** Reads a command as it is stored: its number, a blank, its name, and what may follow after another blank. */
export function readCommand(text: string): GivenCommand | undefined {
  const [number, name] = text.split(" ");
  return givenCommand(name, number);
}
