/**
 * Whether the rows that are stored can all be true. Each page is one statement, which sees one moment; what limits and
 * workflows keep for a while after their job went is left to the rounds that look after it.
 */
import {
  type ContentsPage,
  type ContentsQuery,
  type ContentsStore,
  type FaultKind,
  readContentsCursor,
  type StoreFault,
} from "../../../core/observe/store-contents.js";
import { textOf } from "../../codec/job-row.js";
import type { Row, Statements } from "../../connection/database.js";
import type { Session } from "../../session.js";

/** A table, and what is asked of each of its rows. */
interface Checked {
  readonly table: string;
  /** Columns of its primary key with their types, in the order of the index. */
  readonly key: readonly (readonly [column: string, type: string])[];
  /** What the fault is about. */
  readonly id: string;
  /** SQL over a row `p` of the table: whether it is well. */
  readonly holds: string;
  /** What it is when it is not. */
  readonly kind: FaultKind;
  /** SQL of what else is to be said. */
  readonly detail?: string;
}

const OF_JOB = [
  ["id", "text"],
  ["task", "integer"],
] as const;
const HAS_JOB = "exists (select from @.job j where j.id = p.id and j.task = p.task)";
const STATES = ["ready", "later", "active", "done"] as const;
const PLACES = STATES.map(
  (table) => `(select count(*) from @.${table} s where s.id = p.id and s.task = p.task)`,
);
const IN_STATES = `(${PLACES.join(" + ")})`;

const CHECKED: readonly Checked[] = [
  { ...{ table: "job", key: OF_JOB, id: "id", holds: `${IN_STATES} > 0` }, kind: "unlisted" },
  {
    ...{ table: "job", key: OF_JOB, id: "id", holds: `${IN_STATES} < 2`, kind: "misplaced" },
    detail: `'It is in ' || ${IN_STATES} || ' tables of states.'`,
  },
  ...STATES.map((table): Checked => ({ table, key: OF_JOB, id: "id", holds: HAS_JOB, kind: "unrecorded" })),
  {
    ...{
      table: "active",
      key: OF_JOB,
      id: "id",
      kind: "ownerless",
      detail: "'It is under the lease ' || p.lease || '.'",
    },
    holds: "exists (select from @.lease l where l.name = p.lease and l.task = p.task)",
  },
  {
    ...{
      table: "gate_job",
      key: OF_JOB,
      id: "id",
      kind: "ownerless",
      detail: "'It is at the gate ' || p.gate || '.'",
    },
    holds: `exists (select from @.active a where a.id = p.id and a.task = p.task) or exists (select from @.ready r where r.id = p.id and r.task = p.task)
      or exists (select from @.left_job l where l.id = p.id and l.task = p.task)`,
  },
  {
    ...{ table: "note", id: "id", holds: HAS_JOB, kind: "stray" },
    key: [
      ["id", "text"],
      ["kind", '"char"'],
      ["n", "bigint"],
      ["task", "integer"],
    ],
  },
  {
    ...{
      table: "held_key",
      id: "key",
      kind: "ownerless",
      detail: "'It is held for the job ' || p.id || '.'",
    },
    key: [
      ["key", "text"],
      ["kind", '"char"'],
      ["task", "integer"],
    ],
    // That of idempotency outlives its job.
    holds: `p.kind = 'i' or p.id is null or ${HAS_JOB} and not exists (select from @.done d where d.id = p.id and d.task = p.task)`,
  },
];

/** A page of a table: `%where` chooses rows. */
function statementOf({ table, key, id, holds, detail = "null" }: Checked, where: string): string {
  const columns = key.map(([column]) => `p.${column}`).join(", ");
  return `
  select p.${id} as id, t.name as task, ${holds} as holds, ${detail} as detail,
    json_build_array(${key.map(([column]) => `p.${column}::text`).join(", ")})::text as key
  from @.${table} p left join @.task t on t.id = p.task
  where ${where} order by ${columns}`;
}

function pageStatement(checked: Checked): string {
  const columns = checked.key.map(([column]) => `p.${column}`).join(", ");
  const values = checked.key.map(([, type], nth) => `$${nth + 2}::text::${type}`).join(", ");
  return `${statementOf(checked, `($2::text is null or (${columns}) > (${values}))`)} limit $1`;
}

const SAME_ID = 5000;

function againStatement(checked: Checked): string {
  return `${statementOf(checked, `p.${checked.id} = $1`)} limit ${SAME_ID}`;
}

/** After a dump was restored in parts, claims would get numbers that others had. */
const FENCES = `
  select (select s.last_value from @.fence_seq s)::text as last, (select max(a.fence) from @.active a)::text as most`;

interface Cursor {
  /** Place in {@link CHECKED}; behind the last are the counters. */
  readonly nth: number;
  /** The last row that was looked at; undefined: begin. */
  readonly key?: readonly string[];
  readonly seen: number;
}

/** @param use runs something while the adapter is open */
export function createContentsStore(
  use: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): ContentsStore {
  return {
    look: (query) => use(({ database }) => look(database, query)),
    confirm: (faults) => use(({ database }) => confirm(database, faults)),
  };
}

async function look(database: Statements, { cursor, limit, most }: ContentsQuery): Promise<ContentsPage> {
  const at = cursor === undefined ? { nth: 0, seen: 0 } : readCursor(cursor);
  const checked = CHECKED[at.nth];
  if (checked === undefined) return { faults: await countersOff(database), looked: 1, passed: [] };
  const size = Math.min(limit, most);
  const before = at.key ?? checked.key.map(() => null);
  // One more says whether that is all.
  const found = await database.rows(pageStatement(checked), [size + 1, ...before]);
  const rows = found.slice(0, size);
  const last = rows.at(-1);
  const seen = at.seen + rows.length;
  const isOver = found.length <= size || last === undefined;
  const next: Cursor =
    isOver || seen >= most
      ? { nth: at.nth + 1, seen: 0 }
      : { nth: at.nth, seen, key: JSON.parse(String(last.key)) as readonly string[] };
  return {
    faults: faultsIn(checked, rows),
    looked: rows.length,
    passed: !isOver && seen >= most ? [`the table ${checked.table}`] : [],
    cursor: JSON.stringify(next),
  };
}

function faultsIn({ table, kind }: Checked, rows: readonly Row[]): readonly StoreFault[] {
  return rows.flatMap((row): readonly StoreFault[] => {
    const [id, task, detail] = [String(row.id), textOf(row.task), textOf(row.detail)];
    if (task === undefined)
      return [{ kind: "stray", where: table, id, detail: "It is of a task that is not in the table task." }];
    if (row.holds === true) return [];
    return [{ kind, task, where: table, id, ...(detail === undefined ? {} : { detail }) }];
  });
}

async function countersOff(database: Statements): Promise<readonly StoreFault[]> {
  const [{ last, most } = {}] = await database.rows(FENCES);
  if (most === null || most === undefined || BigInt(String(most)) <= BigInt(String(last))) return [];
  const detail = `It stands at ${last}, and a job that runs was claimed as ${most}.`;
  return [{ kind: "miscounted", where: "fence_seq", id: "fence_seq", detail }];
}

async function confirm(database: Statements, faults: readonly StoreFault[]): Promise<readonly boolean[]> {
  const found: boolean[] = [];
  for (const fault of faults) found.push(await isThere(database, fault));
  return found;
}

async function isThere(database: Statements, fault: StoreFault): Promise<boolean> {
  if (fault.kind === "miscounted") return (await countersOff(database)).length > 0;
  const checks = CHECKED.filter(
    ({ table, kind }) => table === fault.where && (kind === fault.kind || fault.kind === "stray"),
  );
  for (const checked of checks) {
    const again = faultsIn(checked, await database.rows(againStatement(checked), [fault.id]));
    if (again.some(({ kind, task, id }) => kind === fault.kind && task === fault.task && id === fault.id))
      return true;
  }
  return false;
}

function readCursor(text: string): Cursor {
  return readContentsCursor<Cursor>(text, (cursor) => Number.isInteger(cursor.nth));
}
