/** Kinds of errors that jobs had, with what may be done with all of one kind. */
import { useState } from "preact/hooks";
import type { ErrorGroupInfo } from "../../../src/app/operate/errors.js";
import type { Page } from "../../../src/app/operate/page.js";
import type { Release } from "../../../src/app/operate/workers.js";
import { now } from "../core/clock.js";
import { count } from "../core/format.js";
import { may } from "../core/me.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, place, taskHref } from "../core/router.js";
import { errorFilter, JOB_ACTIONS, type JobAction } from "../operate/actions.js";
import { BulkDialog } from "../operate/bulk-dialog.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Age, Tag } from "../parts/small.js";
import { Bars } from "../parts/sparkline.js";
import { Tabs } from "../parts/tabs.js";

const DAY_MS = 86_400_000;
/** Beside today. */
const DAYS_KEPT = 7;
const REFRESH_MS = 10_000;
/** Many jobs that failed by one cause had better not hit it again all at once. */
const PACE = 10;

export function ErrorsPage() {
  const task = place.value.query.get("task") ?? undefined;
  const since = place.value.query.get("since") ?? "";
  // Not each second anew: what came is read again every ten.
  const today = Math.floor(now.peek() / DAY_MS) * DAY_MS;
  const from = since === "today" ? today : since === "2d" ? today - DAY_MS : undefined;
  const groups = useResource<Page<ErrorGroupInfo>>("/errors", {
    query: { task, from, limit: 200 },
    everyMs: REFRESH_MS,
  });
  const releases = useResource<readonly Release[]>("/releases");
  const first = from ?? today - DAYS_KEPT * DAY_MS;
  const periods = [
    { key: "", label: "a week", href: href("/errors", { task }) },
    { key: "2d", label: "since yesterday", href: href("/errors", { task, since: "2d" }) },
    { key: "today", label: "today", href: href("/errors", { task, since: "today" }) },
  ];
  return (
    <>
      <PageHead
        title="Errors"
        note={
          task === undefined ? (
            "By kind, those that came last first. Failed attempts count, also those that were retried. Days are those of UTC."
          ) : (
            <>
              Of <a href={taskHref(task)}>{task}</a> · <a href={href("/errors")}>of all tasks</a>
            </>
          )
        }
      />
      <Tabs tabs={periods} current={since} label="Time" />
      <Loaded resource={groups} what="errors">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No errors">Nothing failed in this time, as the workers told.</Empty>
          ) : (
            <ul class="stack">
              {items.map((group) => (
                <Group
                  key={`${group.task} ${group.fingerprint}`}
                  group={group}
                  from={first}
                  news={newSince(group, releases.value ?? [], first)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

/** The release that brought an error: others had worked before in this time, and none of them had it. */
function newSince({ first }: ErrorGroupInfo, releases: readonly Release[], from: number) {
  const nth = releases.findIndex(({ name }) => name === first.release);
  const release = releases[nth];
  return nth > 0 && release !== undefined && release.at > from ? release : undefined;
}

interface GroupProps {
  readonly group: ErrorGroupInfo;
  /** The first day that is looked at. */
  readonly from: number;
  readonly news: Release | undefined;
}

function Group({ group, from, news }: GroupProps) {
  const { task, name, code, message, firstAt, lastAt, first, last } = group;
  const q = `task:${task} state:failed ${errorFilter(group)}`;
  return (
    <li class="card group-card">
      <div class="lead">
        <span class="big num" title="Failed attempts">
          {count(group.count)}
        </span>
        <div class="grow">
          <h2>
            {name}
            {code === undefined ? null : <code> {code}</code>}{" "}
            {news && (
              <Tag kind="warning">
                new since {news.name}, <Age at={news.at} suffix="ago" />
              </Tag>
            )}
          </h2>
          <p class="message">{message}</p>
          <p class="quiet">
            <a href={taskHref(task)}>{task}</a> · last <Age at={lastAt} suffix="ago" /> · first{" "}
            <Age at={firstAt} suffix="ago" /> · <span class="mono">{group.fingerprint}</span>
          </p>
          <p class="quiet">
            Last: <Sample task={task} sample={last} />
            {first.jobId === last.jobId && first.release === last.release ? null : (
              <>
                {" "}
                · first: <Sample task={task} sample={first} />
              </>
            )}
          </p>
        </div>
        <Days days={group.days} from={from} />
        <Buttons q={q} />
      </div>
    </li>
  );
}

/** How many came day by day: the store keeps no shorter times. */
function Days({ days, from }: Pick<ErrorGroupInfo, "days"> & { readonly from: number }) {
  const counts = new Map(days.map(({ at, count: errors }) => [at, errors]));
  const length = Math.floor((now.peek() - from) / DAY_MS) + 1;
  const values = Array.from({ length }, (_, nth) => counts.get(from + nth * DAY_MS) ?? 0);
  return <Bars kind="days" values={values} label={`By day, in UTC, until today: ${values.join(", ")}`} />;
}

/** The job of one error, and what it ran on. */
function Sample({ task, sample }: { readonly task: string; readonly sample: ErrorGroupInfo["last"] }) {
  const { jobId, version, release } = sample;
  return (
    <>
      <a class="mono" href={jobHref(task, jobId)}>
        {jobId}
      </a>{" "}
      of version {version}
      {release === undefined ? "" : `, on release ${release}`}
    </>
  );
}

function Buttons({ q }: { readonly q: string }) {
  const [open, setOpen] = useState<JobAction>();
  const [retry, remove] = ["retry", "remove"].map((action) =>
    JOB_ACTIONS.find((each) => each.action === action),
  );
  return (
    <div class="actions">
      <a class="button" href={href("/jobs", { q })}>
        Jobs
      </a>
      {[retry, remove].map((action) =>
        action === undefined || !may(action.role) ? null : (
          <button
            key={action.action}
            type="button"
            class={action.isDangerous ? "danger" : ""}
            onClick={() => setOpen(action)}
          >
            {action.verb} all
          </button>
        ),
      )}
      {open && (
        <BulkDialog
          action={open}
          choice={{ q }}
          perSecond={open.action === "retry" ? PACE : undefined}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}
