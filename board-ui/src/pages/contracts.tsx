/** Versions of contracts that are in flight, and who takes them. */
import type { TaskContracts } from "../../../src/board/api.js";
import { count, plural } from "../core/format.js";
import { useResource } from "../core/resource.js";
import { href, taskHref } from "../core/router.js";
import { Empty } from "../parts/empty.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Tag } from "../parts/small.js";

export function ContractsPage() {
  const contracts = useResource<readonly TaskContracts[]>("/contracts", { everyMs: 30_000 });
  return (
    <>
      <PageHead
        title="Contracts"
        note="Which versions jobs were dispatched with that have not ended, and which workers take them."
      />
      <Loaded resource={contracts} what="contracts">
        {(tasks) =>
          tasks.length === 0 ? (
            <Empty title="No contract is known">Workers announce theirs when they start.</Empty>
          ) : (
            <ul class="stack">
              {tasks.map((task) => (
                <TaskCard key={task.task} contracts={task} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

function TaskCard({ contracts: all }: { readonly contracts: TaskContracts }) {
  const { task, versions, contracts } = all;
  const numbers = [
    ...new Set([
      ...contracts.map(({ version }) => version),
      ...(versions ?? []).map(({ version }) => version),
    ]),
  ].sort((a, b) => b - a);
  return (
    <li class="card">
      <h2>
        <a href={taskHref(task)}>{task}</a>
      </h2>
      {numbers.length === 0 ? <p class="quiet">No worker implements it, and no job of it waits.</p> : null}
      <div class="scroll">
        <table class="plain">
          {numbers.length === 0 ? null : (
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Fingerprints</th>
                <th scope="col" class="end">
                  Jobs in flight
                </th>
                <th scope="col">Workers</th>
                <th scope="col">Verdict</th>
              </tr>
            </thead>
          )}
          <tbody>
            {numbers.map((version) => (
              <VersionRow key={version} version={version} contracts={all} />
            ))}
          </tbody>
        </table>
      </div>
    </li>
  );
}

function VersionRow({
  version,
  contracts: { task, versions, contracts },
}: {
  readonly version: number;
  readonly contracts: TaskContracts;
}) {
  const rows = versions?.filter((row) => row.version === version);
  const jobs = rows?.reduce((sum, { total }) => sum + total, 0);
  const own = contracts.filter((contract) => contract.version === version);
  const takers = contracts.filter((contract) => contract.since <= version && version <= contract.version);
  const workers = takers.reduce((sum, each) => sum + each.workers, 0);
  const prints = [
    ...new Set(
      [...own, ...(rows ?? [])].map(({ fingerprint }) => fingerprint).filter((print) => print !== ""),
    ),
  ];
  return (
    <tr>
      <th scope="row">{version}</th>
      <td class="mono">{prints.length === 0 ? "–" : prints.map((print) => print.slice(0, 8)).join(", ")}</td>
      <td class="end num">
        {jobs === undefined ? (
          "–"
        ) : (
          <a
            href={href("/jobs", {
              q: `task:${task} version:${version} state:waiting|delayed|active|retrying`,
            })}
          >
            {count(jobs)}
          </a>
        )}
      </td>
      <td>{workers === 0 ? "none" : plural(workers, "worker")}</td>
      <td>
        <Verdict
          version={version}
          jobs={jobs}
          workers={workers}
          isTold={own.length > 0}
          prints={own.length}
          newest={Math.max(...contracts.map((each) => each.version), 0)}
          since={Math.min(...contracts.map((each) => each.since))}
        />
      </td>
    </tr>
  );
}

interface VerdictProps {
  readonly version: number;
  readonly jobs: number | undefined;
  readonly workers: number;
  /** Whether workers implement this very version. */
  readonly isTold: boolean;
  /** Different contracts of this version. */
  readonly prints: number;
  readonly newest: number;
  readonly since: number;
}

function Verdict({ version, jobs, workers, prints, newest, since }: VerdictProps) {
  if (jobs !== undefined && jobs > 0 && workers === 0)
    return <Tag kind="critical">✖ nobody takes {plural(jobs, "job")}</Tag>;
  if (prints > 1) return <Tag kind="warning">! {prints} contracts under one version</Tag>;
  if (version < newest && jobs === 0)
    return <Tag kind="good">✔ 0 jobs left, since: {Math.max(version + 1, since)} is safe</Tag>;
  if (version < newest) return <span class="quiet">still in flight: keep it</span>;
  return <span class="quiet">current</span>;
}
