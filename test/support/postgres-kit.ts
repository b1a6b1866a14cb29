import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import type { ConformanceKit } from "taskora/testing";
import { makeSchema, moveClock, type SchemaSql, schemaSql, setClock } from "./postgres-clock.js";
import { plannedFaults, postgresLeftovers } from "./postgres-faults.js";
import { poolOf, SchemaShelf, sharedPostgres } from "./postgres-server.js";

/** Tables that keep something from case to case. */
const TABLES =
  "store, task, job, ready, later, active, done, lease, note, held_key, passed, watcher, instance, listener, mail, schedule, worker, gate_job, gate, gate_start, turn, turn_clock, collector, left_job, graph, step_template, node, workflow_news, errand, past, told_contract, audit, measure, error_group, release".split(
    ", ",
  );
/** Takes everything out of a store. */
export const EMPTY = TABLES.map((table) => `delete from @.${table}`).join(";");

/** Cases wait for each other's notices too: so long is really waited at most. */
const MOST_WAITED_MS = 30;

/** A letter is on its way so long at most: adapters look for forgotten ones every 2 s, and a case must not be saved by that. */
const MOST_UNDERWAY_MS = 1000;

/** Longer than a busy machine takes for calls that wait for each other. */
export const PATIENCE = "60s";

const SHELF = new SchemaShelf(makeSchema);

/**
 * A kit over a schema that no other case uses, on the shared server. The store's clock moves when a case lets time pass, so
 * that nothing is overdue because a machine is slow. When a case has closed its last adapter, its tables are looked at for
 * contradictions, and the schema goes to another case with its connections.
 */
export async function postgresKit(startAt: number = Date.now()): Promise<ConformanceKit> {
  const { url } = await sharedPostgres();
  const name = await SHELF.take();
  const pool = poolOf(url, name);
  return kitOver({
    sql: schemaSql(url, name),
    adapter: () => postgresAdapter({ pool, schema: name, migrate: false, deadline: PATIENCE }),
    giveBack: () => SHELF.giveBack(name),
    startAt,
  });
}

/** A schema with a clock of its own, and what opens adapters over it. */
export interface KitParts {
  readonly sql: SchemaSql;
  readonly adapter: () => Adapter;
  /** The schema is empty again. */
  readonly giveBack: () => void;
  readonly startAt: number;
}

/** Whatever runs the statements. */
export async function kitOver({ sql, adapter, giveBack, startAt }: KitParts): Promise<ConformanceKit> {
  await setClock(sql, startAt);
  let open = 0;
  const closed = async () => {
    open -= 1;
    if (open > 0) return;
    const faults = await plannedFaults(sql);
    await sql(EMPTY);
    giveBack();
    if (faults.length > 0) throw new Error(`the tables contradict each other:\n${faults.join("\n")}`);
  };
  return {
    open: () => {
      open += 1;
      return closing(adapter(), closed);
    },
    empty: async () => void (await sql(EMPTY)),
    leftovers: () => leftoversAtRest(sql),
    advance: async (ms) => {
      await moveClock(sql, ms);
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, MOST_WAITED_MS)));
    },
    corrupt: async ({ task, id }) => {
      await sql(
        "update @.job set headers = 'damaged by a test' where task = (select id from @.task where name = $1) and id = $2",
        [task, id],
      );
    },
  };
}

/** Letters leave when those whom they are for have taken them, which is soon, but after the call that wrote them. */
async function leftoversAtRest(sql: SchemaSql): Promise<readonly string[]> {
  const until = performance.now() + MOST_UNDERWAY_MS;
  for (;;) {
    const left = await postgresLeftovers(sql);
    if (performance.now() >= until || !left.some((each) => each.startsWith("a letter"))) return left;
  }
}

/** Calls `closed` when the case, which closes every adapter it opened in the end, has closed this one. */
function closing(adapter: Adapter, closed: () => Promise<void>): Adapter {
  const close = adapter.close.bind(adapter);
  let isOver = false;
  adapter.close = async () => {
    await close();
    if (isOver) return;
    isOver = true;
    await closed();
  };
  return adapter;
}
