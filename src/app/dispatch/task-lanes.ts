import { limitArguments } from "../../core/arguments.js";
import { laneName, laneParts } from "../../core/lane-name.js";
import type { LaneOptions } from "../../worker/handler.js";
import type { ChangeResult } from "../operate/change.js";
import { laneOption } from "../registry.js";

/** The lanes of a task. */
export interface TaskLanes {
  /** Names of the lanes that this app or the store has met, in their order. */
  list(): Promise<readonly string[]>;
  /**
   * Works on one more lane in this process, from now on or from the next start on, with the handler that the task has here.
   *
   * @throws {TaskoraError} `HANDLER_MISSING` when it has none, `NAME_INVALID`, `OPTION_INVALID`
   */
  add(lane: string | LaneOptions): ChangeResult;
  /**
   * Works on a lane no more in this process: no job of it is begun from now on, those that run go on. What waits there stays, for
   * other processes. `missing` when this process did not work on it.
   *
   * @throws {TaskoraError} `NAME_INVALID`
   */
  remove(lane: string): ChangeResult;
}

/** What lanes need from their app. */
export interface LanesHost {
  /** A lane is used here, by the name under which its jobs are stored. */
  meet(task: string): void;
  /** Works on a lane. Returns whether it did not before. */
  work(contract: string, lane: LaneOptions): boolean;
  /** Works on a lane no more. Returns whether it did. */
  leave(contract: string, lane: string): boolean;
  /** Every task that the app or the store has met. */
  tasks(): Promise<readonly string[]>;
}

/** Makes the lanes of a contract. */
export function createTaskLanes(contract: string, host: LanesHost): TaskLanes {
  const lanes: TaskLanes = {
    async list() {
      const parts = (await host.tasks()).map(laneParts).filter((each) => each.contract === contract);
      return parts.flatMap(({ lane = [] }) => lane);
    },
    add: (lane) => ({ status: host.work(contract, laneOption(lane, "lane")) ? "applied" : "unchanged" }),
    remove: (lane) => ({ status: host.leave(contract, laneName(lane, "lane")) ? "applied" : "missing" }),
  };
  return limitArguments(lanes, "lanes.", { throws: { add: 1, remove: 1 }, rejects: { list: 0 } });
}
