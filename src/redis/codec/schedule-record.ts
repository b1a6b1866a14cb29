/** A schedule's record: revision (Lua's), length of the plan, plan, letter of the payload's kind, payload. */
import type { Encoded } from "../../core/job.js";
import type { StoredSchedule } from "../../core/schedule-store.js";

const REVISION_BYTES = 6;
const HEAD_BYTES = REVISION_BYTES + 4;
const TEXT = "t";
const BYTES = "b";
/** Next slot, last slot, when that was fired, how many were: 6 bytes each; the id of the last job follows. */
const RUNS_BYTES = 24;

/** The record without its revision, which the store puts in front. */
export function encodeSchedule(plan: string, payload: Encoded): Buffer {
  const planBytes = Buffer.from(plan, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(planBytes.length);
  const isText = typeof payload === "string";
  const data = isText ? Buffer.from(payload, "utf8") : payload;
  return Buffer.concat([length, planBytes, Buffer.from(isText ? TEXT : BYTES), data]);
}

/** What scripts answer for a schedule. */
interface ScheduleParts {
  readonly name: string;
  readonly task: string;
  readonly record: Buffer;
  readonly runs: Buffer;
}

/** A record that is cut reads as one with an empty plan, which its callers refuse by name. */
export function decodeSchedule({ name, record, task, runs }: ScheduleParts): StoredSchedule | undefined {
  if (record.length === 0) return undefined;
  const isWhole = record.length > HEAD_BYTES;
  const planEnd = isWhole ? HEAD_BYTES + record.readUInt32LE(REVISION_BYTES) : record.length;
  return {
    name,
    task,
    revision: record.length < REVISION_BYTES ? 0 : record.readUIntLE(0, REVISION_BYTES),
    plan: isWhole ? record.toString("utf8", HEAD_BYTES, planEnd) : "",
    payload: decodePayload(record.subarray(planEnd)),
    ...decodeRuns(runs),
  };
}

function decodePayload(bytes: Buffer): Encoded {
  const isBytes = String.fromCharCode(bytes[0] ?? 0) === BYTES;
  return isBytes ? new Uint8Array(bytes.subarray(1)) : bytes.toString("utf8", 1, bytes.length);
}

function decodeRuns(
  runs: Buffer,
): Pick<StoredSchedule, "nextSlotAt" | "lastSlotAt" | "lastFiredAt" | "lastJobId" | "runs"> {
  if (runs.length < RUNS_BYTES) return {};
  const [nextSlotAt = 0, lastSlotAt = 0, lastFiredAt = 0, count = 0] = [0, 6, 12, 18].map((at) =>
    runs.readUIntLE(at, 6),
  );
  const lastJobId = runs.toString("utf8", RUNS_BYTES, runs.length);
  return {
    ...(nextSlotAt === 0 ? {} : { nextSlotAt }),
    ...(lastSlotAt === 0 ? {} : { lastSlotAt }),
    ...(lastFiredAt === 0 ? {} : { lastFiredAt }),
    ...(lastJobId === "" ? {} : { lastJobId }),
    ...(count === 0 ? {} : { runs: count }),
  };
}

/** A schedule on its way to another task: last revision, number of the move, next slot, length of the task; both follow. */
export interface ScheduleMove {
  readonly above: number;
  readonly claim: number;
  readonly nextSlotAt: number;
  readonly task: string;
  /** Without its revision. */
  readonly record: Buffer;
}

const MOVE_BYTES = 20;

/** Undefined for what is none. */
export function decodeMove(bytes: Buffer): ScheduleMove | undefined {
  if (bytes.length < MOVE_BYTES) return undefined;
  const taskEnd = MOVE_BYTES + bytes.readUInt16LE(18);
  const [above = 0, claim = 0, nextSlotAt = 0] = [0, 6, 12].map((at) => bytes.readUIntLE(at, 6));
  const task = bytes.toString("utf8", MOVE_BYTES, taskEnd);
  return { above, claim, nextSlotAt, task, record: bytes.subarray(taskEnd) };
}
