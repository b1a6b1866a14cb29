/** Processes that work: how they are, what they do, and what they are told to do. */
import { useState } from "preact/hooks";
import type { ChangeResult } from "../../../src/app/operate/change.js";
import type { Page } from "../../../src/app/operate/page.js";
import type { Release, WorkerInfo } from "../../../src/app/operate/workers.js";
import { api, pathOf } from "../core/api.js";
import { now } from "../core/clock.js";
import { age, bytes, count, plural, span } from "../core/format.js";
import { may } from "../core/me.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, taskHref } from "../core/router.js";
import { resultInWords } from "../operate/actions.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Age, Judged, KeyValue, Tag } from "../parts/small.js";
import { say } from "../shell/toasts.js";

const REFRESH_MS = 5000;

export function WorkersPage() {
  const list = useResource<Page<WorkerInfo>>("/workers", {
    query: { limit: 1000 },
    everyMs: REFRESH_MS,
  });
  const releases = useResource<readonly Release[]>("/releases");
  const workers = list.value?.items ?? [];
  const sizes = workers.map(slotsOf);
  const running = workers.reduce((sum, { vitals }) => sum + (vitals?.running ?? 0), 0);
  const size = sizes.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return (
    <>
      <PageHead
        title="Workers"
        note={
          list.value === undefined
            ? ""
            : `${plural(workers.length, "process", "processes")} · ${count(running)} of ${count(size)} slots at work. Each tells how it is every 10 s.`
        }
      />
      <Loaded resource={list} what="workers">
        {() =>
          workers.length === 0 ? (
            <Empty title="Nobody works">
              No process with handlers is connected to this store. Jobs wait until one is:{" "}
              <code>taskora.start()</code>
            </Empty>
          ) : (
            <ul class="cards">
              {workers.map((worker) => (
                <WorkerCard key={worker.id} worker={worker} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Releases releases={releases.value ?? []} />
    </>
  );
}

function slotsOf({ tasks }: WorkerInfo): number | undefined {
  const known = tasks.flatMap(({ slots }) => slots ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, slots) => sum + slots, 0);
}

const STATE_TAGS: Readonly<Record<WorkerInfo["state"], { readonly kind: string; readonly mark: string }>> = {
  running: { kind: "good", mark: "▶" },
  quiet: { kind: "warning", mark: "‖" },
  closing: { kind: "warning", mark: "↓" },
  lost: { kind: "critical", mark: "✖" },
};

function WorkerCard({ worker }: { readonly worker: WorkerInfo }) {
  const { id, host, pid, state, silentMs, startedAt, seenAt, vitals, tasks } = worker;
  const slots = slotsOf(worker);
  const tag = STATE_TAGS[state];
  return (
    <li class={`card worker ${state === "lost" ? "is-lost" : ""}`}>
      <div class="bar spread">
        <h2>
          {host} <span class="quiet">pid {pid}</span>
        </h2>
        <Tag kind={tag.kind}>
          {tag.mark} {state}
        </Tag>
      </div>
      <p class="quiet">
        <span class="mono">{id}</span> · up <Age at={startedAt} /> · heard{" "}
        <span class={silentMs > 13_000 ? "bad" : ""}>{age(Math.max(now.value - seenAt, 0))} ago</span>
      </p>
      {slots === undefined ? null : <SlotBar running={vitals?.running ?? 0} size={slots} />}
      {vitals === undefined ? (
        <p class="quiet">It did not say how it is.</p>
      ) : (
        <KeyValue
          items={{
            "Loop lag p99":
              vitals.lagMs === undefined ? undefined : (
                <Judged value={span(vitals.lagMs)} isBad={vitals.lagMs > 100} />
              ),
            "Of one core":
              vitals.cpu === undefined ? undefined : (
                <Judged value={`${Math.round(vitals.cpu * 100)} %`} isBad={vitals.cpu > 0.9} />
              ),
            Memory: vitals.rssBytes && bytes(vitals.rssBytes),
            Release: vitals.release,
            Node: vitals.node,
            taskora: vitals.taskora,
          }}
        />
      )}
      <details>
        <summary>{plural(tasks.length, "task")}</summary>
        <ul>
          {tasks.map(({ task, version, slots: size, running }) => (
            <li key={task}>
              <a href={taskHref(task)}>{task}</a> <span class="quiet">v{version}</span>
              {size === undefined ? null : (
                <span class="num">
                  {" "}
                  {running ?? 0}/{size}
                </span>
              )}
            </li>
          ))}
        </ul>
      </details>
      <RunningJobs worker={worker} />
      <WorkerButtons worker={worker} />
    </li>
  );
}

/** A bar with its numbers. */
function SlotBar({ running, size }: { readonly running: number; readonly size: number }) {
  return (
    <div class="slot-bar" role="img" aria-label={`${running} of ${size} slots at work`}>
      <span class="track">
        <span style={{ width: `${size === 0 ? 0 : Math.min(100, (100 * running) / size)}%` }} />
      </span>
      <span class="num">
        {count(running)}/{count(size)}
      </span>
    </div>
  );
}

function RunningJobs({ worker: { vitals } }: { readonly worker: WorkerInfo }) {
  if (vitals === undefined || vitals.jobs.length === 0) return null;
  return (
    <ul class="running">
      {vitals.jobs.map(({ task, id, since }) => (
        <li key={`${task} ${id}`}>
          <a class="mono" href={jobHref(task, id)}>
            {id}
          </a>{" "}
          <span class="quiet">{task}</span> <Age at={since} />
        </li>
      ))}
      {vitals.running > vitals.jobs.length ? (
        <li class="quiet">and {vitals.running - vitals.jobs.length} more</li>
      ) : null}
    </ul>
  );
}

const COMMANDS = {
  quiet: { verb: "Quiet", says: "It begins no more jobs until it is told to. What runs goes on." },
  resume: { verb: "Resume", says: "It begins jobs again." },
  close: {
    verb: "Close",
    says: "It ends as SIGTERM would end it. Whether it is started again is up to what runs it.",
  },
} as const;

function WorkerButtons({ worker: { id, host, pid, state } }: { readonly worker: WorkerInfo }) {
  const [asking, setAsking] = useState<keyof typeof COMMANDS>();
  if (!may("admin") || state === "lost" || state === "closing") return null;
  const names = state === "quiet" ? (["resume", "close"] as const) : (["quiet", "close"] as const);
  const run = async (name: keyof typeof COMMANDS, reason: object) => {
    say(
      resultInWords(await api.post<ChangeResult>(pathOf("workers", id, name), reason), "told"),
      `${host} ${pid}`,
    );
  };
  return (
    <div class="bar">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class={name === "close" ? "danger" : ""}
          onClick={() => setAsking(name)}
        >
          {COMMANDS[name].verb}
        </button>
      ))}
      {asking && (
        <ConfirmDialog
          title={`${COMMANDS[asking].verb} ${host} ${pid}?`}
          verb={COMMANDS[asking].verb}
          isDangerous={asking === "close"}
          run={(reason) => run(asking, reason)}
          onClose={() => setAsking(undefined)}
        >
          <p>{COMMANDS[asking].says}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function Releases({ releases }: { readonly releases: readonly Release[] }) {
  if (releases.length === 0) return null;
  return (
    <section class="card">
      <h2>Releases</h2>
      <ol class="plain-list">
        {releases.toReversed().map(({ name, at }) => (
          <li key={name}>
            <strong>{name}</strong> <span class="quiet">first worked</span> <Age at={at} suffix="ago" />{" "}
            <a href={href("/errors")}>errors</a>
          </li>
        ))}
      </ol>
    </section>
  );
}
