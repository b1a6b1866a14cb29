/** How the store is, server by server. */
import type { StoreServer } from "../../../src/app/operate/store-info.js";
import type { Note, StoreState } from "../../../src/board/api.js";
import { now } from "../core/clock.js";
import { bytes, count, plural, span } from "../core/format.js";
import { me } from "../core/me.js";
import { useResource } from "../core/resource.js";
import { taskHref } from "../core/router.js";
import { Loaded } from "../parts/loaded.js";
import { PageHead } from "../parts/page-head.js";
import { Age, ago, Judged, KeyValue, Tag } from "../parts/small.js";

export function StorePage() {
  const state = useResource<StoreState>("/store", { everyMs: 5000 });
  const store = me.value?.store;
  return (
    <>
      <PageHead title="Store" note={[store?.name, store?.address].filter(Boolean).join(" · ")} />
      <Loaded resource={state} what="the store">
        {(value) => (
          <>
            <Notes notes={value.notes ?? []} />
            <div class="cards">
              {value.servers.map((server, nth) => (
                <ServerCard key={server.address ?? nth} server={server} kind={value.kind} />
              ))}
            </div>
            {value.postgres && (
              <section class="card">
                <h2>Database</h2>
                <KeyValue
                  items={Object.fromEntries(
                    Object.entries(value.postgres).map(([name, said]) => [inWords(name), wordOf(name, said)]),
                  )}
                />
              </section>
            )}
          </>
        )}
      </Loaded>
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
            {task && (
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
        {kind} {version} {address && <span class="quiet mono">{address}</span>}
      </h2>
      <KeyValue
        items={{
          Up: uptimeMs === undefined ? undefined : <Age at={now.value - uptimeMs} />,
          Memory: memory && `${bytes(memory.usedBytes)}${of(memory.limitBytes, bytes)}`,
          "Of the limit": used && <Judged value={`${Math.round(used * 100)} %`} isBad={used > 0.8} />,
          Fragmentation: memory?.fragmentation && (
            <Judged value={memory.fragmentation.toFixed(2)} isBad={memory.fragmentation > 1.5} />
          ),
          "When memory is short": eviction && <Judged value={eviction} isBad={eviction !== "noeviction"} />,
          "Log of every write": persistence && (
            <Judged value={persistence.log ? "on" : "off"} isBad={!persistence.log} />
          ),
          "Last whole copy": ago(persistence?.savedAt),
          "Writes to the disk": persistence?.isFailing ? <Judged value="fail" isBad /> : undefined,
          Clients: clients && `${count(clients.connected)}${of(clients.limit, count)}`,
          "Commands a second":
            commandsPerSecond === undefined ? undefined : count(Math.round(commandsPerSecond)),
          "Clock ahead of the board": <Judged value={span(skewMs)} isBad={Math.abs(skewMs) > 1000} />,
          Replicas: replicas && (replicas.length === 0 ? "none" : plural(replicas.length, "replica")),
          ...Object.fromEntries(
            (replicas ?? []).map(({ address: where, state = "", lagMs, lagBytes }, nth) => [
              where ?? `Replica ${nth + 1}`,
              `${state}${behind(lagMs, span)}${behind(lagBytes, bytes)}`,
            ]),
          ),
        }}
      />
    </section>
  );
}

const of = (limit: number | undefined, word: (value: number) => string): string =>
  limit === undefined ? "" : ` of ${word(limit)}`;
const behind = (lag: number | undefined, word: (value: number) => string): string =>
  lag === undefined ? "" : `, ${word(lag)} behind`;

/** `deadRows` as `dead rows`. */
function inWords(name: string): string {
  return name.replace(/(Bytes|Ms|At)$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function wordOf(name: string, value: unknown): string {
  if (typeof value !== "number") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (name.endsWith("Bytes")) return bytes(value);
  return name.endsWith("Ms") ? span(value) : count(value);
}
