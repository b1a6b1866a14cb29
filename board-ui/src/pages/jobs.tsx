/** Jobs by a filter: a table, and changes of those that are chosen or of all that match. */
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../../src/app/operate/job.js";
import type { JobsPage as JobsAnswer } from "../../../src/board/api.js";
import { count, plural } from "../core/format.js";
import { may } from "../core/me.js";
import { usePages } from "../core/pages.js";
import { href, jobHref, place, setQuery } from "../core/router.js";
import { STATES } from "../core/states.js";
import { FilterBox, useFilterWords } from "../filter/filter-box.js";
import { JOB_ACTIONS, type JobAction } from "../operate/actions.js";
import { type BulkChoice, BulkDialog } from "../operate/bulk-dialog.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { More } from "../parts/more.js";
import { PageHead } from "../parts/page-head.js";
import { Table } from "../parts/table.js";
import { Tabs } from "../parts/tabs.js";
import { useKeys } from "../shell/keys.js";
import { type ColumnChoice, jobColumns } from "./jobs-columns.js";
import { Views } from "./jobs-views.js";

const PAGE = 100;
const REFRESH_MS = 5000;

const keyOf = ({ task, id }: Job): string => `${task} ${id}`;

export function JobsPage() {
  const q = place.value.query.get("q") ?? "";
  const asked = place.value.query.get("columns") ?? undefined;
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const words = useFilterWords(q);
  const list = usePages<JobsAnswer>("/jobs", { q, limit: PAGE }, REFRESH_MS);
  const { error } = list;
  // A job that changes its place while pages are read may be on two of them.
  const jobs = [...new Map(list.items.map((job) => [keyOf(job), job])).values()];
  const columns = jobColumns({ asked, task: words.task, paths: words.paths, jobs });
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
        <Views />
        <Columns choices={columns.choices} />
      </PageHead>
      <FilterBox
        value={q}
        words={words}
        error={isFilterWrong ? error : undefined}
        onSubmit={(filter) => setQuery({ q: filter })}
      />
      <StateLinks q={q} counts={list.value?.counts} />
      <BulkBar q={q} jobs={jobs} chosen={chosen.value} />
      {isFilterWrong ? null : (
        <Loaded resource={list} what="jobs">
          {() => (
            <Table
              rows={jobs}
              columns={columns.shown}
              rowKey={keyOf}
              caption="Jobs"
              open={({ task, id }) => jobHref(task, id)}
              chosen={may("operator") ? chosen : undefined}
              empty={<NoJobs q={q} />}
            />
          )}
        </Loaded>
      )}
      <More {...list} />
    </>
  );
}

/** Links that put a state into the filter. */
function StateLinks({ q, counts }: { readonly q: string; readonly counts: JobsAnswer["counts"] }) {
  const rest = q
    .replace(/(^|\s)-?state:\S+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const [, current = ""] = /(?:^|\s)state:(\w+)(?=\s|$)/.exec(q) ?? [];
  const columns = place.value.query.get("columns") ?? undefined;
  const tabs = ["", ...STATES].map((state) => {
    const filter = state === "" ? rest : `state:${state} ${rest}`.trim();
    const shown = counts?.[state === "" ? "total" : (state as (typeof STATES)[number])];
    return {
      key: state,
      label: (
        <>
          {state || "all"} {shown === undefined ? null : <small class="num">{count(shown)}</small>}
        </>
      ),
      href: href("/jobs", { q: filter, columns }),
    };
  });
  return <Tabs tabs={tabs} current={current} label="States" />;
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
      {open && <BulkDialog {...open} onClose={() => setOpen(undefined)} />}
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
