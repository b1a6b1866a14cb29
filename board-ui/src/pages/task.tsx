/** One task: how it stands, how its runs went, and its jobs. */
import type { TaskGlance, TaskSeries } from "../../../src/board/api.js";
import { pathOf } from "../core/api.js";
import { now } from "../core/clock.js";
import { age, plural, rate, span } from "../core/format.js";
import { useOverview } from "../core/live.js";
import { useResource } from "../core/resource.js";
import { href, place } from "../core/router.js";
import { Empty, Waiting } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Age, Count, KeyValue, Tag } from "../parts/small.js";
import { Tabs } from "../parts/tabs.js";
import { TaskPlots } from "../plots/task-plots.js";
import type { PageProps } from "../routes.js";
import { TaskButtons } from "../tasks/task-buttons.js";
import { TaskJobs } from "../tasks/task-jobs.js";
import { TaskVersions } from "../tasks/task-versions.js";

export function TaskPage({ params }: PageProps) {
  const name = params.task ?? "";
  const overview = useOverview();
  const task = overview?.tasks.find((each) => each.name === name);
  const note = overview?.notes.filter((each) => each.task === name) ?? [];
  if (overview === undefined) return <Waiting what={name} />;
  if (task === undefined)
    return (
      <>
        <PageHead title={name} />
        <Empty title="The store has not met this task">
          It does once a job of it was dispatched, or a worker of it has started.{" "}
          <a href={href("/tasks")}>All tasks</a>
        </Empty>
      </>
    );
  return (
    <>
      <PageHead title={name} heading={<Heading task={task} />}>
        <TaskButtons task={task} />
      </PageHead>
      {note.map(({ check, severity, what, advice }) => (
        <p key={check + what} class={`ok-line is-${severity}`}>
          <Tag kind={severity}>{severity}</Tag> {what} <span class="quiet">{advice}</span>
        </p>
      ))}
      <Gauges task={task} />
      <Runs name={name} />
      <TaskVersions name={name} />
      <TaskJobs task={task} />
    </>
  );
}

function Heading({ task }: { readonly task: TaskGlance }) {
  return (
    <>
      {task.name} {task.pausedAt && <Tag kind="warning">paused {age(now.value - task.pausedAt)}</Tag>}
    </>
  );
}

function Gauges({ task }: { readonly task: TaskGlance }) {
  const { counts, rates, workers, oldestWaitingSince, nextDueAt, failedLately, wait, run } = task;
  const drains = rates === undefined || rates.out === 0 ? undefined : (counts.waiting / rates.out) * 1_000;
  return (
    <div class="card gauges">
      <KeyValue
        items={{
          Waiting: <Count value={counts.waiting} />,
          Active: <Count value={counts.active} />,
          Delayed: <Count value={counts.delayed} />,
          Retrying: <Count value={counts.retrying} />,
          "Failed in 24 h": <Count value={failedLately} />,
          In: `${rate(rates?.in)}/s`,
          Out: `${rate(rates?.out)}/s`,
          "Oldest waits": <Age at={oldestWaitingSince} />,
          "Drains in": counts.waiting === 0 ? "nothing waits" : span(drains),
          "Next is due": <Age at={nextDueAt} />,
          "Wait p50 · p95": `${span(wait?.p50)} · ${span(wait?.p95)}`,
          "Run p50 · p95": `${span(run?.p50)} · ${span(run?.p95)}`,
          Workers: <Count value={workers} />,
        }}
      />
    </div>
  );
}

/** Numbers of a minute are kept for three hours, of ten minutes for three days. */
const RANGES: Readonly<Record<string, number>> = { "1h": 3.6e6, "3h": 1.08e7, "24h": 8.64e7, "3d": 2.592e8 };
const REFRESH_MS = 10_000;

function Runs({ name }: { readonly name: string }) {
  const range = place.value.query.get("range") ?? "1h";
  const length = RANGES[range] ?? 3.6e6;
  // Steps are whole: the same minute asks for the same.
  const to = Math.ceil(now.value / 60_000) * 60_000;
  const series = useResource<TaskSeries>(pathOf("tasks", name, "series"), {
    query: { from: to - length, to },
    everyMs: REFRESH_MS,
  });
  const state = place.value.query.get("state") ?? undefined;
  return (
    <section class="card" aria-label="Runs">
      <div class="card-head">
        <h2>Runs</h2>
        <Tabs
          isSmall
          label="How far back"
          current={range}
          tabs={Object.keys(RANGES).map((key) => ({
            key,
            label: key,
            href: href(place.value.path, { range: key === "1h" ? undefined : key, state }),
          }))}
        />
      </div>
      <Loaded resource={series} what="what was measured">
        {(value) =>
          value.at.length === 0 ? (
            <Empty title="Nothing was measured in this time">
              Workers count their runs once they are of this version.
            </Empty>
          ) : (
            <>
              <TaskPlots series={value} />
              {value.releases.length === 0 ? null : (
                <p class="quiet">{plural(value.releases.length, "release")} began to work in this time.</p>
              )}
            </>
          )
        }
      </Loaded>
    </section>
  );
}
