/** Every task of the store. */
import { useMemo } from "preact/hooks";
import type { TaskGlance } from "../../../src/board/api.js";
import { plural } from "../core/format.js";
import { useOverview } from "../core/live.js";
import { place, setQuery } from "../core/router.js";
import { Empty, Waiting } from "../parts/empty.js";
import { PageHead } from "../parts/page-head.js";
import { TaskTable } from "../tasks/task-table.js";

/** How they may be ordered: by the name upwards, by numbers downwards. */
const ORDERS: Readonly<Record<string, { readonly name: string; readonly of: (task: TaskGlance) => number }>> =
  {
    waiting: { name: "most waiting", of: ({ counts }) => counts.waiting },
    oldest: {
      name: "longest wait",
      of: ({ oldestWaitingSince: since }) => (since === undefined ? 0 : 1e15 - since),
    },
    failed: { name: "most failed in 24 h", of: ({ failedLately = 0 }) => failedLately },
    busy: { name: "most ended per second", of: ({ rates }) => rates?.out ?? 0 },
    slow: { name: "longest runs", of: ({ run }) => run?.p95 ?? 0 },
  };

export function TasksPage() {
  const overview = useOverview();
  const { query } = place.value;
  const [filter, sort] = [query.get("name") ?? "", query.get("sort") ?? ""];
  const tasks = overview?.tasks.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const shown = useOrdered(tasks ?? [], sort);
  return (
    <>
      <PageHead title="Tasks" note={tasks === undefined ? "" : plural(tasks.length, "task")}>
        <input
          type="search"
          class="narrow"
          data-filter
          placeholder="Name…"
          aria-label="Part of a name"
          value={filter}
          onInput={(event) => setQuery({ name: event.currentTarget.value })}
        />
        <select
          class="narrow"
          aria-label="Order"
          value={sort}
          onChange={(event) => setQuery({ sort: event.currentTarget.value })}
        >
          <option value="">by name</option>
          {Object.entries(ORDERS).map(([key, { name }]) => (
            <option key={key} value={key}>
              {name} first
            </option>
          ))}
        </select>
      </PageHead>
      {overview === undefined ? (
        <Waiting what="the tasks" />
      ) : shown.length === 0 && filter !== "" ? (
        <Empty title={`No task has “${filter}” in its name`} />
      ) : (
        <TaskTable tasks={shown} />
      )}
    </>
  );
}

/** Ordered when the order is asked for and when tasks come or go; numbers that change move no row under a finger. */
function useOrdered(tasks: readonly TaskGlance[], sort: string): readonly TaskGlance[] {
  const names = tasks.map(({ name }) => name).join("\n");
  const places = useMemo(() => {
    const order = ORDERS[sort];
    const sorted = order === undefined ? tasks : tasks.toSorted((a, b) => order.of(b) - order.of(a));
    return new Map(sorted.map(({ name }, nth) => [name, nth]));
  }, [names, sort]);
  return tasks.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
}
