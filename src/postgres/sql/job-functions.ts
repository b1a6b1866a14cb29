/**
 * Functions for what is decided outside the database: they read jobs under lock, and write what came of them. `@.` stands for
 * the schema, `@@` for a function of this version.
 */
import { LETTERS, NEWS } from "./letters.js";
import { ASIDE, asideSql } from "./marks.js";
import { type FunctionSource, lookUp, NESTED, rowsOf } from "./source.js";

/** A job in whatever state, as the functions below give it. */
export const JOB_COLUMNS = `
  n bigint, present bigint, task text, task_id integer, id text, born bigint, payload text, payload_bytes bytea, version integer,
  fingerprint text, headers text, max_attempts integer, ttl_ms bigint, discards boolean, enqueued_at bigint, limits text,
  state "char", aside smallint, place bigint, rank smallint, attempt integer, stalls integer, due_at bigint, expires_at bigint,
  started_at bigint, finished_at bigint, worker text, fence bigint, cancel text, suspect boolean, alone boolean, newer integer,
  since bigint, error text, reason text, replaced_by text, result text, result_bytes bytea, ran "char", progress text, progress_bytes bytea`;

const OF_JOB = "o.task = j.task and o.id = j.id";

const SELECT_JOBS = `
  select i.n, @@now(), t.name, t.id, j.id::text, j.born, j.payload, j.payload_bytes, j.version, j.fingerprint, j.headers, j.max_attempts, j.ttl_ms,
    j.discards, j.enqueued_at, j.limits,
    case when r.id is not null then '${LETTERS.waiting}' when a.id is not null then '${LETTERS.active}' when l.id is not null then l.state else d.state end::"char",
    r.aside, coalesce(r.place, l.place, d.place), coalesce(r.rank, l.rank, a.rank, d.rank), coalesce(r.attempt, l.attempt, a.attempt, d.attempt),
    coalesce(r.stalls, l.stalls, a.stalls, d.stalls), l.due_at, coalesce(r.expires_at, l.expires_at),
    coalesce(r.started_at, l.started_at, a.started_at, d.started_at), d.finished_at, coalesce(a.lease, d.worker)::text, a.fence, a.cancel,
    coalesce(r.aside in (${ASIDE.suspects}, ${ASIDE.blockedSuspect}), l.suspect, a.suspect, false), coalesce(a.alone, false), l.newer, coalesce(r.since, a.since), coalesce(r.error, l.error, a.error, d.error),
    d.reason, d.replaced_by, d.result, d.result_bytes, d.ran, p.body, p.bytes
  from unnest(p_tasks, p_ids) with ordinality as i(task, id, n)
  left join @.task t on t.name = i.task
  cross join ${rowsOf("job", "o.task = t.id and o.id = i.id")} j
  ${lookUp("ready", "r", OF_JOB)}
  ${lookUp("later", "l", OF_JOB)}
  ${lookUp("active", "a", OF_JOB)}
  ${lookUp("done", "d", OF_JOB)}
  ${lookUp("note", "p", `${OF_JOB} and o.kind = 'p' and o.n = 0`)}
  order by i.n`;

/** Reads jobs as they are. A reader sees each in one state, since it is read in one statement. */
const read: FunctionSource = {
  name: "read",
  sql: `
create or replace function @@read(p_tasks text[], p_ids text[]) returns table (${JOB_COLUMNS})
language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query ${SELECT_JOBS};
end $$;`,
};

/**
 * Reads jobs of a task that nobody else can move until the transaction ends. A job that moves while it is looked for is looked
 * for again.
 */
const lock: FunctionSource = {
  name: "lock",
  sql: `
create or replace function @@lock(p_task text, p_ids text[]) returns table (${JOB_COLUMNS}) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  locked bigint;
  more bigint;
begin
  for turn in 1..1000 loop
    perform 1 from @.ready r where r.task = number and r.id = any(p_ids) order by r.id for update;
    get diagnostics locked = row_count;
    perform 1 from @.later l where l.task = number and l.id = any(p_ids) order by l.id for update;
    get diagnostics more = row_count;
    locked := locked + more;
    perform 1 from @.active a where a.task = number and a.id = any(p_ids) order by a.id for update;
    get diagnostics more = row_count;
    locked := locked + more;
    perform 1 from @.done d where d.task = number and d.id = any(p_ids) order by d.id for update;
    get diagnostics more = row_count;
    exit when locked + more >= (select count(*) from @.job j where j.task = number and j.id = any(p_ids));
  end loop;
  return query select * from @@read(array_fill(p_task, array[cardinality(p_ids)]), p_ids);
end $$;`,
};

/** Ids of jobs that something is to be done with: overdue ones, those for newer workers, or some that have not started. Others' are passed over. */
const pick: FunctionSource = {
  name: "pick",
  sql: `
create or replace function @@pick(p_task text, p_what text, p_states text, p_version integer, p_limit integer) returns text[] language plpgsql ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
  found_ids text[] := '{}';
begin
  if p_what = 'overdue' then
    found_ids := array(select r.id from @.ready r where r.task::bigint = number and r.expires_at <= present order by r.expires_at limit p_limit for update skip locked);
    return found_ids || array(select l.id from @.later l where l.task::bigint = number and l.expires_at <= present
      order by l.expires_at limit p_limit - cardinality(found_ids) for update skip locked);
  elsif p_what = 'newer' then
    return array(select l.id from @.later l where l.task # 0 = number and l.newer <= p_version order by l.newer, l.rank, l.fence limit p_limit for update skip locked);
  end if;
  if strpos(p_states, '${LETTERS.waiting}') > 0 then
    found_ids := array(select r.id from @.ready r where -r.task = -number and r.aside = 0 order by r.aside, r.rank, r.place limit p_limit for update skip locked);
    found_ids := found_ids || array(select r.id from @.ready r where -r.task = -number and r.aside > 0
      order by r.rank, r.place limit p_limit - cardinality(found_ids) for update skip locked);
  end if;
  return found_ids || array(select l.id from @.later l where -l.task = -number and strpos(p_states, l.state::text) > 0
    order by l.due_at, l.place limit p_limit - cardinality(found_ids) for update skip locked);
end $$;`,
};

/** What {@link pick} finds, under lock. */
const take: FunctionSource = {
  name: "take",
  sql: `
create or replace function @@take(p_task text, p_what text, p_states text, p_version integer, p_limit integer) returns table (${JOB_COLUMNS}) language plpgsql ${NESTED} as $$
#variable_conflict use_column
begin
  return query select * from @@lock(p_task, @@pick(p_task, p_what, p_states, p_version, p_limit));
end $$;`,
};

/**
 * Jobs of leases that are past, under lock; from now on such a lease is lost. Whoever writes under a lease holds its key, so
 * one that is in use just now is passed over.
 */
const lose: FunctionSource = {
  name: "lose",
  sql: `
create or replace function @@lose(p_task text, p_limit integer) returns table (${JOB_COLUMNS}, held_one boolean) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
  names text[] := array(select l.name from @.lease l where l.task::bigint = number and l.ends_at <= present order by l.ends_at limit 100);
  past record;
  lease_name text;
  total bigint;
  picked text[];
  taken text[] := '{}';
  lone text[] := '{}';
begin
  foreach lease_name in array names loop
    exit when cardinality(taken) >= p_limit;
    continue when not pg_try_advisory_xact_lock(@@lease_key(number, lease_name));
    select l.lost_at, l.held_one into past from @.lease l where l.task = number and l.name = lease_name and l.ends_at + 0 <= present for update skip locked;
    continue when not found;
    total := (select count(*) from @.active a where -a.task = -number and a.lease = lease_name);
    picked := array(select a.id from @.active a where -a.task = -number and a.lease = lease_name order by a.fence limit p_limit - cardinality(taken) for update skip locked);
    if total = 0 and past.lost_at is null then
      delete from @.lease l where l.task = number and l.name = lease_name;
      continue;
    end if;
    update @.lease l set lost_at = coalesce(l.lost_at, present), held_one = case when l.lost_at is null then total = 1 else l.held_one end,
      ends_at = case when total > cardinality(picked) then 0 end
    where l.task = number and l.name = lease_name;
    taken := taken || picked;
    if past.held_one or past.lost_at is null and total = 1 then
      lone := lone || picked;
    end if;
  end loop;
  return query select j.*, j.id = any(lone) from @@lock(p_task, taken) j;
end $$;`,
};

/**
 * Forgets jobs with all that belongs to them but their keys' windows. The rows of their states are gone, or go with them. The graph of a
 * workflow stays until somebody has acted on its end.
 */
const forget: FunctionSource = {
  name: "forget",
  sql: `
create or replace function @@forget(p_task integer, p_ids text[]) returns void language plpgsql ${NESTED} as $$
begin
  delete from @.job j where j.task = p_task and j.id = any(p_ids);
  delete from @.note n where n.task = p_task and n.id = any(p_ids);
  delete from @.watcher w where w.task = p_task and w.id = any(p_ids);
  if (select t.name from @.task t where t.id = p_task) = '$workflow' then
    perform @@forget_graphs(array(select u.id from unnest(p_ids) u(id)
      where (select true from @.workflow_news w where w.workflow = u.id and w.kind = '${NEWS.over}' limit 1) is null));
  end if;
end $$;`,
};

/**
 * Writes what was decided of jobs of a task that are under lock. \`moved\` leave the row of their state; \`ready\`, \`later\` and
 * \`done\` are the rows they get; \`gone\` are forgotten. Answers {mail, due, next}:
 * whose mailbox has something, and what is due next.
 */
const write: FunctionSource = {
  name: "write",
  sql: `
create or replace function @@write(p_task integer, p_name text, p json) returns json language plpgsql ${NESTED} as $$
declare
  moved text[] := array(select json_array_elements_text(p->'moved'));
  gone text[] := array(select json_array_elements_text(p->'gone'));
  ended text[] := array(select e->>'id' from json_array_elements(p->'ends') e);
  reasons jsonb := coalesce((select jsonb_object_agg(e->>'id', e->>'reason') from json_array_elements(p->'cancels') e), '{}');
  told text[] := '{}';
  is_keyed boolean;
  is_special boolean;
  left_done "char"[];
begin
  select t.keyed, t.special into is_keyed, is_special from @.task t where t.id = p_task;
  delete from @.ready r where r.task = p_task and r.id = any(moved);
  delete from @.later l where l.task = p_task and l.id = any(moved);
  delete from @.active a where a.task = p_task and a.id = any(moved);
  with past as (
    delete from @.done d where d.task = p_task and d.id = any(moved) returning d.state
  )
  select array_agg(o.state) into left_done from past o;
  insert into @.ready (task, aside, rank, place, id, attempt, stalls, started_at, expires_at, error, mark, queue, came_at, since)
  select p_task, case when r.aside = ${ASIDE.workflows} then r.aside else ${asideSql({ mark: "r.mark", suspect: "r.aside = 1", front: "r.front" })} end, r.rank,
    case when r.front then -nextval('@.front_seq') else nextval('@.place_seq') end, r.id, r.attempt, r.stalls, r.started_at, r.expires_at, r.error,
    r.mark::"char", r.queue, case when r.mark is not null then @@now() end, r.since
  from json_to_recordset(p->'ready') as r(id text, aside integer, rank integer, front boolean, attempt integer, stalls integer, started_at bigint, expires_at bigint,
    error text, mark text, queue text, since bigint);
  if is_keyed then
    perform @@hold_keys(p_task, array(select r.id from json_to_recordset(p->'ready') as r(id text, aside integer) where r.aside = 0));
  end if;
  insert into @.later (task, due_at, place, state, id, rank, attempt, stalls, started_at, expires_at, error, suspect, mark, queue)
  select p_task, l.due_at, coalesce(l.place, nextval('@.order_seq')), l.state::"char", l.id, l.rank, l.attempt, l.stalls, l.started_at, l.expires_at, l.error, l.suspect, l.mark::"char", l.queue
  from json_to_recordset(p->'later') as l(id text, state text, due_at bigint, place bigint, rank integer, attempt integer, stalls integer, started_at bigint, expires_at bigint,
    error text, suspect boolean, mark text, queue text);
  insert into @.left_job (task, id, queue) select p_task, l.id, l.queue from json_to_recordset(p->'left') as l(id text, queue text);
  insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls, started_at, worker, ran, error, reason, replaced_by)
  select p_task, d.id, d.state::"char", case when d.state = '${LETTERS.expired}' then d.finished_at else 0 end,
    case when d.state = '${LETTERS.expired}' then d.born else nextval('@.order_seq') end, d.finished_at, d.rank, d.attempt, d.stalls, d.started_at, d.worker,
    d.ran::"char", d.error, d.reason, d.replaced_by
  from json_to_recordset(p->'done') as d(id text, state text, born bigint, finished_at bigint, rank integer, attempt integer, stalls integer, started_at bigint,
    worker text, ran text, error text, reason text, replaced_by text);
  update @.active a set cancel = coalesce(a.cancel, reasons->>a.id) where a.task = p_task and a.id = any(array(select jsonb_object_keys(reasons)));
  insert into @.note (task, id, kind, n, at, attempt, started_at, worker, outcome, body)
  select p_task, h.id, 'h', nextval('@.order_seq'), h.at, h.attempt, h.started_at, h.worker, h.outcome::"char", h.body
  from json_to_recordset(p->'runs') as h(id text, at bigint, attempt integer, started_at bigint, worker text, outcome text, body text);
  delete from @.note n where n.task = p_task and n.kind = 'p' and n.id = any(array(select json_array_elements_text(p->'fresh')));

  if cardinality(ended) > 0 then
    if is_keyed then
      perform @@free_keys(p_task, ended);
    end if;
    with unwatched as (
      delete from @.watcher w where w.task = p_task and w.id = any(ended) returning w.id, w.instance
    ), posted as (
      insert into @.mail (instance, kind, task, id, type, attempt, error, reason, replaced_by)
      select w.instance, 'o', p_name, e.id, e.state, e.attempt, e.error, e.reason, e.replaced_by
      from json_to_recordset(p->'ends') as e(id text, state text, attempt integer, error text, reason text, replaced_by text)
      join unwatched w on w.id = e.id returning instance
    )
    select told || array_agg(instance) into told from posted;
  end if;
  if json_array_length(p->'news') > 0 then
    insert into @.workflow_news (workflow, kind, task, id, node, run, state, body)
    select w.workflow, w.kind::"char", p_name, w.id, w.node, w.run, w.state::"char", w.body
    from json_to_recordset(p->'news') as w(workflow text, kind text, id text, node integer, run integer, state text, body text);
  end if;
  perform @@forget(p_task, gone);
  if left_done is not null or cardinality(gone) > 0 then
    perform @@add_past(p_task, left_done || array(
      select (e->>'state')::"char" from json_array_elements(p->'ends') e where e->>'id' = any(gone)));
  end if;
  with posted as (
    insert into @.mail (instance, kind, task, id, type, at, attempt, worker, delay_ms, error, reason, replaced_by)
    select l.instance, e.kind::"char", p_name, e.id, e.type, e.at, e.attempt, e.worker, e.delay_ms, e.error, e.reason, e.replaced_by
    from json_to_recordset(p->'events') as e(kind text, id text, type text, at bigint, attempt integer, worker text, delay_ms bigint, error text, reason text, replaced_by text)
    join @.listener l on l.kind = (case e.kind when 'k' then 'e' else e.kind end)::"char" and l.task = p_name returning instance
  )
  select told || array_agg(instance) into told from posted;
  return json_build_object(
    'mail', array(select distinct m from unnest(told) m where m is not null), 'due', case when is_special then @@special_due(p_task, @@now()) else @@next_due(p_task, @@now()) end,
    'next', (select l.id from @.later l where -l.task = -p_task order by l.due_at, l.place limit 1));
end $$;`,
};

export const JOB_FUNCTIONS: readonly FunctionSource[] = [read, lock, pick, take, lose, forget, write];
