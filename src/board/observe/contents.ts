/** Looks through what a store holds for what cannot all be true, while others work with it. */
import { internalsOf } from "../../app/app-internals.js";
import { observeStoreOf } from "../../app/features.js";
import { pauseFor, RestingReader } from "../../app/operate/rest.js";
import type { Taskora } from "../../app/taskora.js";
import { anAbortSignal, integer } from "../../core/checks.js";
import type { Clock } from "../../core/clock.js";
import { TaskoraError } from "../../core/errors.js";
import type { ContentsStore, StoreFault } from "../../core/observe/store-contents.js";
import { optionSet } from "../../core/options.js";
import type { Note } from "../api.js";
import { contentsNotes } from "./contents-rules.js";

export interface ContentsOptions {
  /**
   * Entries of one index of a task, or rows of one table, that are looked at; the rest is passed over. 1 to 10 000 000. Default
   * 20 000.
   */
  readonly most?: number | undefined;
  /** Ends it; what was found by then is told. */
  readonly signal?: AbortSignal | undefined;
}

/** What was looked at beneath the verbs of a store, and what is wrong with it. */
export interface ContentsExamination {
  /** Entries of indexes, rows and keys. */
  readonly entries: number;
  /** What was not looked at, in words; `[]`: everything was. */
  readonly passed: readonly string[];
  readonly notes: readonly Note[];
}

/** Asked for at once: a script on Redis takes some µs for each. */
const ENTRIES_PER_CALL = 500;
/** A job on its way, or a clean-up that has begun, is over by then. */
const AGAIN_MS = 500;
/** How often what looks wrong is looked at again. */
const TIMES_AGAIN = 2;
/** More would say nothing more. */
const MOST_SUSPECTS = 1000;

/**
 * Looks through the indexes, keys and counters of a store: whether each job is stored once and found, and nothing is held for one that is
 * gone. Reads only, a bounded stretch at a time, with at most a third of the store's time. What looks wrong is looked at twice more
 * before it is told, so that work under way is none.
 *
 * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter cannot look at what it holds, and as the store does
 */
export async function examineContents(
  taskora: Taskora,
  options?: ContentsOptions,
): Promise<ContentsExamination>;
export async function examineContents(taskora: Taskora, given: object = {}): Promise<ContentsExamination> {
  const { most = DEFAULT_MOST, signal } = OPTIONS.read(given, "examineContents()");
  const { adapter, clock, connect } = internalsOf(taskora).observed;
  const { contents } = observeStoreOf(adapter, "examineContents()");
  if (contents === undefined)
    throw new TaskoraError(
      "NOT_SUPPORTED",
      `The ${adapter.name} adapter does not look at what it holds (observe.contents), which examineContents() needs. Use examine(), or an adapter that can, such as redisAdapter().`,
    );
  await connect();
  const { suspects, ...looked } = await lookThrough(contents, { most, clock, signal });
  return { ...looked, notes: contentsNotes(await lasting(contents, suspects, clock)) };
}

const DEFAULT_MOST = 20_000;
const OPTIONS = optionSet({ most: integer(1, 10_000_000), signal: anAbortSignal });

async function lookThrough(
  contents: ContentsStore,
  {
    most,
    clock,
    signal,
  }: { readonly most: number; readonly clock: Clock; readonly signal: AbortSignal | undefined },
) {
  const resting = new RestingReader(clock, signal);
  const suspects: StoreFault[] = [];
  const passed: string[] = [];
  let entries = 0;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await resting.read(() => contents.look({ ...from, most, limit: ENTRIES_PER_CALL }));
    suspects.push(...page.faults);
    passed.push(...page.passed);
    entries += page.looked;
    cursor = page.cursor;
    if (cursor !== undefined && suspects.length >= MOST_SUSPECTS) {
      passed.push(`the rest: ${suspects.length} entries look wrong already`);
      cursor = undefined;
    } else if (cursor !== undefined && signal?.aborted === true) {
      passed.push("the rest: it was ended");
      cursor = undefined;
    }
  } while (cursor !== undefined);
  return { suspects, passed, entries };
}

/** Those that are there each time. */
async function lasting(
  contents: ContentsStore,
  suspects: readonly StoreFault[],
  clock: Clock,
): Promise<readonly StoreFault[]> {
  let left = suspects;
  for (let time = 0; time < TIMES_AGAIN && left.length > 0; time++) {
    await pauseFor(clock, AGAIN_MS);
    const still = await contents.confirm(left);
    left = left.filter((_, nth) => still[nth] === true);
  }
  return left;
}
