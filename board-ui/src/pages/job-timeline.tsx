/** The life of a job on one line, and its attempts as a table. */
import type { JobDetails } from "../../../src/app/operate/job.js";
import type { AttemptRecord } from "../../../src/core/job.js";
import { now } from "../core/clock.js";
import { span } from "../core/format.js";
import { moment } from "../core/moments.js";
import { Empty } from "../parts/empty.js";
import { Table } from "../parts/table.js";
import { jobTimeline, type PlacedStretch, placeStretches } from "../words/job-timeline.js";

const MARKS: Readonly<Record<string, string>> = {
  ...{ completed: "✔", failed: "✖", stalled: "!", cancelled: "⊘", running: "▶" },
};

export function Timeline({ job }: { readonly job: JobDetails }) {
  const stretches = placeStretches(jobTimeline(job, now.value), 0.03);
  if (stretches.length === 0) return null;
  return (
    <ol class="timeline" aria-label="What the job waited for and did">
      {stretches.map((stretch, nth) => (
        <li
          key={nth}
          class={classOf(stretch)}
          style={{ flexGrow: stretch.width * 1000 }}
          title={titleOf(stretch)}
        >
          <span class="strip" aria-hidden="true" />
          <span class="name">
            {nameOf(stretch)} <small>{lengthOf(stretch)}</small>
          </span>
        </li>
      ))}
    </ol>
  );
}

function classOf({ kind, outcome, isOpen }: PlacedStretch): string {
  const state = kind === "run" ? `run is-${RUN_STATES[outcome ?? ""] ?? "failed"}` : `wait is-${kind}`;
  return `${state} ${isOpen ? "is-open" : ""}`;
}

const RUN_STATES: Readonly<Record<string, string>> = {
  ...{
    completed: "completed",
    failed: "failed",
    stalled: "failed",
    cancelled: "cancelled",
    running: "active",
  },
};

function nameOf({ kind, attempt, outcome }: PlacedStretch): string {
  if (kind === "unknown") return "not kept";
  return kind === "run" ? `run ${attempt} ${MARKS[outcome ?? ""] ?? ""}` : kind;
}

/** Of a delay that lies ahead: how much is left. */
function lengthOf({ from, to, isOpen, kind }: PlacedStretch): string {
  if (isOpen && kind !== "run" && to > now.value) return `${span(to - now.value)} left`;
  return span(to - from);
}

function titleOf({ kind, from, to, outcome, error, worker }: PlacedStretch): string {
  const said = [kind === "run" ? `run, ${outcome}` : kind, `${moment(from)} – ${moment(to)}`];
  if (error !== undefined) said.push(`${error.name}: ${error.message}`);
  if (worker !== undefined) said.push(worker);
  return said.join("\n");
}

export function Attempts({ job }: { readonly job: JobDetails }) {
  const rows = [...job.history].reverse();
  return (
    <Table<AttemptRecord>
      rows={rows}
      rowKey={({ startedAt, attempt }) => `${attempt} ${startedAt}`}
      caption="Attempts, the newest first"
      empty={<Empty>It has not been run to an end yet. The newest 20 runs are kept.</Empty>}
      columns={[
        { key: "n", head: "Run", width: "7ch", align: "end", cell: ({ attempt }) => attempt },
        {
          key: "outcome",
          head: "Outcome",
          width: "14ch",
          cell: ({ outcome }) => (
            <span class={`state is-${RUN_STATES[outcome]}`}>
              {MARKS[outcome]} {outcome}
            </span>
          ),
        },
        {
          key: "at",
          head: "Started",
          width: "26ch",
          from: "m",
          cell: ({ startedAt }) => (
            <time dateTime={new Date(startedAt).toISOString()}>{moment(startedAt)}</time>
          ),
        },
        {
          key: "took",
          head: "Took",
          width: "10ch",
          align: "end",
          cell: ({ startedAt, endedAt }) => span(endedAt - startedAt),
        },
        {
          key: "error",
          head: "Error",
          isLong: true,
          cell: ({ error }) =>
            error === undefined ? (
              <span class="quiet">–</span>
            ) : (
              <span title={error.stack ?? error.message}>
                {error.name}: {error.message}
              </span>
            ),
        },
        {
          key: "worker",
          head: "Worker",
          from: "l",
          isLong: true,
          cell: ({ worker }) => <span class="mono">{worker}</span>,
        },
      ]}
    />
  );
}
