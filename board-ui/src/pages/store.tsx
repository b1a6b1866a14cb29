/** How the store is, server by server. */
import type { StoreServer } from "../../../src/app/operate/store-info.js";
import type { Note, StoreState } from "../../../src/board/api.js";
import { now } from "../core/clock.js";
import { bytes, count, plural, span } from "../core/format.js";
import { me } from "../core/me.js";
import { useResource } from "../core/resource.js";
import { taskHref } from "../core/router.js";
import { Waiting } from "../parts/empty.js";
import { ErrorBox } from "../parts/error-box.js";
import { PageHead } from "../parts/page-head.js";
import { Age, KeyValue, Tag } from "../parts/small.js";

export function StorePage() {
  const { value, error, reload } = useResource<StoreState>("/store", { everyMs: 5000 });
  const store = me.value?.store;
  return (
    <>
      <PageHead title="Store" note={[store?.name, store?.address].filter(Boolean).join(" · ")} />
      {error === undefined ? null : <ErrorBox error={error} retry={reload} />}
      {value === undefined ? (
        error === undefined ? (
          <Waiting what="the store" />
        ) : null
      ) : (
        <>
          <Notes notes={value.notes ?? []} />
          <div class="cards">
            {value.servers.map((server, nth) => (
              <ServerCard key={server.address ?? nth} server={server} kind={value.kind} />
            ))}
          </div>
          {value.postgres === undefined ? null : (
            <section class="card">
              <h2>Database</h2>
              <KeyValue
                items={Object.entries(value.postgres).map(
                  ([name, said]) => [inWords(name), wordOf(name, said)] as const,
                )}
              />
            </section>
          )}
        </>
      )}
    </>
  );
}

function Notes({ notes }: { readonly notes: readonly Note[] }) {
  if (notes.length === 0) return <p class="card ok">✔ Nothing is wrong with it.</p>;
  return (
    <ul class="stack">
      {notes.map(({ check, severity, what, why, advice, task }) => (
        <li key={`${check} ${task ?? ""}`} class="card">
          <p>
            <Tag kind={severity}>{severity === "critical" ? "✖ critical" : "! warning"}</Tag>{" "}
            <strong>{what}</strong>
            {task === undefined ? null : (
              <>
                {" "}
                · <a href={taskHref(task)}>{task}</a>
              </>
            )}
          </p>
          <p>{why}</p>
          <p class="quiet">{advice}</p>
        </li>
      ))}
    </ul>
  );
}

function ServerCard({ server, kind }: { readonly server: StoreServer; readonly kind: string }) {
  const {
    address,
    version,
    uptimeMs,
    memory,
    eviction,
    persistence,
    replicas,
    clients,
    commandsPerSecond,
    skewMs,
  } = server;
  const used = memory?.limitBytes === undefined ? undefined : memory.usedBytes / memory.limitBytes;
  return (
    <section class="card">
      <h2>
        {kind} {version} {address === undefined ? null : <span class="quiet mono">{address}</span>}
      </h2>
      <KeyValue
        items={[
          uptimeMs === undefined ? undefined : ["Up", <Age key="u" at={now.value - uptimeMs} />],
          memory === undefined
            ? undefined
            : [
                "Memory",
                `${bytes(memory.usedBytes)}${memory.limitBytes === undefined ? "" : ` of ${bytes(memory.limitBytes)}`}`,
              ],
          used === undefined
            ? undefined
            : ["Of the limit", <Judged key="m" value={`${Math.round(used * 100)} %`} isBad={used > 0.8} />],
          memory?.fragmentation === undefined
            ? undefined
            : [
                "Fragmentation",
                <Judged key="f" value={memory.fragmentation.toFixed(2)} isBad={memory.fragmentation > 1.5} />,
              ],
          eviction === undefined
            ? undefined
            : ["When memory is short", <Judged key="e" value={eviction} isBad={eviction !== "noeviction"} />],
          persistence === undefined
            ? undefined
            : [
                "Log of every write",
                <Judged key="p" value={persistence.log ? "on" : "off"} isBad={!persistence.log} />,
              ],
          persistence?.savedAt === undefined
            ? undefined
            : ["Last whole copy", <Age key="s" at={persistence.savedAt} suffix="ago" />],
          persistence?.isFailing === true
            ? ["Writes to the disk", <Judged key="d" value="fail" isBad />]
            : undefined,
          clients === undefined
            ? undefined
            : [
                "Clients",
                `${count(clients.connected)}${clients.limit === undefined ? "" : ` of ${count(clients.limit)}`}`,
              ],
          commandsPerSecond === undefined
            ? undefined
            : ["Commands a second", count(Math.round(commandsPerSecond))],
          [
            "Clock ahead of the board",
            <Judged key="k" value={span(skewMs)} isBad={Math.abs(skewMs) > 1000} />,
          ],
          replicas === undefined
            ? undefined
            : ["Replicas", replicas.length === 0 ? "none" : plural(replicas.length, "replica")],
          ...(replicas ?? []).map(
            ({ address: where = "a replica", state = "", lagMs, lagBytes }) =>
              [
                where,
                `${state}${lagMs === undefined ? "" : `, ${span(lagMs)} behind`}${lagBytes === undefined ? "" : `, ${bytes(lagBytes)} behind`}`,
              ] as const,
          ),
        ]}
      />
    </section>
  );
}

function Judged({ value, isBad }: { readonly value: string; readonly isBad: boolean }) {
  return isBad ? <strong class="bad">{value} !</strong> : value;
}

/** `deadRows` as `dead rows`. */
function inWords(name: string): string {
  return name.replace(/(Bytes|Ms|At)$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function wordOf(name: string, value: unknown): string {
  if (typeof value !== "number") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (name.endsWith("Bytes")) return bytes(value);
  return name.endsWith("Ms") ? span(value) : count(value);
}
