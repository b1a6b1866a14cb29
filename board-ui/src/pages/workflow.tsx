/** One workflow: its steps as a picture, and as a table for those that went wrong or go on. */
import { useState } from "preact/hooks";
import type { ChangeResult } from "../../../src/app/operate/change.js";
import type { WorkflowDetails, WorkflowNode } from "../../../src/board/api.js";
import { api, pathOf } from "../core/api.js";
import { count, span } from "../core/format.js";
import { may } from "../core/me.js";
import { moment } from "../core/moments.js";
import { useResource } from "../core/resource.js";
import { go, jobHref } from "../core/router.js";
import { resultInWords } from "../operate/actions.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { JsonTree } from "../parts/json-tree.js";
import { PageHead } from "../parts/page-head.js";
import { Age } from "../parts/small.js";
import { Table } from "../parts/table.js";
import type { PageProps } from "../routes.js";
import { say } from "../shell/toasts.js";
import {
  countSteps,
  type Line,
  layOutWorkflow,
  type Shape,
  type StepCounts,
} from "../workflow/workflow-layout.js";
import { WorkflowBadge, workflowHref } from "./workflows.js";

const REFRESH_MS = 2000;

export function WorkflowPage({ params: { id = "" } }: PageProps) {
  const path = pathOf("workflows", id);
  const [isOver, setOver] = useState(false);
  const {
    value: workflow,
    error,
    reload,
  } = useResource<WorkflowDetails>(path, isOver ? {} : { everyMs: REFRESH_MS });
  if (workflow === undefined)
    return (
      <>
        <PageHead title={id} />
        {error === undefined ? <Waiting what="the workflow" /> : <ErrorBox error={error} retry={reload} />}
      </>
    );
  const { state, enqueuedAt, finishedAt, dueAt, reason } = workflow;
  if (isOver !== (finishedAt !== undefined)) setOver(finishedAt !== undefined);
  return (
    <>
      <PageHead
        title={`${id} · workflow`}
        heading={
          <>
            <span class="mono">{id}</span> <WorkflowBadge state={state} />
          </>
        }
        note={
          <>
            <span title={moment(enqueuedAt)}>
              begun <Age at={enqueuedAt} suffix="ago" />
            </span>
            {finishedAt === undefined ? "" : ` · ${span(finishedAt - enqueuedAt)} in all`}
            {dueAt && (
              <>
                {" "}
                · starts <Age at={dueAt} />
              </>
            )}
            {reason === undefined ? "" : ` · ${reason}`}
          </>
        }
      >
        <Buttons workflow={workflow} path={path} />
      </PageHead>
      {workflow.error && (
        <p class="warn">
          {workflow.error.name}: {workflow.error.message}
        </p>
      )}
      <Picture steps={workflow.steps} />
      <StepTable steps={workflow.steps} />
      {workflow.result === undefined ? null : (
        <section class="card">
          <h2>Result</h2>
          <JsonTree value={workflow.result} />
        </section>
      )}
    </>
  );
}

function Picture({ steps }: { readonly steps: readonly WorkflowNode[] }) {
  const [toggled, setToggled] = useState<ReadonlySet<number>>(new Set());
  if (steps.length === 0) return <Empty>Its steps are not stored any more.</Empty>;
  if (steps.length > 1 && !steps.some(({ after, members }) => after !== undefined || members !== undefined))
    return (
      <p class="said">{countsInWords(countSteps(steps))} steps, in the order in which they were written.</p>
    );
  const { width, height, shapes, lines, counts } = layOutWorkflow(steps, toggled);
  const toggle = (node: number) => {
    const next = new Set(toggled);
    if (!next.delete(node)) next.add(node);
    setToggled(next);
  };
  return (
    <section class="card">
      <h2>
        Steps <small>{countsInWords(counts)}</small>
      </h2>
      {steps.some(({ isCritical }) => isCritical) ? (
        <p class="quiet">Thick: the critical path, the steps that the end waited for, or waits.</p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="graph" tabIndex={0} aria-label="The steps as a picture">
        <div class="canvas" style={{ width: `${width}px`, height: `${height}px` }}>
          <svg width={width} height={height} aria-hidden="true">
            <path d={drawn(lines)} />
            <path class="is-critical" d={drawn(lines.filter(({ isCritical }) => isCritical))} />
          </svg>
          {shapes.map((shape, nth) => (
            <ShapeBox key={nth} shape={shape} toggle={toggle} />
          ))}
        </div>
      </section>
    </section>
  );
}

function drawn(lines: readonly Line[]): string {
  return lines
    .map(({ from: [x, y], to: [a, b] }) => `M${x} ${y}C${(x + a) / 2} ${y} ${(x + a) / 2} ${b} ${a} ${b}`)
    .join("");
}

const STATE_OF: Readonly<Record<WorkflowNode["state"], string>> = {
  ...{
    pending: "delayed",
    started: "active",
    completed: "completed",
    failed: "failed",
    cancelled: "cancelled",
    expired: "expired",
  },
};
const MARK_OF: Readonly<Record<WorkflowNode["state"], string>> = {
  ...{ pending: "○", started: "▶", completed: "✔", failed: "✖", cancelled: "⊘", expired: "⌛" },
};

function ShapeBox({ shape, toggle }: { readonly shape: Shape; readonly toggle: (node: number) => void }) {
  const style = {
    left: `${shape.x}px`,
    top: `${shape.y}px`,
    width: `${shape.width}px`,
    height: `${shape.height}px`,
  };
  if (shape.kind === "step") {
    const { task = "", state, jobId, error, isCritical } = shape.node;
    const look = {
      class: `step is-${state === "pending" ? "pending" : STATE_OF[state]}${isCritical ? " is-critical" : ""}`,
      style,
      title: `${task}: ${state}${isCritical ? ", on the critical path" : ""}${error ? `, ${error.message}` : ""}`,
    };
    const text = `${MARK_OF[state]} ${task}`;
    return jobId === undefined ? (
      <span {...look}>{text}</span>
    ) : (
      <a {...look} href={jobHref(task, jobId)}>
        {text}
      </a>
    );
  }
  const words = countsInWords(shape.counts);
  const state =
    shape.counts.failed > 0
      ? "failed"
      : shape.counts.completed === shape.counts.total
        ? "completed"
        : "active";
  if (shape.kind === "bar")
    return (
      <button
        type="button"
        class={`bar-shape is-${state}`}
        style={style}
        onClick={() => toggle(shape.end.node)}
        title="Show its members"
      >
        <span
          class="filled"
          style={{ width: `${(100 * shape.counts.completed) / Math.max(shape.counts.total, 1)}%` }}
        />
        <span class="words">▸ {words}</span>
      </button>
    );
  return (
    <div class="box-shape" style={style}>
      <button type="button" class="plain" onClick={() => toggle(shape.end.node)} title="Show it as one">
        ▾ {words}
      </button>
    </div>
  );
}

function countsInWords({ total, completed, failed }: StepCounts): string {
  return `${count(completed)}/${count(total)}${failed > 0 ? ` · ${count(failed)} ✖` : ""}`;
}

const SHOWN_FIRST: readonly WorkflowNode["state"][] = [
  "failed",
  "expired",
  "cancelled",
  "started",
  "completed",
  "pending",
];

function StepTable({ steps }: { readonly steps: readonly WorkflowNode[] }) {
  const rows = steps
    .filter(({ task }) => task !== undefined)
    .toSorted((a, b) => SHOWN_FIRST.indexOf(a.state) - SHOWN_FIRST.indexOf(b.state) || a.node - b.node);
  return (
    <Table<WorkflowNode>
      rows={rows}
      rowKey={({ node }) => String(node)}
      caption="Steps, those that went wrong first"
      empty={null}
      columns={[
        {
          key: "n",
          head: "№",
          label: "Number of the step",
          align: "end",
          width: "8ch",
          cell: ({ node }) => node,
        },
        {
          key: "task",
          head: "Task",
          isLong: true,
          cell: ({ task = "", jobId }) =>
            jobId === undefined ? task : <a href={jobHref(task, jobId)}>{task}</a>,
        },
        {
          key: "state",
          head: "State",
          width: "16ch",
          cell: ({ state }) => (
            <span class={`state is-${STATE_OF[state]}`}>
              <span class="mark" aria-hidden="true">
                {MARK_OF[state]}
              </span>
              {state}
            </span>
          ),
        },
        {
          key: "path",
          head: "Path",
          from: "m",
          width: "9ch",
          cell: ({ isCritical }) => isCritical && "critical",
        },
        {
          key: "job",
          head: "Job",
          from: "m",
          isLong: true,
          cell: ({ jobId }) => <span class="mono">{jobId ?? "–"}</span>,
        },
        { key: "error", head: "Error", from: "m", isLong: true, cell: ({ error }) => error?.message ?? "" },
      ]}
    />
  );
}

function Buttons({
  workflow: { id, state },
  path,
}: {
  readonly workflow: WorkflowDetails;
  readonly path: string;
}) {
  const [asking, setAsking] = useState<"cancel" | "resume">();
  if (!may("operator")) return null;
  const action =
    state === "failed" ? "resume" : state === "running" || state === "delayed" ? "cancel" : undefined;
  if (action === undefined) return null;
  const run = async (reason: object) => {
    const result = await api.post<ChangeResult & { readonly id?: string }>(`${path}/${action}`, reason);
    say(resultInWords(result, action === "cancel" ? "cancelled" : "resumed"), id);
    if (result.id !== undefined && result.id !== id) go(workflowHref(result.id));
  };
  return (
    <>
      <button
        type="button"
        class={action === "cancel" ? "danger" : "primary"}
        onClick={() => setAsking(action)}
      >
        {action === "cancel" ? "Cancel" : "Resume"}
      </button>
      {asking && (
        <ConfirmDialog
          title={`${asking === "cancel" ? "Cancel" : "Resume"} the workflow?`}
          verb={asking === "cancel" ? "Cancel it" : "Resume"}
          isDangerous={asking === "cancel"}
          run={run}
          onClose={() => setAsking(undefined)}
        >
          <p>
            {asking === "cancel"
              ? "Steps that have not begun are cancelled at once, those that run are told."
              : "What had not completed runs again. What had completed is kept."}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
