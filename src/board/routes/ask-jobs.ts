/** Which jobs a list or a change of many is about, as somebody sees them. */
import { internalsOf } from "../../app/app-internals.js";
import { SeenFilter } from "../../app/operate/chosen-jobs.js";
import type { Taskora } from "../../app/taskora.js";
import type { FilterTerm, ParsedFilter } from "../../core/job-filter/job-filter.js";
import { fitsPattern, taskPatternsOf, tasksChosen } from "../../core/job-filter/match-filter.js";
import { parseJobFilter } from "../../core/job-filter/parse-filter.js";
import type { JobState } from "../../core/lifecycle.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { BoardFailure } from "../http/answer.js";
import type { BoardRequest } from "../http/route.js";

/** Fields that look at what may be hidden. */
const LOOKS_INSIDE: ReadonlySet<FilterTerm["field"]> = new Set(["data", "header", "error", "code", "word"]);

/** What was asked for. */
export interface AskedJobs {
  readonly q?: string | undefined;
  readonly task?: readonly string[] | undefined;
  readonly state?: readonly JobState[] | undefined;
}

/** What is given to the library. */
export interface ChosenJobs {
  /** Undefined: all. */
  readonly task: readonly string[] | undefined;
  readonly where: SeenFilter | undefined;
  /** Nothing that they see can be chosen. */
  readonly isNone: boolean;
  /** All tasks among which is chosen, of those that they see. */
  readonly among: readonly string[];
  /** Those of them that the filter does not rule out. */
  readonly asked: readonly string[];
  /** An admin looks where others are shown nothing. */
  readonly looksWhereHidden: boolean;
  readonly terms: readonly FilterTerm[];
}

/** Names of all tasks that the store has met. */
export async function storedTasks(app: Taskora): Promise<readonly string[]> {
  const { observed } = internalsOf(app);
  await observed.connect();
  return (await observed.adapter.tasks()).filter((name) => name !== WORKFLOW_TASK);
}

/**
 * Chooses among the tasks that somebody sees, by what they are shown.
 *
 * @throws {FilterError} when `q` cannot be read
 * @throws {BoardFailure} when it looks where they are shown nothing
 */
export async function chooseSeen(
  { app, board, rights }: Pick<BoardRequest, "app" | "board" | "rights">,
  { q = "", task, state }: AskedJobs,
): Promise<ChosenJobs> {
  const { terms } = parseJobFilter(q);
  const all = task ?? (await storedTasks(app));
  const seen = rights.among(all);
  const isNarrow = !rights.seesAll || task !== undefined;
  const own: readonly FilterTerm[] =
    state === undefined ? [] : [{ field: "state", states: state, isNegated: false }];
  const filter: ParsedFilter = { terms: [...terms, ...own] };
  if (!rights.seesAll) requireSeen(filter, seen);
  const asked = tasksChosen(filter, seen);
  const isNone = isNarrow && seen.length === 0;
  const chosen = {
    ...{ task: isNarrow ? seen : undefined, isNone },
    ...{ terms, among: seen, asked, looksWhereHidden: false },
  };
  if (filter.terms.length === 0) return { ...chosen, where: undefined };
  const looks = terms.some(({ field }) => LOOKS_INSIDE.has(field));
  const refused = looks ? await board.redactor.hiddenIn(filter, asked) : undefined;
  if (rights.is("admin") || !looks) {
    const where = new SeenFilter(filter, (job) => job);
    return { ...chosen, where, looksWhereHidden: refused !== undefined };
  }
  if (refused !== undefined) throw refused;
  const { see, prepare } = board.redactor.seer();
  return { ...chosen, where: new SeenFilter(filter, see, prepare) };
}

/** A task that they do not see is as one that is not there. */
function requireSeen(filter: ParsedFilter, seen: readonly string[]): void {
  const unknown = taskPatternsOf(filter).find((pattern) => !seen.some((name) => fitsPattern(pattern, name)));
  if (unknown !== undefined)
    throw new BoardFailure(404, "TASK_NOT_FOUND", {
      message: `There is no task "${unknown.join("*").slice(0, 250)}" among those that you see.`,
    });
}
