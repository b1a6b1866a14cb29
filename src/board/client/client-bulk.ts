/** Changes of many jobs over the HTTP API of a board: they go on there, and are followed from here. */
import { setTimeout as wait } from "node:timers/promises";
import { priorityOption } from "../../app/dispatch/dispatch-options.js";
import { BULK_SHAPE, type BulkOptions, jobStates } from "../../app/operate/bulk.js";
import type { BulkResult } from "../../app/operate/change.js";
import { instant, text } from "../../core/checks.js";
import { parseDuration } from "../../core/duration.js";
import { TaskoraError } from "../../core/errors.js";
import { optionSet, required } from "../../core/options.js";
import type { BulkPreview, Operation } from "../api.js";
import { isErrorCode } from "./api-failure.js";
import type { BoardApi } from "./board-api.js";
import { notOverHttp, SAID } from "./client-checks.js";

type Action = Operation["action"];

const SHAPE = {
  ...{ ...BULK_SHAPE, ...SAID, where: text },
  fast: notOverHttp("it rests between the pages of a search"),
  cursor: notOverHttp("the same change asked for again does the rest"),
};
const OF_STATES = { ...SHAPE, state: jobStates };
/** What each takes, as the call of an app does. */
const TAKES = {
  retry: optionSet(SHAPE),
  promote: optionSet(SHAPE),
  cancel: optionSet(OF_STATES),
  remove: optionSet(OF_STATES),
  reschedule: optionSet({ ...OF_STATES, delay: parseDuration, runAt: instant }),
  prioritize: optionSet({ ...OF_STATES, priority: required(priorityOption) }),
};
const CALLS: Readonly<Record<Action, string>> = {
  ...{ retry: "retryAll()", promote: "promoteAll()", cancel: "cancelAll()", remove: "removeAll()" },
  ...{ reschedule: "rescheduleAll()", prioritize: "changePriorityAll()" },
};

/** How often it is asked how far one is: soon at first, and each second later. */
const FIRST_MS = 50;
const MOST_MS = 1000;

/**
 * Makes a change of many, and resolves when it has ended; where a signal stops it, within a page.
 *
 * @throws {TaskoraError} with the code of the API
 */
export async function changeMany(api: BoardApi, action: Action, query: object): Promise<BulkResult> {
  const { where: q, signal, onProgress, ...given } = TAKES[action].read(query, CALLS[action]);
  const body = { action, q, ...given };
  if (given.dryRun === true) {
    const { sample: _sample, ...counted } = await api.ask<BulkPreview>({
      path: "/bulk",
      method: "POST",
      body,
    });
    return counted;
  }
  const begun = await api.ask<Operation>({ path: "/bulk", method: "POST", body });
  return resultOf(await follow(api, begun, { signal, onProgress }));
}

async function follow(
  api: BoardApi,
  begun: Operation,
  { signal, onProgress }: Pick<BulkOptions, "signal" | "onProgress">,
): Promise<Operation> {
  const call = { path: "/operations/:id", params: { id: begun.id } };
  let operation = begun;
  for (let pauseMs = FIRST_MS; operation.state === "running"; pauseMs = Math.min(MOST_MS, pauseMs * 2)) {
    if (signal?.aborted === true) return api.ask<Operation>({ ...call, method: "DELETE" });
    // This timer keeps the process alive, since nothing else may while nothing is asked.
    await wait(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    const now = await api.find<Operation>(call);
    if (now === undefined) throw forgotten(begun.id);
    operation = now;
    onProgress?.(countsOf(operation));
  }
  return operation;
}

function resultOf(operation: Operation): BulkResult {
  const { state, error = "it failed", code = "" } = operation;
  if (state !== "failed") return countsOf(operation);
  const { applied } = operation;
  const done = applied === 0 ? "" : ` ${applied} jobs were changed before that.`;
  throw new TaskoraError(isErrorCode(code) ? code : "BOARD_UNAVAILABLE", `${error}${done}`);
}

function countsOf({ matched, applied, refused, missing }: BulkResult): BulkResult {
  return { matched, applied, refused, missing };
}

function forgotten(id: string): TaskoraError {
  return new TaskoraError(
    "BOARD_UNAVAILABLE",
    `The board knows the change ${id} no more: it was started anew, or another process of it answered. Look what was changed, and ask for the rest.`,
  );
}
