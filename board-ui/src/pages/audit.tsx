/** Who changed what by hand. */
import type { AuditEntry } from "../../../src/app/operate/audit-list.js";
import type { Page } from "../../../src/app/operate/page.js";
import { count } from "../core/format.js";
import { moment } from "../core/moments.js";
import { usePages } from "../core/pages.js";
import { href, jobHref, taskHref } from "../core/router.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { More } from "../parts/more.js";
import { PageHead } from "../parts/page-head.js";
import { Age } from "../parts/small.js";
import { Table } from "../parts/table.js";

const LIMIT = 100;

export function AuditPage() {
  const list = usePages<Page<AuditEntry>>("/audit", { limit: LIMIT });
  return (
    <>
      <PageHead
        title="Audit"
        note="Changes by hand, of every process over the store: the newest 10 000 that said who or why, and all of many jobs."
      />
      <Loaded resource={list} what="the list">
        {() => (
          <Table<AuditEntry>
            rows={list.items}
            rowKey={(entry) => JSON.stringify(entry)}
            caption="Changes by hand, the newest first"
            empty={
              <Empty title="Nothing was changed by hand">
                What people do here, and on the command line, is listed.
              </Empty>
            }
            columns={[
              {
                key: "at",
                head: "When",
                width: "14ch",
                cell: ({ at }) => (
                  <span title={moment(at)}>
                    <Age at={at} suffix="ago" />
                  </span>
                ),
              },
              {
                key: "by",
                head: "Who",
                isLong: true,
                cell: ({ by, address }) => (
                  <>
                    {by ?? <span class="quiet">not told</span>}
                    {address === undefined ? null : <span class="quiet"> {address}</span>}
                  </>
                ),
              },
              {
                key: "action",
                head: "What",
                width: "18ch",
                cell: ({ action, status }) => (
                  <span>
                    {action}
                    {status === "requested" ? " …" : ""}
                  </span>
                ),
              },
              { key: "target", head: "Of what", isLong: true, cell: (entry) => <Target entry={entry} /> },
              {
                key: "count",
                head: "Jobs",
                align: "end",
                width: "9ch",
                from: "m",
                cell: ({ count: jobs }) => (jobs === undefined ? "" : count(jobs)),
              },
              { key: "reason", head: "Why", from: "m", isLong: true, cell: ({ reason }) => reason ?? "" },
            ]}
          />
        )}
      </Loaded>
      <More {...list} />
    </>
  );
}

function Target({ entry }: { readonly entry: AuditEntry }) {
  const { task, jobId, workflow, schedule, worker, pool, size } = entry;
  if (jobId !== undefined && task !== undefined)
    return (
      <a href={jobHref(task, jobId)}>
        {task} {jobId}
      </a>
    );
  if (workflow !== undefined)
    return <a href={href(`/workflows/${encodeURIComponent(workflow)}`)}>{workflow}</a>;
  if (schedule !== undefined)
    return <a href={href(`/schedules/${encodeURIComponent(schedule)}`)}>{schedule}</a>;
  if (worker !== undefined) return <a href={href("/workers")}>{worker}</a>;
  if (pool !== undefined) return <>{`pool ${pool}${size === undefined ? "" : ` to ${size}`}`}</>;
  return task === undefined ? <span class="quiet">–</span> : <a href={taskHref(task)}>{task}</a>;
}
