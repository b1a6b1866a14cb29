/** Workflows by their state. */
import { useState } from "preact/hooks";
import type { Page } from "../../../src/app/operate/page.js";
import type { WorkflowInfo } from "../../../src/app/workflows/workflow-list.js";
import type { JobState } from "../../../src/core/lifecycle.js";
import { api } from "../core/api.js";
import { span } from "../core/format.js";
import { useResource } from "../core/resource.js";
import { href, place } from "../core/router.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { PageHead } from "../parts/page-head.js";
import { Age, StateBadge } from "../parts/small.js";
import { Table } from "../parts/table.js";
import { Tabs } from "../parts/tabs.js";
import { sayFailed } from "../shell/toasts.js";

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
  const [further, setFurther] = useState<readonly Page<WorkflowInfo>[]>([]);
  const first = useResource<Page<WorkflowInfo>>("/workflows", {
    query: { state, limit: LIMIT },
    ...(further.length === 0 ? { everyMs: REFRESH_MS } : {}),
  });
  if (first.error !== undefined && first.value === undefined)
    return <ErrorBox error={first.error} retry={first.reload} />;
  if (first.value === undefined) return <Waiting what="workflows" />;
  const pages = [first.value, ...further];
  const cursor = pages.at(-1)?.cursor;
  const more = () =>
    void api
      .get<Page<WorkflowInfo>>("/workflows", { query: { state, limit: LIMIT, cursor } })
      .then((page) => setFurther([...further, page]), sayFailed);
  return (
    <>
      <Table<WorkflowInfo>
        rows={pages.flatMap(({ items }) => items)}
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
      {cursor === undefined ? null : (
        <p class="more">
          <button type="button" onClick={more}>
            More workflows
          </button>
        </p>
      )}
    </>
  );
}
