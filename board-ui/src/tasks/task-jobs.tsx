/** Jobs of a task, by state. */
import type { JobsPage, TaskGlance } from "../../../src/board/api.js";
import type { JobState } from "../../../src/core/lifecycle.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, place, taskHref } from "../core/router.js";
import { STATES } from "../core/states.js";
import { jobColumns } from "../pages/jobs-columns.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { Count } from "../parts/small.js";
import { Table } from "../parts/table.js";
import { Tabs } from "../parts/tabs.js";

const LIMIT = 50;
const REFRESH_MS = 5_000;

export function TaskJobs({ task }: { readonly task: TaskGlance }) {
  const { name, counts } = task;
  const { query } = place.value;
  const state = STATES.find((each) => each === query.get("state")) ?? fullest(counts);
  const range = query.get("range") ?? undefined;
  const jobs = useResource<JobsPage>("/jobs", {
    query: { task: name, state, limit: LIMIT },
    everyMs: REFRESH_MS,
  });
  const tabs = STATES.map((each) => ({
    key: each,
    label: (
      <>
        {each} <Count value={counts[each]} isShort />
      </>
    ),
    href: `${taskHref(name)}?${new URLSearchParams({ state: each, ...(range === undefined ? {} : { range }) })}`,
  }));
  const { value, error } = jobs;
  return (
    <section aria-label="Jobs">
      <Tabs label="States" current={state} tabs={tabs} />
      {error === undefined ? null : <ErrorBox error={error} retry={jobs.reload} />}
      {value === undefined ? (
        error === undefined ? (
          <Waiting what="jobs" />
        ) : null
      ) : (
        <Table
          caption={`Jobs of ${name} that are ${state}`}
          rows={value.items}
          columns={jobColumns({ asked: undefined, task: name, paths: [], jobs: value.items }).shown}
          rowKey={({ id }) => id}
          open={({ id }) => jobHref(name, id)}
          empty={<Empty>No job of it is {state}.</Empty>}
        />
      )}
      {value?.cursor === undefined ? null : (
        <p class="more">
          <a href={href("/jobs", { q: `task:${name} state:${state}` })}>All of them, with a filter</a>
        </p>
      )}
    </section>
  );
}

/** What is worth a look first. */
function fullest(counts: TaskGlance["counts"]): JobState {
  const order = ["waiting", "active", "retrying", "delayed", "failed", "completed"] as const;
  return order.find((state) => counts[state] > 0) ?? "waiting";
}
