/** The tasks at a glance: on Home, and on their own page. */
import type { TaskGlance } from "../../../src/board/api.js";
import { now } from "../core/clock.js";
import { age, rate, shortCount, span } from "../core/format.js";
import { taskHref } from "../core/router.js";
import { Bars } from "../parts/sparkline.js";
import { type Column, Table } from "../parts/table.js";

/** Nothing is quieter than something. */
const number = (value: number | undefined, tone = "") => {
  if (value === undefined) return <span class="quiet">–</span>;
  return value === 0 ? (
    <span class="quiet">0</span>
  ) : tone === "" ? (
    shortCount(value)
  ) : (
    <b class={tone}>{shortCount(value)}</b>
  );
};

function Name({ task }: { readonly task: TaskGlance }) {
  const { name, pausedAt, severity, workers, counts } = task;
  const hasWork = counts.waiting + counts.active + counts.delayed + counts.retrying > 0;
  return (
    <>
      {name}
      {severity && (
        <span class={`sign is-${severity}`} title={severity}>
          {" "}
          ▲
        </span>
      )}
      {pausedAt && <span class="tag warning">paused</span>}
      {workers === 0 && hasWork ? <span class="tag critical">no worker</span> : null}
    </>
  );
}

/** How long the oldest has waited; long waits are marked. */
function Oldest({ task }: { readonly task: TaskGlance }) {
  const { oldestWaitingSince: since, severity } = task;
  if (since === undefined) return <span class="quiet">–</span>;
  const text = age(now.value - since);
  return severity === undefined ? text : <b class={`is-${severity}`}>{text}</b>;
}

export const TASK_COLUMNS: readonly Column<TaskGlance>[] = [
  { key: "name", head: "Task", cell: (task) => <Name task={task} /> },
  {
    key: "waiting",
    head: "Waiting",
    align: "end",
    width: "9ch",
    cell: ({ counts }) => number(counts.waiting),
  },
  { key: "active", head: "Active", align: "end", width: "8ch", cell: ({ counts }) => number(counts.active) },
  {
    ...{ key: "delayed", head: "Delayed", align: "end", width: "9ch", from: "l" },
    cell: ({ counts }) => number(counts.delayed),
  },
  {
    ...{ key: "retrying", head: "Retrying", align: "end", width: "9ch", from: "l" },
    cell: ({ counts }) => number(counts.retrying),
  },
  {
    ...{ key: "failed", head: "Failed 24 h", align: "end", width: "11ch" },
    cell: ({ failedLately }) => number(failedLately, "is-failed"),
  },
  {
    ...{ key: "in", head: "In/s", align: "end", width: "8ch", from: "m" },
    cell: ({ rates }) => (rates?.in ? rate(rates.in) : number(rates?.in)),
  },
  {
    ...{ key: "out", head: "Out/s", align: "end", width: "8ch", from: "m" },
    cell: ({ rates }) => (rates?.out ? rate(rates.out) : number(rates?.out)),
  },
  {
    ...{ key: "age", head: "Oldest", label: "How long the job has waited that has waited longest" },
    ...{ align: "end", width: "10ch", from: "m" },
    cell: (task) => <Oldest task={task} />,
  },
  {
    ...{
      key: "wait",
      head: "Wait p95",
      label: "95 of a hundred jobs of the last ten minutes waited no longer",
    },
    ...{ align: "end", width: "10ch", from: "l" },
    cell: ({ wait }) => (wait?.p95 === undefined ? <span class="quiet">–</span> : span(wait.p95)),
  },
  {
    ...{ key: "run", head: "Run p95", label: "95 of a hundred runs of the last ten minutes took no longer" },
    ...{ align: "end", width: "10ch", from: "l" },
    cell: ({ run }) => (run?.p95 === undefined ? <span class="quiet">–</span> : span(run.p95)),
  },
  {
    ...{
      key: "bars",
      head: "5 min",
      label: "Jobs that ended in the last five minutes",
      width: "132px",
      from: "xl",
    },
    cell: ({ name, bars }) => (
      <Bars values={bars} label={`${name}, jobs that ended in the last five minutes`} />
    ),
  },
];

interface TaskTableProps {
  readonly tasks: readonly TaskGlance[];
  readonly columns?: readonly Column<TaskGlance>[];
}

export function TaskTable({ tasks, columns = TASK_COLUMNS }: TaskTableProps) {
  return (
    <Table
      caption="Tasks"
      rows={tasks}
      columns={columns}
      rowKey={({ name }) => name}
      open={({ name }) => taskHref(name)}
      empty={
        <p class="quiet">
          No task yet. The store knows a task once a job of it was dispatched, or a worker of it has started.
        </p>
      }
    />
  );
}
