/** One schedule: what comes next, what became of its last slots, and what may be done with it. */
import { useState } from "preact/hooks";
import type { ChangeResult } from "../../../src/app/operate/change.js";
import type { Page } from "../../../src/app/operate/page.js";
import type { ScheduleDetails, ScheduleRun } from "../../../src/board/api.js";
import { api, pathOf } from "../core/api.js";
import { count, span } from "../core/format.js";
import { may } from "../core/me.js";
import { moment, writes } from "../core/moments.js";
import { useResource } from "../core/resource.js";
import { go, href, jobHref, taskHref } from "../core/router.js";
import { STATE_MARK } from "../core/states.js";
import { resultInWords } from "../operate/actions.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { JsonTree } from "../parts/json-tree.js";
import { PageHead } from "../parts/page-head.js";
import { Age, ago, KeyValue } from "../parts/small.js";
import type { PageProps } from "../routes.js";
import { say } from "../shell/toasts.js";
import { lengthInWords, ruleInWords } from "../words/rule-in-words.js";
import { aheadOf } from "../words/zone-offset.js";
import { EditSchedule } from "./schedule-edit.js";
import { ScheduleState } from "./schedules.js";

const REFRESH_MS = 10_000;
const SQUARES = 50;

export function SchedulePage({ params: { name = "" } }: PageProps) {
  const path = pathOf("schedules", name);
  const { value: schedule, error, reload } = useResource<ScheduleDetails>(path, { everyMs: REFRESH_MS });
  if (schedule === undefined)
    return (
      <>
        <PageHead title={name} />
        {error === undefined ? <Waiting what="the schedule" /> : <ErrorBox error={error} retry={reload} />}
      </>
    );
  return (
    <>
      <PageHead
        title={name}
        heading={
          <>
            {name} <ScheduleState schedule={schedule} />
          </>
        }
        note={
          <>
            {ruleInWords(schedule)} · jobs of <a href={taskHref(schedule.task)}>{schedule.task}</a>
          </>
        }
      >
        <Buttons schedule={schedule} path={path} />
      </PageHead>
      {schedule.corrupt && <p class="warn">Its record cannot be read: {schedule.corrupt}</p>}
      <div class="columns">
        <Upcoming schedule={schedule} />
        <Facts schedule={schedule} />
      </div>
      <Runs path={path} />
      <section class="card">
        <h2>What its jobs are given</h2>
        {schedule.data === undefined ? (
          <p class="quiet">nothing</p>
        ) : (
          <JsonTree value={schedule.data} depth={3} />
        )}
      </section>
    </>
  );
}

function Upcoming({
  schedule: { upcoming, paused, timezone = "UTC" },
}: {
  readonly schedule: ScheduleDetails;
}) {
  return (
    <section class="card">
      <h2>Next</h2>
      {upcoming.length === 0 ? (
        <p class="quiet">{paused ? "None while it is paused." : "No slot comes any more."}</p>
      ) : null}
      <ol class="slots-list">
        {upcoming.map((at, nth) => (
          <li key={at}>
            <strong>{slotTime(at, timezone)}</strong> <Age at={at} />
            <ClockChange at={at} before={upcoming[nth - 1]} zone={timezone} />
          </li>
        ))}
      </ol>
    </section>
  );
}

const slotTime = writes({
  ...{ weekday: "short", day: "2-digit", month: "short", timeZoneName: "short" },
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
});

/** Says where clocks of the zone are put forward or back between two slots. */
function ClockChange({
  at,
  before,
  zone,
}: {
  readonly at: number;
  readonly before: number | undefined;
  readonly zone: string;
}) {
  const change = before === undefined ? 0 : aheadOf(at, zone) - aheadOf(before, zone);
  if (change === 0) return null;
  return <small> · clocks are put {change > 0 ? "forward" : "back"} before it</small>;
}

function Facts({ schedule }: { readonly schedule: ScheduleDetails }) {
  const {
    every,
    cron,
    startAt,
    endAt,
    limit,
    onMissed,
    overlap,
    jitter,
    runs = 0,
    lastFiredAt,
    lastJobId,
    task,
  } = schedule;
  return (
    <section class="card">
      <h2>Rule</h2>
      <KeyValue
        items={{
          Every: every && lengthInWords(every),
          Cron: cron && <code>{cron}</code>,
          Zone: cron && (schedule.timezone ?? "UTC"),
          Runs: limit === undefined ? count(runs) : `${count(runs)} of ${count(limit)}`,
          "Last fired": ago(lastFiredAt) ?? "never",
          "Last job": lastJobId && (
            <a class="mono" href={jobHref(task, lastJobId)}>
              {lastJobId}
            </a>
          ),
          "Missed slots": String(onMissed),
          Overlap: overlap === "skip" ? "skips while the last job goes on" : String(overlap),
          "Spread over": jitter === 0 ? undefined : span(jitter),
          Begins: startAt && moment(startAt, schedule.timezone),
          Ends: endAt && moment(endAt, schedule.timezone),
        }}
      />
    </section>
  );
}

const OUTCOME_MARKS: Readonly<Record<string, string>> = {
  ...STATE_MARK,
  skipped: "»",
  missed: "?",
  gone: "·",
};
const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  ...{
    skipped: "skipped: the job before went on",
    missed: "missed: nobody could fire it",
    gone: "its job is not kept any more",
  },
};

function Runs({ path }: { readonly path: string }) {
  const { value, error, reload } = useResource<Page<ScheduleRun>>(`${path}/runs`, {
    query: { limit: SQUARES },
    everyMs: REFRESH_MS,
  });
  const runs = [...(value?.items ?? [])].sort((a, b) => a.slot - b.slot).slice(-SQUARES);
  const sums = new Map<string, number>();
  for (const { outcome } of runs) sums.set(outcome, (sums.get(outcome) ?? 0) + 1);
  return (
    <section class="card">
      <h2>Last {SQUARES} slots</h2>
      {error && <ErrorBox error={error} retry={reload} />}
      {value !== undefined && runs.length === 0 ? <Empty>No slot has come yet.</Empty> : null}
      <ol class="squares" aria-label="Slots, the oldest first">
        {runs.map((run) => (
          <li key={run.slot}>
            <Square run={run} />
          </li>
        ))}
      </ol>
      <p class="quiet">
        {[...sums].map(([outcome, times], nth) => (
          <span key={outcome}>
            {nth === 0 ? "" : " · "}
            {OUTCOME_MARKS[outcome]} {outcome} {count(times)}
          </span>
        ))}
      </p>
    </section>
  );
}

function Square({ run: { slot, job, outcome } }: { readonly run: ScheduleRun }) {
  const title = `${moment(slot)}: ${OUTCOME_WORDS[outcome] ?? outcome}${job?.error === undefined ? "" : `, ${job.error.message}`}`;
  const content = (
    <>
      <span aria-hidden="true">{OUTCOME_MARKS[outcome] ?? "?"}</span>
      <span class="unseen">{title}</span>
    </>
  );
  const look = { class: `square is-${outcome}`, title };
  return job === undefined ? (
    <span {...look}>{content}</span>
  ) : (
    <a {...look} href={jobHref(job.task, job.id)}>
      {content}
    </a>
  );
}

type Asking = "trigger" | "pause" | "resume" | "remove" | "edit";

const QUESTIONS: Readonly<
  Record<Exclude<Asking, "edit">, { readonly verb: string; readonly done: string; readonly says: string }>
> = {
  trigger: { verb: "Trigger", done: "triggered", says: "It makes a job now, beside its slots." },
  pause: { verb: "Pause", done: "paused", says: "No slot makes a job until it is resumed." },
  resume: { verb: "Resume", done: "resumed", says: "The next slot makes a job again." },
  remove: {
    verb: "Remove",
    done: "removed",
    says: "Nothing of it is kept. Its jobs stay. An application that declares it makes it anew when it starts.",
  },
};

function Buttons({ schedule, path }: { readonly schedule: ScheduleDetails; readonly path: string }) {
  const [asking, setAsking] = useState<Asking>();
  const close = () => setAsking(undefined);
  const names: readonly Asking[] = [
    ...(may("operator") ? (["trigger", schedule.paused ? "resume" : "pause"] as const) : []),
    ...(may("admin") ? (["edit", "remove"] as const) : []),
  ];
  const run = async (name: Exclude<Asking, "edit">, reason: object) => {
    if (name === "remove") {
      say(resultInWords(await api.remove<ChangeResult>(path, reason), "removed"), schedule.name);
      go(href("/schedules"));
      return;
    }
    const result = await api.post<Partial<ChangeResult> & { readonly id?: string }>(
      `${path}/${name}`,
      reason,
    );
    say(
      result.status === undefined
        ? `It was ${QUESTIONS[name].done}.`
        : resultInWords(result as ChangeResult, QUESTIONS[name].done),
      result.id ?? schedule.name,
    );
  };
  return (
    <>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class={name === "remove" ? "danger" : ""}
          onClick={() => setAsking(name)}
        >
          {name === "edit" ? "Edit" : QUESTIONS[name].verb}
        </button>
      ))}
      {asking === undefined ? null : asking === "edit" ? (
        <EditSchedule schedule={schedule} path={path} onClose={close} />
      ) : (
        <ConfirmDialog
          title={`${QUESTIONS[asking].verb} ${schedule.name}?`}
          verb={QUESTIONS[asking].verb}
          isDangerous={asking === "remove"}
          run={(reason) => run(asking, reason)}
          onClose={close}
        >
          <p>{QUESTIONS[asking].says}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
