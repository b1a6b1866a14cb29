/** Reads what scripts answer about jobs: records, claims, sections. Unreadable ones come back marked. */
import type { ClaimedJob } from "../../core/adapter.js";
import type { StoredError } from "../../core/errors.js";
import type { AttemptRecord, Encoded, JobSnapshot, LogLine, StoredMessage } from "../../core/job.js";
import { isFinalState, JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { type Body, corruptBody, decodeBody } from "./body-codec.js";
import {
  CLAIM_BYTES,
  FLAG_BITS,
  HEAD_BYTES,
  NOTICE_LETTERS,
  SECTION_LETTERS,
  STATE_LETTERS,
} from "./record-layout.js";

const STATE_OF_LETTER: ReadonlyMap<string, JobState> = new Map(
  JOB_STATES.map((state) => [STATE_LETTERS[state], state]),
);

/** The state of a letter; undefined for any other letter. */
export function stateOfLetter(letter: string): JobState | undefined {
  return STATE_OF_LETTER.get(letter);
}

/** A record taken apart. */
export interface JobRecord {
  readonly state: JobState;
  readonly flags: number;
  readonly attempt: number;
  readonly stalls: number;
  readonly priority: number;
  readonly enqueuedAt: number;
  /** 0: never. */
  readonly startedAt: number;
  /** Of a final state; while it waits: since when, 0: since it was stored. */
  readonly finishedAt: number;
  readonly body: Body;
  readonly sections: Sections;
}

/** Parts of a record or of a notice, by letter. */
export type Sections = ReadonlyMap<string, Buffer>;

/**
 * Takes a record apart; undefined when it is too short or has an unknown state.
 *
 * @param beside its payload, where that {@link isBeside}
 */
export function decodeRecord(raw: Buffer, beside?: Buffer): JobRecord | undefined {
  const state = STATE_OF_LETTER.get(String.fromCharCode(raw[0] ?? 0));
  const end = soundBodyEnd(raw);
  if (end === undefined || state === undefined) return undefined;
  return {
    state,
    flags: raw.readUInt8(1),
    attempt: raw.readUInt16LE(2),
    stalls: raw.readUInt8(4),
    priority: raw.readInt16LE(5),
    enqueuedAt: raw.readUIntLE(7, 6),
    startedAt: raw.readUIntLE(13, 6),
    finishedAt: raw.readUIntLE(19, 6),
    body: decodeBody(raw.subarray(HEAD_BYTES, end), beside),
    sections: decodeSections(raw.subarray(end)),
  };
}

const RESULTS: readonly string[] = [SECTION_LETTERS.resultText, SECTION_LETTERS.resultBytes];

/** Reads sections up to the end, or up to the first that is cut. A result has no length and runs to the end. */
export function decodeSections(bytes: Buffer): Sections {
  const sections = new Map<string, Buffer>();
  let at = 0;
  while (at < bytes.length) {
    const letter = String.fromCharCode(bytes.readUInt8(at));
    if (RESULTS.includes(letter)) return sections.set(letter, bytes.subarray(at + 1));
    if (at + 5 > bytes.length) break;
    const end = at + 5 + bytes.readUInt32LE(at + 1);
    if (end > bytes.length) break;
    sections.set(letter, bytes.subarray(at + 5, end));
    at = end;
  }
  return sections;
}

/**
 * The section of a record that says on which channel its outcome is wanted. As text where its bytes are ASCII: a command of
 * text alone goes out faster.
 */
export function encodeWatchers(channel: string): string | Buffer {
  const bytes = Buffer.from(channel, "utf8");
  const head = Buffer.alloc(5);
  head.write(SECTION_LETTERS.watchers, "latin1");
  head.writeUInt32LE(bytes.length, 1);
  const section = Buffer.concat([head, bytes]);
  return section.every((byte) => byte < 128) ? section.toString("latin1") : section;
}

/** A claim: fence, start and holder of a run. */
interface Claim {
  readonly fence: number;
  readonly startedAt: number;
  readonly lease: string;
}

export function decodeClaim(bytes: Buffer): Claim | undefined {
  if (bytes.length < CLAIM_BYTES) return undefined;
  const watchers = bytes.indexOf(0, CLAIM_BYTES);
  return {
    fence: bytes.readUIntLE(0, 6),
    startedAt: bytes.readUIntLE(6, 6),
    lease: bytes.toString("utf8", CLAIM_BYTES, watchers < 0 ? bytes.length : watchers),
  };
}

/** Whether the payload of a record stands beside it. */
export function isBeside(raw: Buffer): boolean {
  return ((raw[1] ?? 0) & FLAG_BITS.beside) !== 0;
}

/**
 * A job as the worker gets it. Reads no more of the record than that: each job passes here.
 *
 * @param beside its payload, where that {@link isBeside}
 */
export function toClaimedJob(
  raw: Buffer,
  { task, id, fence, lease }: Pick<ClaimedJob, "task" | "id" | "fence" | "lease">,
  beside?: Buffer,
): ClaimedJob {
  const bodyEnd = soundBodyEnd(raw);
  const isSound = bodyEnd !== undefined;
  const body = isSound ? decodeBody(raw.subarray(HEAD_BYTES, bodyEnd), beside) : unreadable(raw);
  const job = {
    task,
    id,
    payload: body.payload,
    version: body.version,
    fingerprint: body.fingerprint,
    headers: body.headers,
    priority: isSound ? raw.readInt16LE(5) : 0,
    attempt: isSound ? raw.readUInt16LE(2) + 1 : 1,
    stalls: isSound ? raw.readUInt8(4) : 0,
    enqueuedAt: isSound ? raw.readUIntLE(7, 6) : 0,
    waitingSince: isSound ? raw.readUIntLE(19, 6) || raw.readUIntLE(7, 6) : 0,
    fence,
    lease,
  };
  const { maxAttempts, collect, corrupt } = body;
  const isGated = isSound && (raw.readUInt8(1) & FLAG_BITS.gated) !== 0;
  if (maxAttempts === undefined && collect === undefined && corrupt === undefined && !isGated) return job;
  return {
    ...job,
    ...(isGated ? { isGated } : {}),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(collect === undefined ? {} : { collect }),
    ...(corrupt === undefined ? {} : { corrupt }),
  };
}

/** Where the body of a record ends; undefined when the record is too short or has an unknown state. */
function soundBodyEnd(raw: Buffer): number | undefined {
  if (raw.length < HEAD_BYTES || !STATE_OF_LETTER.has(String.fromCharCode(raw[0] ?? 0))) return undefined;
  const end = HEAD_BYTES + raw.readUInt32LE(HEAD_BYTES - 4);
  return raw.length < end ? undefined : end;
}

/** The parts a script answers for a job that is shown. */
interface SnapshotParts {
  readonly id: string;
  /** Letter; `""` when the job is not stored. */
  readonly state: string;
  readonly record: Buffer;
  /** Where it stands beside the record that was read. */
  readonly payload?: Buffer | undefined;
  readonly claim: Buffer;
  /** µs as digits, or `""`. */
  readonly due: string;
  /** ms, half a one less when the job is discarded then, or `""`. */
  readonly expiry: string;
  readonly progress: Buffer;
  /** `""`: it has none. */
  readonly group: string;
}

/** A job as the inspector sees it; undefined when it is not stored. */
export function toSnapshot(task: string, parts: SnapshotParts): JobSnapshot | undefined {
  const state = STATE_OF_LETTER.get(parts.state);
  if (state === undefined) return undefined;
  const record = decodeRecord(parts.record, parts.payload);
  const body = record?.body ?? unreadable(parts.record);
  const claim = decodeClaim(parts.claim);
  return {
    task,
    id: parts.id,
    state,
    payload: body.payload,
    version: body.version,
    fingerprint: body.fingerprint,
    headers: body.headers,
    priority: record?.priority ?? 0,
    attempt: (record?.attempt ?? 0) + (state === "active" ? 1 : 0),
    ...(body.maxAttempts === undefined ? {} : { maxAttempts: body.maxAttempts }),
    stalls: record?.stalls ?? 0,
    enqueuedAt: record?.enqueuedAt ?? 0,
    ...(parts.group === "" ? {} : { group: parts.group }),
    ...(parts.due === "" ? {} : { dueAt: dueAtOf(parts, record) }),
    ...(parts.expiry === "" ? {} : { expiresAt: Math.ceil(Number(parts.expiry)) }),
    ...(record === undefined ? {} : timesOf(record, state)),
    ...(claim === undefined ? {} : { startedAt: claim.startedAt, worker: claim.lease }),
    ...(record === undefined ? {} : endingOf(record.sections)),
    ...(parts.progress.length === 0 ? {} : { progress: decodeEncoded(parts.progress) }),
    ...(body.corrupt === undefined ? {} : { corrupt: body.corrupt }),
  };
}

/** A retry at once is ordered a millisecond before its attempt ended, so that it is over for whoever comes next. */
function dueAtOf({ due }: SnapshotParts, record: JobRecord | undefined): number {
  const dueAt = Math.floor(Number(due) / 1000);
  return record?.state === "retrying" ? Math.max(dueAt, record.finishedAt) : dueAt;
}

function unreadable(raw: Buffer): Body {
  return corruptBody(`its record has ${raw.length} bytes that are no job`);
}

function timesOf(
  record: JobRecord,
  state: JobState,
): Pick<JobSnapshot, "startedAt" | "finishedAt" | "waitingSince"> {
  return {
    ...(state === "waiting" || state === "active"
      ? { waitingSince: record.finishedAt || record.enqueuedAt }
      : {}),
    ...(record.startedAt === 0 ? {} : { startedAt: record.startedAt }),
    ...(isFinalState(record.state) ? { finishedAt: record.finishedAt } : {}),
  };
}

/** How a job ended, among sections. */
export function endingOf(
  sections: Sections,
): Pick<JobSnapshot, "result" | "error" | "reason" | "replacedBy"> {
  const text = sections.get(SECTION_LETTERS.resultText);
  const bytes = sections.get(SECTION_LETTERS.resultBytes);
  const error = sections.get(SECTION_LETTERS.error);
  const reason = sections.get(SECTION_LETTERS.reason);
  const replacedBy = sections.get(SECTION_LETTERS.replacedBy);
  return {
    ...(text === undefined ? {} : { result: text.toString("utf8") }),
    ...(bytes === undefined ? {} : { result: new Uint8Array(bytes) }),
    ...(error === undefined ? {} : { error: decodeError(error) }),
    ...(reason === undefined ? {} : { reason: reason.toString("utf8") }),
    ...(replacedBy === undefined ? {} : { replacedBy: replacedBy.toString("utf8") }),
  };
}

/** Progress as stored: its letter, then the value. */
function decodeEncoded(bytes: Buffer): Encoded {
  const isText = String.fromCharCode(bytes.readUInt8(0)) === SECTION_LETTERS.progressText;
  return isText ? bytes.toString("utf8", 1, bytes.length) : new Uint8Array(bytes.subarray(1));
}

/** Reads a stored error; an unreadable one becomes an error that says so. */
function decodeError(bytes: Buffer): StoredError {
  const text = bytes.toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (isStoredError(value)) return value;
    return { name: "Error", message: text };
  } catch (error) {
    return { name: "Error", message: `the stored error cannot be read: ${String(error)}` };
  }
}

function isStoredError(value: unknown): value is StoredError {
  return typeof value === "object" && value !== null && "name" in value && "message" in value;
}

const OUTCOME_OF_LETTER: ReadonlyMap<string, AttemptRecord["outcome"]> = new Map([
  [STATE_LETTERS.completed, "completed"],
  [STATE_LETTERS.failed, "failed"],
  [STATE_LETTERS.cancelled, "cancelled"],
  [NOTICE_LETTERS.stalled, "stalled"],
]);

const ATTEMPT_BYTES = 16;

/** Reads one entry of `history:<id>`; undefined when it is cut. */
export function decodeAttempt(bytes: Buffer): AttemptRecord | undefined {
  if (bytes.length < ATTEMPT_BYTES) return undefined;
  const workerEnd = ATTEMPT_BYTES + bytes.readUInt8(15);
  const outcome = OUTCOME_OF_LETTER.get(String.fromCharCode(bytes.readUInt8(14)));
  if (outcome === undefined || bytes.length < workerEnd) return undefined;
  return {
    attempt: bytes.readUInt16LE(0),
    startedAt: bytes.readUIntLE(2, 6),
    endedAt: bytes.readUIntLE(8, 6),
    outcome,
    worker: bytes.toString("utf8", ATTEMPT_BYTES, workerEnd),
    ...(bytes.length === workerEnd ? {} : { error: decodeError(bytes.subarray(workerEnd)) }),
  };
}

/** The run that ended a job, which its record itself tells; undefined when no run did. */
export function lastAttempt(record: JobRecord): AttemptRecord | undefined {
  const worker = record.sections.get(SECTION_LETTERS.worker);
  const outcome = OUTCOME_OF_LETTER.get(STATE_LETTERS[record.state]);
  if (worker === undefined || outcome === undefined) return undefined;
  const error = record.sections.get(SECTION_LETTERS.error);
  return {
    attempt: record.attempt,
    startedAt: record.startedAt,
    endedAt: record.finishedAt,
    worker: worker.toString("utf8"),
    outcome,
    ...(outcome !== "failed" || error === undefined ? {} : { error: decodeError(error) }),
  };
}

/** Reads one entry of `logs:<id>`; undefined when it is cut. */
export function decodeLogLine(bytes: Buffer): LogLine | undefined {
  return bytes.length < 6 ? undefined : readLogLine(bytes.subarray(6), bytes.readUIntLE(0, 6));
}

const MESSAGE_BYTES = 21;

/** A message as a script is given it: its number in the run, kind, data. */
export function encodeMessage({ message, nth }: { readonly message: Encoded; readonly nth: number }): Buffer {
  const isText = typeof message === "string";
  const head = Buffer.alloc(7);
  head.writeUIntLE(nth, 0, 6);
  head.write(isText ? SECTION_LETTERS.progressText : SECTION_LETTERS.progressBytes, 6, "latin1");
  return Buffer.concat([head, isText ? Buffer.from(message, "utf8") : message]);
}

/** Reads one entry of `messages:<id>`; undefined when it is cut. */
export function decodeMessage(number: Buffer, value: Buffer): StoredMessage | undefined {
  if (value.length < MESSAGE_BYTES) return undefined;
  const isText = value.toString("latin1", MESSAGE_BYTES - 1, MESSAGE_BYTES) === SECTION_LETTERS.progressText;
  const data = value.subarray(MESSAGE_BYTES);
  return {
    number: Number(number.toString("latin1")),
    at: value.readUIntLE(0, 6),
    attempt: value.readUInt16LE(12),
    message: isText ? data.toString("utf8") : new Uint8Array(data),
  };
}

/** Reads a line as it was told. */
export function readLogLine(bytes: Buffer, at: number): LogLine {
  try {
    return { at, ...(JSON.parse(bytes.toString("utf8")) as Omit<LogLine, "at">) };
  } catch (error) {
    return { at, level: "error", message: `this log line cannot be read: ${String(error)}` };
  }
}
