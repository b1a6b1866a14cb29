import { OptionError } from "../../core/errors.js";
import { contradictionsIn } from "../../core/observe/contradictions.js";
import type { ContentsPage, ContentsStore, StoreFault } from "../../core/observe/store-contents.js";
import type { JobStore } from "../memory-store.js";
import type { TaskStore } from "../task-store.js";
import { entriesOf } from "./task-entries.js";

/** A task is looked at in one go, and nothing else runs meanwhile: of 2 000 jobs that takes some 3 ms, 12 where all have limits. */
const MOST_JOBS = 2000;

/** Whether the indexes of a store can all be true. They are changed by this library alone: what is wrong is a mistake of it. */
export function createContentsStore(store: JobStore, requireOpen: () => unknown): ContentsStore {
  return {
    async look({ cursor = "0", most }) {
      requireOpen();
      const nth = Number(cursor);
      if (!Number.isSafeInteger(nth) || nth < 0)
        throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
      const name = store.known()[nth];
      if (name === undefined) return { faults: [], looked: 0, passed: [] };
      return { ...lookAt(store.task(name), most), cursor: String(nth + 1) };
    },
    async confirm(faults) {
      requireOpen();
      return faults.map((fault) =>
        faultsIn(store.task(fault.task ?? "")).some(({ detail }) => detail === fault.detail),
      );
    },
  };
}

function lookAt(task: TaskStore, most: number): Omit<ContentsPage, "cursor"> {
  const { size } = task.jobs;
  if (size > Math.min(most, MOST_JOBS))
    return { faults: [], looked: 0, passed: [`${task.name}: all of its ${size} jobs`] };
  return { faults: faultsIn(task), looked: size, passed: [] };
}

/** After the numbers of a limit were changed those that run go on: how many do is not looked at. */
function faultsIn(task: TaskStore): readonly StoreFault[] {
  return contradictionsIn({ ...entriesOf(task), override: task.override }).map((detail) => ({
    ...{ kind: "contradictory" as const, task: task.name, where: "memory", id: "", detail },
  }));
}
