/**
 * Names of lanes. The jobs of a lane are stored as those of a task of its own, whose name is that of the contract, a slash
 * and that of the lane: no task name holds a slash, and each store keeps, counts, pauses and lists it as it does all tasks.
 */
import { OptionError } from "./errors.js";
import { type Check, describe } from "./options.js";
import { requireTaskName } from "./task-name.js";

const LANE = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/;
const MAX_LANE = 100;

/** A task name with the lane in it taken apart. */
export interface LaneParts {
  /** Name of the contract. */
  readonly contract: string;
  /** Undefined: the name is that of the task itself. */
  readonly lane: string | undefined;
}

/** Whether it can be the name of a lane. */
export function isLaneName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_LANE && LANE.test(value);
}

/** Takes the name of a lane: letters and digits, joined by `.`, `_` or `-`, at most 100 characters. */
export const laneName: Check<string> = (value, option) => {
  if (isLaneName(value)) return value;
  throw new OptionError(
    `expected ${option} to be the name of a lane, such as "secondary" or "tenant-7", at most ${MAX_LANE} characters; got ${describe(value)}`,
    { option, code: "NAME_INVALID" },
  );
};

/** The stored name of a task, in a lane of it where one is given. */
export function inLane(task: string, lane: string | undefined): string {
  return lane === undefined ? task : laneTask(laneParts(task).contract, lane);
}

/** The name under which the jobs of a lane are stored. */
export function laneTask(contract: string, lane: string): string {
  return `${contract}/${lane}`;
}

export function laneParts(task: string): LaneParts {
  const slash = task.indexOf("/");
  if (slash === -1) return { contract: task, lane: undefined };
  return { contract: task.slice(0, slash), lane: task.slice(slash + 1) };
}

/**
 * Refuses what can name neither a task nor a lane of one.
 *
 * @throws {OptionError} `NAME_INVALID`
 */
export function requireStoredName(name: string, option: string): string {
  const { contract, lane } = laneParts(name);
  requireTaskName(contract, option);
  if (lane !== undefined) laneName(lane, `the lane in ${option}`);
  return name;
}
