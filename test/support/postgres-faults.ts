/** What must be true of the tables of a store at any moment when no call is under way. */
import type { Row } from "./postgres-server.js";

/** Each answers the rows that cannot be. */
const FAULTS: Readonly<Record<string, string>> = {
  "a job is in no state": `select j.task, j.id from @.job j
    where not exists (select from @.ready r where r.task = j.task and r.id = j.id) and not exists (select from @.later l where l.task = j.task and l.id = j.id)
    and not exists (select from @.active a where a.task = j.task and a.id = j.id) and not exists (select from @.done d where d.task = j.task and d.id = j.id)`,
  "a job is in two states": `select task, id from (select task, id from @.ready union all select task, id from @.later union all
    select task, id from @.active union all select task, id from @.done) s group by task, id having count(*) > 1`,
  "a state has a job that is not stored": `select s.task, s.id from (select task, id from @.ready union all select task, id from @.later union all
    select task, id from @.active union all select task, id from @.done) s left join @.job j on j.task = s.task and j.id = s.id where j.id is null`,
  "a job is active under no lease": `select a.task, a.id, a.lease from @.active a left join @.lease l on l.task = a.task and l.name = a.lease
    where l.name is null or l.ends_at is null`,
  "a note belongs to no job": `select n.task, n.id, n.kind from @.note n left join @.job j on j.task = n.task and j.id = n.id where j.id is null`,
  "somebody watches a job that has ended, or is not stored": `select w.task, w.id from @.watcher w left join @.job j on j.task = w.task and j.id = w.id
    where j.id is null or exists (select from @.done d where d.task = w.task and d.id = w.id)`,
  "a job without a task": `select j.task, j.id from @.job j left join @.task t on t.id = j.task where t.id is null`,
  "a retrying job expires": `select task, id from @.later where state = 'r' and expires_at is not null`,
  "a job that was started expires": `select task, id from @.ready where started_at is not null and expires_at is not null`,
  "a key is held by a job that has ended": `select k.task, k.kind, k.key from @.held_key k where k.ends_at is null
    and not exists (select from @.job j where j.task = k.task and j.id = k.id and not exists (select from @.done d where d.task = j.task and d.id = j.id))`,
  "a part of a graph that is not there": `select p.graph, p.n from (select graph, n from @.node union all select graph, n from @.step_template) p
    left join @.graph g on g.id = p.graph where g.id is null`,
  "a graph runs whose workflow has ended, and nobody is to act on it": `select g.id from @.graph g where g.phase = 'r'
    and not exists (select from @.workflow_news w where w.workflow = g.id and w.kind = 'o')
    and not exists (select from (select task, id from @.ready union all select task, id from @.later) s
      join @.task t on t.id = s.task and t.name = '$workflow' where s.id = g.id)`,
  "a step was started, and there is neither its job nor news of it": `select x.graph, x.n, x.run from @.node x join @.graph g on g.id = x.graph and g.phase = 'r'
    left join @.step_template s on s.graph = x.graph and s.n = x.template left join @.task t on t.name = s.task
    where x.started and x.state is null
    and not exists (select from @.job j where j.task = t.id and j.id = x.graph || '.' || x.n || case when x.run > 1 then '.' || x.run else '' end)
    and not exists (select from @.workflow_news w where w.workflow = x.graph and (w.kind = 'o' or w.node = x.n and w.run = x.run))
    and not exists (select from @.errand e where e.workflow = x.graph and e.node = x.n and e.run = x.run)`,
  "a group waits for another number of members than have not ended": `select x.graph, x.n, x.open from @.node x join @.graph g on g.id = x.graph and g.phase = 'r'
    where x.template is null and x.state is null and x.open <> (select count(*) from @.node m where m.graph = x.graph and m.around = x.n and m.state is null
      and (m.spec::json->'group'->>'end')::integer = m.n)`,
  "a workflow may be claimed": `select r.id from @.ready r join @.job j on j.task = r.task and j.id = r.id where r.aside < 2 and j.limits like '%"workflow":{%'`,
  "a key ends although its job has not": `select k.task, k.kind, k.key from @.held_key k join @.job j on j.task = k.task and j.id = k.id
    where k.ends_at is not null and j.limits is not null and (j.limits::json->'idempotency'->'key')::text = k.key
    and not exists (select from @.done d where d.task = j.task and d.id = j.id)`,
  "a job runs at a gate and is not active": `select w.task, w.id, w.gate from @.gate_job w where w.role = 'r' and not exists (
    select from @.active a where a.task = w.task and a.id = w.id) and not exists (select from @.left_job l where l.task = w.task and l.id = w.id)`,
  "a job waits at a gate and does not wait": `select w.task, w.id, w.gate from @.gate_job w where w.role = 'b' and not exists (
    select from @.ready r where r.task = w.task and r.id = w.id and r.aside in (2, 6)) and not exists (select from @.left_job l where l.task = w.task and l.id = w.id)`,
  "a job holds room at a gate and is not next": `select w.task, w.id, w.gate from @.gate_job w where w.role = 'a' and not exists (
    select from @.ready r where r.task = w.task and r.id = w.id and r.aside in (0, 1, 3)) and not exists (select from @.left_job l where l.task = w.task and l.id = w.id)`,
  "a job waits at no gate although it is blocked": `select r.task, r.id from @.ready r where r.aside in (2, 6) and not exists (
    select from @.gate_job w where w.task = r.task and w.id = r.id and w.role = 'b')`,
  "an active job with a limit runs at no gate": `select a.task, a.id from @.active a join @.job j on j.task = a.task and j.id = a.id
    where j.limits::json->'limit' is not null and not exists (select from @.gate_job w where w.task = a.task and w.id = a.id and w.role = 'r')`,
  "more jobs have room at a gate than it lets through": `select w.task, w.gate, count(*) from @.gate_job w join @.job j on j.task = w.task and j.id = w.id
    join @.task t on t.id = w.task where w.role in ('r', 'a') and w.gate like 'l%' and t.override is null
    and not exists (select from @.left_job l where l.task = w.task and l.id = w.id)
    group by w.task, w.gate having count(*) > max((j.limits::json->'limit'->>'max')::integer)`,
  "jobs wait at a limit with room, and nobody will look": `select b.task, b.gate from (select w.task, w.gate, count(*) filter (where w.role <> 'b') as held,
      count(*) filter (where w.role = 'b') as blocked from @.gate_job w where w.gate like 'l%' group by 1, 2) b
    where b.blocked > 0 and b.held = 0 and not exists (select from @.gate g where g.task = b.task and g.name = b.gate and g.due_at is not null)
    and not exists (select from @.left_job l where l.task = b.task)`,
  "a grouped job has no group that takes turns": `select r.task, r.id, r.queue from @.ready r where r.aside = 3 and not exists (
    select from @.turn t where t.task = r.task and t.name = r.queue)`,
  "a collected job has no batch": `select r.task, r.id, r.queue from @.ready r where r.aside = 4 and not exists (
    select from @.collector c where c.task = r.task and c.key = r.queue)`,
  "a job with limits is in a task that has none": `select s.task, s.id from (select task, id, mark from @.ready union all select task, id, mark from @.later union all
    select task, id, mark from @.active) s join @.task t on t.id = s.task where s.mark is not null and not t.special`,
};

/** A sentence for each thing that cannot be true. */
export async function postgresFaults(
  sql: (text: string) => Promise<readonly Row[]>,
): Promise<readonly string[]> {
  return rowsOf(sql, FAULTS);
}

/** A function that finds the same: a connection plans what it asks once, which takes longer than all the rest. */
export const FAULTS_FUNCTION = `create or replace function @.test_faults() returns table (what text, found text)
  language plpgsql set enable_nestloop = off set jit = off as $faults$ begin return query ${unionOf(FAULTS)}; end $faults$`;

/** {@link postgresFaults} of a schema that has {@link FAULTS_FUNCTION}. */
export async function plannedFaults(
  sql: (text: string) => Promise<readonly Row[]>,
): Promise<readonly string[]> {
  return (await sql("select what, found from @.test_faults()")).map(sentence);
}

/** What must not stay when all jobs have ended and all windows are past. */
const LEFTOVERS: Readonly<Record<string, string>> = {
  "a job that has not ended":
    "select task, id from @.ready union all select task, id from @.later union all select task, id from @.active",
  "a lease that goes on": "select task, name from @.lease where ends_at is not null",
  "a key": "select task, kind, key from @.held_key",
  "a place in a throttle": "select task, key from @.passed",
  "somebody who watches": "select task, id, instance from @.watcher",
  "a letter": "select instance, kind, id from @.mail",
  "news of a workflow": "select workflow, kind, id from @.workflow_news",
  "an errand of a workflow": "select workflow, kind, node from @.errand",
  "something at a gate": "select task, id, gate, role from @.gate_job",
  "a start of a rate": "select task, gate, n from @.gate_start",
  "a batch": "select task, key from @.collector",
  "a job that has left and that no round has looked after": "select task, id from @.left_job",
};

/** Rows that no stored job and no window accounts for, each as a text. */
export async function postgresLeftovers(
  sql: (text: string) => Promise<readonly Row[]>,
): Promise<readonly string[]> {
  return rowsOf(sql, LEFTOVERS);
}

/** What the queries find, asked for at once. */
async function rowsOf(
  sql: (text: string) => Promise<readonly Row[]>,
  queries: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  // Statistics of these tables say that they are empty, and loops within loops would do.
  return (await sql(`set local enable_nestloop = off; set local jit = off; ${unionOf(queries)}`)).map(
    sentence,
  );
}

function unionOf(queries: Readonly<Record<string, string>>): string {
  const parts = Object.entries(queries).map(
    ([what, query]) => `select '${what}' as what, to_json(f)::text as found from (${query}) f`,
  );
  return parts.join(" union all ");
}

function sentence({ what, found }: Row): string {
  return `${String(what)}: ${String(found)}`;
}
