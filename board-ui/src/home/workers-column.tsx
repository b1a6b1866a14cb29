import type { Overview, SlotJob, WorkerGlance } from "../../../src/board/api.js";
import { now } from "../core/clock.js";
import { age } from "../core/format.js";
import { href, jobHref } from "../core/router.js";
import { Count } from "../parts/small.js";

/** With more slots there is a bar for each worker. */
const MOST_SLOTS = 24;
const MOST_BARS = 12;

export function WorkersColumn({ overview }: { readonly overview: Overview }) {
  const { workers, sum } = overview;
  const size = sum.slots?.size ?? 0;
  const running = sum.slots?.running ?? sum.counts.active;
  return (
    <div class="column workers">
      <h2>
        Workers{" "}
        <span class="num">
          <Count value={running} />
          {workers && `/${size}`}
        </span>
      </h2>
      {workers === undefined ? (
        <p class="quiet">jobs at work; this store keeps no list of workers</p>
      ) : workers.length === 0 ? (
        <p class="quiet">No worker is running.</p>
      ) : size <= MOST_SLOTS ? (
        <Slots workers={workers} />
      ) : (
        <WorkerBars workers={workers} />
      )}
    </div>
  );
}

function Slots({ workers }: { readonly workers: readonly WorkerGlance[] }) {
  return (
    <div class="slots">
      {workers.map((worker) => (
        <div key={worker.id} class={`worker is-${worker.state}`}>
          {workers.length > 1 || worker.state !== "running" ? (
            <p class="host">
              {worker.host} <small>{worker.pid}</small>
              {worker.state === "running" ? null : <b> {worker.state}</b>}
            </p>
          ) : null}
          <ol class={(worker.slots ?? 0) > 6 ? "is-many" : ""}>
            {slotsOf(worker).map(({ key, job }) => (
              <Slot key={key} job={job} />
            ))}
          </ol>
        </div>
      ))}
    </div>
  );
}

interface SlotRow {
  readonly key: string;
  readonly job: SlotJob | undefined;
}

/** In which slot a job was shown, so that it stays there as long as it runs. */
const places = new Map<string, (string | undefined)[]>();

function slotsOf({ id, slots, running, jobs }: WorkerGlance): readonly SlotRow[] {
  const size = Math.max(slots ?? 0, running, jobs.length);
  const byKey = new Map<string, SlotJob>(jobs.map((job) => [`${job.task} ${job.id}`, job]));
  const kept = (places.get(id) ?? [])
    .slice(0, size)
    .map((key) => (key !== undefined && byKey.has(key) ? key : undefined));
  while (kept.length < size) kept.push(undefined);
  for (const key of byKey.keys()) {
    if (kept.includes(key)) continue;
    const free = kept.indexOf(undefined);
    if (free >= 0) kept[free] = key;
  }
  places.set(id, kept);
  return kept.map((key, nth) => ({ key: String(nth), job: key === undefined ? undefined : byKey.get(key) }));
}

function Slot({ job }: { readonly job: SlotJob | undefined }) {
  if (job === undefined)
    return (
      <li class="slot">
        <span class="box" aria-hidden="true" />
        <span class="quiet">idle</span>
      </li>
    );
  return (
    <li class="slot is-busy">
      <span class="box" aria-hidden="true" />
      <a href={jobHref(job.task, job.id)} title={`${job.task} ${job.id}`}>
        {job.task} <small class="mono">{job.id.slice(-6)}</small>
      </a>
      <span class="num">{age(now.value - job.since)}</span>
    </li>
  );
}

function WorkerBars({ workers }: { readonly workers: readonly WorkerGlance[] }) {
  return (
    <>
      <ul class="worker-bars">
        {workers.slice(0, MOST_BARS).map(({ id, host, pid, slots, running, state }) => (
          <li key={id} class={`is-${state}`}>
            <span class="host" title={id}>
              {host} <small>{pid}</small>
              {state === "running" ? null : <b> {state}</b>}
            </span>
            <meter
              min={0}
              max={Math.max(1, slots ?? running)}
              value={running}
              aria-label={`Slots in use on ${host}`}
            />
            <span class="num">
              {running}/{slots ?? "?"}
            </span>
          </li>
        ))}
      </ul>
      {workers.length > MOST_BARS ? <a href={href("/workers")}>All {workers.length} workers</a> : null}
    </>
  );
}
