/** Workflows by their state. */
import type { Page } from "../../../src/app/operate/page.js";
import type { WorkflowInfo } from "../../../src/app/workflows/workflow-list.js";
import type { JobState } from "../../../src/core/lifecycle.js";
import { span } from "../core/format.js";
import { usePages } from "../core/pages.js";
import { href, place } from "../core/router.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { More } from "../parts/more.js";
import { PageHead } from "../parts/page-head.js";
import { Age, StateBadge } from "../parts/small.js";
import { Table } from "../parts/table.js";
import { Tabs } from "../parts/tabs.js";

const REFRESH_MS = 5000;
const LIMIT = 100;
const STATES = ["", "running", "delayed", "completed", "failed", "cancelled", "expired"];

export const workflowHref = (id: string): string => href(`/workflows/${encodeURIComponent(id)}`);

/** A workflow that runs is shown as a job at work. */
export function WorkflowBadge({ state }: { readonly state: WorkflowInfo["state"] }) {
  if (state !== "running") return <StateBadge state={state as JobState} />;
  return (
    <span class="state is-active">
      <span class="mark" aria-hidden="true">
        ▶
      </span>
      running
    </span>
  );
}

export function WorkflowsPage() {
  const state = place.value.query.get("state") ?? "";
  return (
    <>
      <PageHead title="Workflows" />
      <Tabs
        tabs={STATES.map((key) => ({
          key,
          label: key === "" ? "all" : key,
          href: href("/workflows", { state: key }),
        }))}
        current={state}
        label="States"
      />
      <List key={state} state={state} />
    </>
  );
}

function List({ state }: { readonly state: string }) {
  const list = usePages<Page<WorkflowInfo>>("/workflows", { state, limit: LIMIT }, REFRESH_MS);
  return (
    <>
      <Loaded resource={list} what="workflows">
        {() => (
          <Table<WorkflowInfo>
            rows={list.items}
            rowKey={({ id }) => id}
            caption="Workflows"
            open={({ id }) => workflowHref(id)}
            empty={
              <Empty title="There is no such workflow">
                Steps that belong together run as one: chain, group and map of taskora/workflow.
              </Empty>
            }
            columns={[
              { key: "id", head: "Id", isLong: true, cell: ({ id }) => <span class="mono">{id}</span> },
              {
                key: "state",
                head: "State",
                width: "14ch",
                cell: (workflow) => <WorkflowBadge state={workflow.state} />,
              },
              {
                key: "age",
                head: "Age",
                align: "end",
                width: "10ch",
                cell: ({ enqueuedAt }) => <Age at={enqueuedAt} />,
              },
              {
                key: "took",
                head: "Took",
                align: "end",
                width: "10ch",
                from: "m",
                cell: ({ enqueuedAt, finishedAt }) =>
                  finishedAt === undefined ? <span class="quiet">–</span> : span(finishedAt - enqueuedAt),
              },
              {
                key: "error",
                head: "Error",
                from: "m",
                isLong: true,
                cell: ({ error, reason }) => error?.message ?? reason ?? "",
              },
            ]}
          />
        )}
      </Loaded>
      <More {...list} />
    </>
  );
}
