/** One job: what it waited for and did, its values, and what may be done with it. */
import { useState } from "preact/hooks";
import type { JobDetails } from "../../../src/app/operate/job.js";
import { api, pathOf } from "../core/api.js";
import { now } from "../core/clock.js";
import { plural, span } from "../core/format.js";
import { useTopic } from "../core/live.js";
import { jobTopic } from "../core/live-topics.js";
import { may, me } from "../core/me.js";
import { clock, moment } from "../core/moments.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, place, taskHref } from "../core/router.js";
import { useContractPaths } from "../filter/filter-box.js";
import { CopyMenu } from "../operate/copy-menu.js";
import { JobButtons } from "../operate/job-buttons.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { JsonTree } from "../parts/json-tree.js";
import { PageHead } from "../parts/page-head.js";
import { ago, KeyValue, StateBadge } from "../parts/small.js";
import { Tabs } from "../parts/tabs.js";
import type { PageProps } from "../routes.js";
import { sayFailed } from "../shell/toasts.js";
import { Attempts, Timeline } from "./job-timeline.js";

const FINAL = new Set(["completed", "failed", "cancelled", "expired"]);

export function JobPage({ params }: PageProps) {
  const { task = "", id = "" } = params;
  const path = pathOf("jobs", task, id);
  const read = useResource<JobDetails>(path);
  const live = useTopic<JobDetails | null>(jobTopic(task, id)).value;
  const [shownAs, setShownAs] = useState<JobDetails>();
  const job = live ?? read.value;
  if (job === undefined)
    return (
      <>
        <PageHead title={id} note={<a href={taskHref(task)}>{task}</a>} />
        {read.error === undefined ? <Waiting what="the job" /> : <NotThere task={task} error={read.error} />}
      </>
    );
  const reveal = () => void api.get<JobDetails>(`${path}/reveal`).then(setShownAs, sayFailed);
  return (
    <>
      <PageHead
        title={`${id} · ${task}`}
        heading={<Heading job={job} />}
        note={<Note job={job} isGone={live === null || read.error?.status === 404} />}
      >
        <JobButtons job={job} />
        <CopyMenu job={shownAs ?? job} />
        {may("admin") && shownAs === undefined ? (
          <button
            type="button"
            onClick={reveal}
            title="Shows what the board keeps back. The list of changes says that you looked"
          >
            Reveal
          </button>
        ) : null}
      </PageHead>
      {job.corrupt && <p class="warn">Its record cannot be read: {job.corrupt}</p>}
      <Timeline job={job} />
      <Facts job={job} />
      {job.error && <Failure job={job} />}
      <Values job={shownAs ?? job} />
    </>
  );
}

function NotThere({
  task,
  error,
}: {
  readonly task: string;
  readonly error: NonNullable<ReturnType<typeof useResource>["error"]>;
}) {
  if (error.status !== 404) return <ErrorBox error={error} />;
  return (
    <Empty title="The job is not there">
      It never was, or it was removed: by hand, or when the time was over for which the task keeps jobs that
      ended. <a href={href("/jobs", { q: `task:${task}` })}>Jobs of {task}</a>
    </Empty>
  );
}

function Heading({ job }: { readonly job: JobDetails }) {
  return (
    <>
      <span class="mono">{job.id}</span> <StateBadge state={job.state} />
    </>
  );
}

function Note({ job, isGone }: { readonly job: JobDetails; readonly isGone: boolean }) {
  const { task, state, attempt, enqueuedAt, finishedAt } = job;
  const end = finishedAt ?? (FINAL.has(state) ? undefined : now.value);
  return (
    <>
      <a href={taskHref(task)}>{task}</a> · {attempt === 0 ? "not started yet" : `attempt ${attempt}`}
      {end === undefined
        ? ""
        : ` · ${span(end - enqueuedAt)} ${finishedAt === undefined ? "so far" : "in all"}`}
      {isGone ? <strong> · it is not there any more</strong> : null}
    </>
  );
}

function Facts({ job }: { readonly job: JobDetails }) {
  const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(job.headers.traceparent ?? "")?.[1];
  const traceUrl = me.value?.traceUrl;
  return (
    <div class="card facts">
      <KeyValue
        items={{
          Dispatched: ago(job.enqueuedAt),
          Due: ago(job.dueAt),
          "Last started": ago(job.startedAt),
          Ended: ago(job.finishedAt),
          Expires: ago(job.expiresAt),
          Attempts: job.maxAttempts === undefined ? job.attempt : `${job.attempt} of ${job.maxAttempts}`,
          "Blamed for lost workers": job.stalls || undefined,
          Priority: job.priority,
          Contract: `version ${job.version}${job.fingerprint === "" ? "" : ` · ${job.fingerprint.slice(0, 8)}`}`,
          Worker: job.worker && <span class="mono">{job.worker}</span>,
          Reason: job.reason || undefined,
          "Replaced by": job.replacedBy && <a href={jobHref(job.task, job.replacedBy)}>{job.replacedBy}</a>,
          Trace:
            trace &&
            (traceUrl === undefined ? (
              <span class="mono">{trace}</span>
            ) : (
              <a target="_blank" rel="noreferrer" href={traceUrl.replace("{traceId}", trace)}>
                {trace.slice(0, 8)}… ↗
              </a>
            )),
        }}
      />
    </div>
  );
}

function Failure({ job: { error, state } }: { readonly job: JobDetails }) {
  if (error === undefined) return null;
  return (
    <details class="card failure" open={state === "failed"}>
      <summary>
        <strong>{error.name}</strong>
        {error.code === undefined ? null : <code> {error.code}</code>}: {error.message}
      </summary>
      {error.stack && <pre>{error.stack}</pre>}
    </details>
  );
}

const TABS = ["payload", "result", "progress", "attempts", "logs", "headers", "raw"] as const;

function Values({ job }: { readonly job: JobDetails }) {
  const asked = place.value.query.get("tab");
  const tab = TABS.find((each) => each === asked) ?? "payload";
  const counts: Partial<Record<(typeof TABS)[number], number>> = {
    ...{ attempts: job.history.length, logs: job.logs.length, headers: Object.keys(job.headers).length },
  };
  const tabs = TABS.filter((each) => each === tab || isThere(each, job)).map((key) => ({
    key,
    label: (
      <>
        {key} {counts[key] === undefined ? null : <small class="num">{counts[key]}</small>}
      </>
    ),
    href: href(place.value.path, { tab: key === "payload" ? undefined : key }),
  }));
  return (
    <>
      <Tabs tabs={tabs} current={tab} label="Values of the job" />
      <TabBody tab={tab} job={job} />
    </>
  );
}

function isThere(tab: (typeof TABS)[number], job: JobDetails): boolean {
  if (tab === "result" || tab === "progress") return job[tab] !== undefined;
  return tab === "headers" ? Object.keys(job.headers).length > 0 : true;
}

function TabBody({ tab, job }: { readonly tab: (typeof TABS)[number]; readonly job: JobDetails }) {
  switch (tab) {
    case "payload":
      return <Payload job={job} />;
    case "attempts":
      return <Attempts job={job} />;
    case "logs":
      return <Logs job={job} />;
    case "raw":
      return <pre class="card">{JSON.stringify(job, undefined, 2)}</pre>;
    default:
      return job[tab] === undefined ? (
        <Empty>Nothing of it.</Empty>
      ) : (
        <div class="card">
          <JsonTree value={job[tab]} depth={3} />
        </div>
      );
  }
}

/** With the names that the contract gives its fields. */
function Payload({ job }: { readonly job: JobDetails }) {
  const paths = useContractPaths(job.task);
  const titles = Object.fromEntries(
    paths.flatMap(({ path, title, description }) => {
      const said = title ?? description;
      return said === undefined ? [] : [[path.join("."), said]];
    }),
  );
  if (job.data === undefined) return <Empty>It was dispatched without data.</Empty>;
  return (
    <div class="card">
      <JsonTree value={job.data} depth={4} titles={titles} />
    </div>
  );
}

function Logs({ job }: { readonly job: JobDetails }) {
  if (job.logs.length === 0)
    return <Empty title="No log lines">What a handler writes with ctx.log appears here.</Empty>;
  return (
    <>
      <p class="quiet">{plural(job.logs.length, "line")}, the newest 1 000 are kept</p>
      <ol class="logs">
        {job.logs.map(({ at, level, message, fields }, nth) => (
          <li key={nth} class={`is-${level}`}>
            <time dateTime={new Date(at).toISOString()} title={moment(at)}>
              {clock(at)}.{String(at % 1000).padStart(3, "0")}
            </time>{" "}
            <span class="level">{level}</span> <span>{message}</span>
            {fields && <code> {JSON.stringify(fields)}</code>}
          </li>
        ))}
      </ol>
    </>
  );
}
