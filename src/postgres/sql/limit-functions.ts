/**
 * Functions that read what limits keep, for rounds and for those who look at a task. `@.` stands for the schema, `@@` for a function
 * of this version.
 */
import { ASIDE, MARKS } from "./marks.js";
import { type FunctionSource, lookUp, NESTED, rowsOf } from "./source.js";

/** Ms until something of a task with limits is due: what is due of any task, a gate, a batch, or a round that has something to put in its place. */
const specialDue: FunctionSource = {
  name: "special_due",
  sql: `
create or replace function @@special_due(p_task integer, p_now bigint) returns bigint language plpgsql stable ${NESTED} as $$
begin
  if exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.arrived})
    or exists (select from @.left_job l where l.task = p_task)
      and (exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.blocked})
        or exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.blockedSuspect})) then
    return 0;
  end if;
  return (select least(@@next_due(p_task, p_now), case when s.at is not null then greatest(0, s.at - p_now) end) from (select least(
    (select g.due_at from @.gate g where g.task::bigint = p_task and g.due_at is not null order by g.due_at limit 1),
    (select c.due_at from @.collector c where c.task::bigint = p_task and c.ready_n is null order by c.due_at limit 1)
  ) as at) s);
end $$;`,
};

/** Whether a claim would find a job of a group, a batch, or one to be put in its place. */
const hasMore: FunctionSource = {
  name: "has_more",
  sql: `
create or replace function @@has_more(p_task integer) returns boolean language plpgsql stable ${NESTED} as $$
begin
  return exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.grouped})
    or exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.arrived})
    or exists (select from @.collector c where c.task # 0 = p_task and c.ready_n is not null);
end $$;`,
};

/** The rank of what a claim would take next; groups and batches have none of their own. */
const nextRank: FunctionSource = {
  name: "next_rank",
  sql: `
create or replace function @@next_rank(p_task integer) returns smallint language plpgsql stable ${NESTED} as $$
declare
  first smallint := (select r.rank from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.queue} order by r.aside, r.rank, r.place limit 1);
begin
  if first < 0 or not @@has_more(p_task) then
    return first;
  end if;
  return 0;
end $$;`,
};

/** Forgets rates whose last start has left the window. */
const forgetStarts: FunctionSource = {
  name: "forget_starts",
  sql: `
create or replace function @@forget_starts(p_task integer, p_name text, p_now bigint, p_limit integer) returns void language plpgsql ${NESTED} as $$
declare
  names text[];
begin
  if not exists (select from @.gate g where g.task # 0 = p_task and g.ends_at <= p_now) then
    return;
  end if;
  perform pg_advisory_xact_lock(@@round_key(p_name));
  names := array(select g.name from @.gate g where g.task # 0 = p_task and g.ends_at <= p_now order by g.ends_at limit p_limit);
  delete from @.gate_start s where s.task = p_task and s.gate = any(names);
  update @.gate g set ends_at = null, window_ms = null where g.task = p_task and g.name = any(names) and g.due_at + 0 is not null;
  delete from @.gate g where g.task = p_task and g.name = any(names) and g.due_at is null;
end $$;`,
};

/** What rounds of a task hold until the end of their transaction: there is one at a time. */
const roundKey: FunctionSource = {
  name: "round_key",
  sql: `
create or replace function @@round_key(p_task text) returns bigint language sql immutable as $$
  select hashtextextended('@schema limits ' || p_task, 0)
$$;`,
};

/** The gates of a job as they are named in the tables. */
const gatesOf: FunctionSource = {
  name: "gates_of",
  sql: `
create or replace function @@gates_of(p_limits text) returns text[] language sql immutable as $$
  select array_remove(array['l' || (p_limits::json->'limit'->'key')::text, 'r' || (p_limits::json->'rate'->'key')::text], null)
$$;`,
};

/** A waiting job as rounds see it; \`number\`: a place at the back of its priority, for one that may have to wait at a gate. */
const JOB = (number: string) => `json_build_object(
  'id', r.id, 'aside', r.aside, 'rank', r.rank, 'place', r.place, 'mark', r.mark, 'queue', r.queue, 'attempt', r.attempt, 'cameAt', r.came_at,
  'number', ${number}, 'limits', (select j.limits from @.job j where r.mark is not null and j.task = r.task and j.id = r.id))`;

/** Waiting jobs behind a position, at most so many; those that somebody is about to change are passed over. */
const roundJobs: FunctionSource = {
  name: "round_jobs",
  sql: `
create or replace function @@round_jobs(p_task integer, p_aside integer, p_queue text, p_rank integer, p_place bigint, p_now bigint, p_limit integer)
returns json language plpgsql ${NESTED} as $$
declare
  ids text[];
begin
  if p_queue is null then
    ids := array(select r.id from @.ready r where -r.task = -p_task and r.aside = p_aside and (r.rank, r.place) > (p_rank, p_place)
      and (r.expires_at is null or r.expires_at > p_now) order by r.aside, r.rank, r.place limit p_limit for update skip locked);
  else
    ids := array(select r.id from @.ready r where r.task # 0 = p_task and r.aside = p_aside and r.queue = p_queue and (r.rank, r.place) > (p_rank, p_place)
      and (r.expires_at is null or r.expires_at > p_now) order by r.aside, r.queue, r.rank, r.place limit p_limit for update skip locked);
  end if;
  return (select coalesce(json_agg(${JOB(`case when r.mark in ('${MARKS.gated}', '${MARKS.gatedGroup}') then nextval('@.place_seq') end`)}), '[]') from (
    select s.* from @.ready s where s.task = p_task and s.id = any(ids) order by s.rank, s.place) r);
end $$;`,
};

/** Jobs that wait at a gate behind a place, or hold room there, the last first. */
const roundWaiters: FunctionSource = {
  name: "round_waiters",
  sql: `
create or replace function @@round_waiters(p_task integer, p_gate text, p_role "char", p_after bigint, p_limit integer) returns json language plpgsql ${NESTED} as $$
begin
  if p_role = 'b' then
    return (select coalesce(json_agg(json_build_object('at', r.at, 'job', ${JOB("null")}) order by r.at), '[]') from (
      select s.*, g.place as at from (
        select w.id, w.place from @.gate_job w where -w.task = -p_task and w.gate = p_gate and w.role = 'b' and w.place > p_after
        order by w.gate, w.role, w.place limit p_limit) g
      cross join ${rowsOf("ready", "o.task = p_task and o.id = g.id")} s) r);
  end if;
  return (select coalesce(json_agg(json_build_object('at', r.at, 'job', ${JOB("null")}) order by r.at desc), '[]') from (
    select s.*, g.place as at from (
      select w.id, w.place from @.gate_job w where -w.task = -p_task and w.gate = p_gate and w.role = 'a' and w.place < p_after
      order by w.gate desc, w.role desc, w.place desc limit p_limit) g
    cross join ${rowsOf("ready", "o.task = p_task and o.id = g.id")} s) r);
end $$;`,
};

/** How many times of starts are read one by one. */
export const READ_STARTS = 256;

/** What is at gates, with the first of those who wait there and the last of those who hold room. */
const roundGates: FunctionSource = {
  name: "round_gates",
  sql: `
create or replace function @@round_gates(p_task integer, p_names text[], p_now bigint, p_blocked integer, p_admitted integer) returns json language plpgsql ${NESTED} as $$
begin
  return (select coalesce(json_agg(json_build_object(
    'name', i.name,
    'running', (select count(*) from @.gate_job w where -w.task = -p_task and w.gate = i.name and w.role = 'r'),
    'admitted', (select count(*) from @.gate_job w where -w.task = -p_task and w.gate = i.name and w.role = 'a'),
    'holders', @@round_waiters(p_task, i.name, 'a', 9223372036854775807, p_admitted),
    'blocked', @@round_waiters(p_task, i.name, 'b', -9223372036854775807, p_blocked),
    'dueAt', g.due_at, 'windowMs', g.window_ms, 'endsAt', g.ends_at,
    'firstStart', s.n, 'lastStart', (select l.n from @.gate_start l where l.task = p_task and l.gate = i.name order by l.task desc, l.gate desc, l.n desc limit 1),
    'starts', case when s.n is not null then array(select t.at from @.gate_start t where t.task = p_task and t.gate = i.name and t.n >= s.n
      order by t.task, t.gate, t.n limit ${READ_STARTS}) end)), '[]')
  from (select distinct u.name from unnest(p_names) u(name)) i
  ${lookUp("gate", "g", "o.task = p_task and o.name = i.name")}
  left join lateral (select c.n from @.gate_start c where g.window_ms is not null and -c.task = -p_task and c.gate || '' = i.name and c.at > p_now - g.window_ms
    order by c.at, c.n + 0 limit 1) s on true);
end $$;`,
};

export const LIMIT_FUNCTIONS: readonly FunctionSource[] = [
  specialDue,
  hasMore,
  nextRank,
  roundKey,
  forgetStarts,
  gatesOf,
  roundJobs,
  roundWaiters,
  roundGates,
];
