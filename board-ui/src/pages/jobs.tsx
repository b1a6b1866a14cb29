/** Jobs by a filter: a table, and changes of those that are chosen or of all that match. */
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../../src/app/operate/job.js";
import type { JobsPage as JobsAnswer } from "../../../src/board/api.js";
import { api } from "../core/api.js";
import { count, plural } from "../core/format.js";
import { may } from "../core/me.js";
import { useResource } from "../core/resource.js";
import { href, jobHref, place, setQuery } from "../core/router.js";
import { STATES } from "../core/states.js";
import { FilterBox, useFilterWords } from "../filter/filter-box.js";
import { JOB_ACTIONS, type JobAction } from "../operate/actions.js";
import { type BulkChoice, BulkDialog } from "../operate/bulk-dialog.js";
import { Empty, Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { PageHead } from "../parts/page-head.js";
import { Table } from "../parts/table.js";
import { useKeys } from "../shell/keys.js";
import { sayFailed } from "../shell/toasts.js";
import { type ColumnChoice, jobColumns } from "./jobs-columns.js";

const PAGE = 100;
const REFRESH_MS = 5000;

const keyOf = ({ task, id }: Job): string => `${task} ${id}`;

export function JobsPage() {
  const q = place.value.query.get("q") ?? "";
  const asked = place.value.query.get("columns") ?? undefined;
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const words = useFilterWords(q);
  const { jobs, counts, error, isLoading, hasMore, more } = useJobs(q);
  const columns = jobColumns({ asked, task: words.task, paths: words.paths, jobs: jobs ?? [] });
  useEffect(() => {
    chosen.value = new Set();
  }, [q]);
  const isFilterWrong = error?.position !== undefined || error?.code === "FILTER_INVALID";
  return (
    <>
      <PageHead title="Jobs">
        {words.task === undefined || !may("operator") ? null : (
          <a class="button" href={href(`/tasks/${encodeURIComponent(words.task)}/new`)}>
            New job
          </a>
        )}
        <Columns choices={columns.choices} />
      </PageHead>
      <FilterBox
        value={q}
        words={words}
        error={isFilterWrong ? error : undefined}
        onSubmit={(filter) => setQuery({ q: filter })}
      />
      <StateLinks q={q} counts={counts} />
      <BulkBar q={q} jobs={jobs ?? []} chosen={chosen.value} />
      {error !== undefined && !isFilterWrong ? <ErrorBox error={error} /> : null}
      {jobs === undefined ? (
        isLoading ? (
          <Waiting what="jobs" />
        ) : null
      ) : (
        <Table
          rows={jobs}
          columns={columns.shown}
          rowKey={keyOf}
          caption="Jobs"
          open={({ task, id }) => jobHref(task, id)}
          {...(may("operator") ? { chosen } : {})}
          empty={<NoJobs q={q} />}
        />
      )}
      {hasMore ? (
        <p class="more">
          <button type="button" onClick={more} disabled={isLoading}>
            More jobs
          </button>{" "}
          <span class="quiet">{plural(jobs?.length ?? 0, "job")} shown</span>
        </p>
      ) : null}
    </>
  );
}

/** The first page, read again and again while no other is shown, and those that were asked for behind it. */
function useJobs(q: string) {
  const [further, setFurther] = useState<{ readonly q: string; readonly pages: readonly JobsAnswer[] }>({
    q,
    pages: [],
  });
  const [isBusy, setBusy] = useState(false);
  const pages = further.q === q ? further.pages : [];
  const first = useResource<JobsAnswer>("/jobs", {
    query: { q, limit: PAGE },
    ...(pages.length === 0 ? { everyMs: REFRESH_MS } : {}),
  });
  const all = first.value === undefined ? undefined : [first.value, ...pages];
  const cursor = all?.at(-1)?.cursor;
  const seen = new Set<string>();
  const jobs = all
    ?.flatMap(({ items }) => items)
    .filter((job) => !seen.has(keyOf(job)) && seen.add(keyOf(job)));
  const more = async () => {
    setBusy(true);
    try {
      const page = await api.get<JobsAnswer>("/jobs", { query: { q, limit: PAGE, cursor } });
      setFurther({ q, pages: [...pages, page] });
    } catch (failure) {
      sayFailed(failure);
    }
    setBusy(false);
  };
  return {
    ...{ jobs, counts: first.value?.counts, error: first.error, isLoading: first.isLoading || isBusy },
    ...{ hasMore: cursor !== undefined, more: () => void more() },
  };
}

/** Links that put a state into the filter. */
function StateLinks({ q, counts }: { readonly q: string; readonly counts: JobsAnswer["counts"] }) {
  const rest = q
    .replace(/(^|\s)-?state:\S+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const [, current = ""] = /(?:^|\s)state:(\w+)(?=\s|$)/.exec(q) ?? [];
  return (
    <nav class="tabs" aria-label="States">
      {["", ...STATES].map((state) => {
        const filter = state === "" ? rest : `state:${state} ${rest}`.trim();
        const shown = counts?.[state === "" ? "total" : (state as (typeof STATES)[number])];
        return (
          <a
            key={state}
            href={href("/jobs", { q: filter, columns: place.value.query.get("columns") ?? undefined })}
            {...(state === current ? { "aria-current": "page" as const } : {})}
          >
            {state === "" ? "all" : state}{" "}
            {shown === undefined ? null : <small class="num">{count(shown)}</small>}
          </a>
        );
      })}
    </nav>
  );
}

function Columns({ choices }: { readonly choices: readonly ColumnChoice[] }) {
  const set = (key: string, isShown: boolean) => {
    const keys = choices
      .filter((choice) => (choice.key === key ? isShown : choice.isShown))
      .map((choice) => choice.key);
    setQuery({ columns: keys.join(",") });
  };
  return (
    <details class="menu">
      <summary class="button">Columns</summary>
      <fieldset>
        <legend class="unseen">Columns of the table</legend>
        {choices.map(({ key, name, isShown }) => (
          <label key={key}>
            <input
              type="checkbox"
              checked={isShown}
              disabled={key === "id"}
              onChange={(event) => set(key, event.currentTarget.checked)}
            />{" "}
            {name}
          </label>
        ))}
        <button type="button" onClick={() => setQuery({ columns: undefined })}>
          As usual
        </button>
      </fieldset>
    </details>
  );
}

interface BulkBarProps {
  readonly q: string;
  readonly jobs: readonly Job[];
  readonly chosen: ReadonlySet<string>;
}

function BulkBar({ q, jobs, chosen }: BulkBarProps) {
  const [open, setOpen] = useState<{ readonly action: JobAction; readonly choice: BulkChoice }>();
  const [isAll, setAll] = useState(false);
  const picked = jobs.filter((job) => chosen.has(keyOf(job)));
  const states = new Set((isAll ? jobs : picked).map(({ state }) => state));
  const actions = JOB_ACTIONS.filter(
    (action) => may(action.role) && (isAll || action.states.some((state) => states.has(state))),
  );
  const choice: BulkChoice = isAll ? { q } : { ids: picked.map(({ task, id }) => ({ task, id })) };
  const isShown = isAll || picked.length > 0;
  const begin = (action: JobAction) => setOpen({ action, choice });
  useKeys(
    isShown
      ? actions.map((action) => ({
          keys: action.key,
          does: `${action.verb} what is chosen`,
          run: () => begin(action),
        }))
      : [],
  );
  if (!may("operator")) return null;
  return (
    <section class={`bulk ${isShown ? "" : "is-idle"}`} aria-label="What to do with jobs">
      {isAll ? <strong>All that match</strong> : <span>{plural(picked.length, "job")} chosen</span>}
      <button
        type="button"
        class="plain"
        aria-pressed={isAll}
        onClick={() => setAll(!isAll)}
        disabled={q === "" && !isAll}
        title={q === "" ? "Write a filter first: it says which jobs" : ""}
      >
        {isAll ? "only those chosen" : "all that match"}
      </button>
      {actions.map((action) => (
        <button
          key={action.action}
          type="button"
          class={action.isDangerous ? "danger" : ""}
          onClick={() => begin(action)}
        >
          {action.verb}
        </button>
      ))}
      {open === undefined ? null : <BulkDialog {...open} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

function NoJobs({ q }: { readonly q: string }) {
  if (q === "")
    return <Empty title="The store holds no job">Whatever is dispatched appears here at once.</Empty>;
  return (
    <Empty title="No job matches">
      <a href={href("/jobs")}>Show all jobs</a>
    </Empty>
  );
}
