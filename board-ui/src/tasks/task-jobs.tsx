/** Jobs of a task, by state. */
import type { JobsPage, TaskGlance } from "../../../src/board/api.js";
import type { JobState } from "../../../src/core/lifecycle.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, place } from "../core/router.js";
import { STATES } from "../core/states.js";
import { jobColumns } from "../pages/jobs-columns.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
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
    href: href(place.value.path, { state: each, range }),
  }));
  return (
    <section aria-label="Jobs">
      <Tabs label="States" current={state} tabs={tabs} />
      <Loaded resource={jobs} what="jobs">
        {({ items, cursor }) => (
          <>
            <Table
              caption={`Jobs of ${name} that are ${state}`}
              rows={items}
              columns={jobColumns({ asked: undefined, task: name, paths: [], jobs: items }).shown}
              rowKey={({ id }) => id}
              open={({ id }) => jobHref(name, id)}
              empty={<Empty>No job of it is {state}.</Empty>}
            />
            {cursor && (
              <p class="more">
                <a href={href("/jobs", { q: `task:${name} state:${state}` })}>All of them, with a filter</a>
              </p>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

/** What is worth a look first. */
function fullest(counts: TaskGlance["counts"]): JobState {
  const order = ["waiting", "active", "retrying", "delayed", "failed", "completed"] as const;
  return order.find((state) => counts[state] > 0) ?? "waiting";
}
