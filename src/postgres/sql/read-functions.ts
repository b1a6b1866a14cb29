/** Functions that look at a store, and those that tell who asked. `@.` stands for the schema, `@@` for a function of this version. */

import { partsOf } from "./floors.js";
import { JOB_COLUMNS } from "./job-functions.js";
import { LETTERS } from "./letters.js";
import { type FunctionSource, NESTED, rowsOf } from "./source.js";

/** Overdue jobs that are kept as expired, with their place in that list. */
const OVERDUE = (table: "ready" | "later") => `
  select r.id, r.expires_at as at, j.born as place from @.${table} r
  cross join ${rowsOf("job", "o.task = r.task and o.id = r.id")} j
  where r.task::bigint = number and r.expires_at <= present and not j.discards`;

/**
 * A page of a state, behind the position (p_a, p_b, p_c). Waiting jobs stand by (aside, rank, place), delayed and retrying ones by
 * (due_at, place), active ones by fence, final ones by (sort_at, place).
 */
const list: FunctionSource = {
  name: "list",
  sql: `
create or replace function @@list(p_task text, p_state text, p_oldest boolean, p_a bigint, p_b bigint, p_c bigint, p_limit integer)
returns table (${JOB_COLUMNS}) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
  ids text[];
begin
  if p_state = '${LETTERS.waiting}' then
    ids := array(
      select w.id from (
        (select 0 as parked, r.rank, r.place, r.id from @.ready r
          where -r.task = -number and r.aside = 0 and (r.expires_at is null or r.expires_at > present)
            and (p_a is null or p_a = 0 and (r.rank, r.place) > (p_b, p_c))
          order by r.aside, r.rank, r.place limit p_limit)
        union all
        (select 1, r.rank, r.place, r.id from @.ready r
          where -r.task = -number and r.aside > 0 and (r.expires_at is null or r.expires_at > present)
            and (p_a is null or p_a = 0 or (r.rank, r.place) > (p_b, p_c))
          order by r.rank, r.place limit p_limit)
      ) w order by w.parked, w.rank, w.place limit p_limit);
  elsif p_state in ('${LETTERS.delayed}', '${LETTERS.retrying}') then
    ids := array(select l.id from @.later l
      where -l.task = -number and l.state = p_state::"char" and (l.expires_at is null or l.expires_at > present) and (p_a is null or (l.due_at, l.place) > (p_a, p_b))
      order by l.due_at, l.place limit p_limit);
  elsif p_state = '${LETTERS.active}' then
    ids := array(select a.id from @.active a where -a.task = -number and a.fence > coalesce(p_a, 0) order by a.fence limit p_limit);
  elsif p_state = '${LETTERS.expired}' then
    ids := array(
      select e.id from (
        (select d.id, d.sort_at as at, d.place from @.done d
          where -d.task = -number and d.state = '${LETTERS.expired}' and (p_a is null or (d.sort_at, d.place) < (p_a, p_b))
          order by d.state desc, d.sort_at desc, d.place desc limit p_limit)
        union all ${OVERDUE("ready")} union all ${OVERDUE("later")}
      ) e where p_a is null or (e.at, e.place) < (p_a, p_b) order by e.at desc, e.place desc limit p_limit);
  elsif p_oldest then
    ids := array(select d.id from @.done d
      where -d.task = -number and d.state = p_state::"char" and (p_a is null or (d.sort_at, d.place) > (p_a, p_b))
      order by d.state, d.sort_at, d.place limit p_limit);
  else
    ids := array(select d.id from @.done d
      where -d.task = -number and d.state = p_state::"char" and (p_a is null or (d.sort_at, d.place) < (p_a, p_b))
      order by d.state desc, d.sort_at desc, d.place desc limit p_limit);
  end if;
  return query select * from @@read(array_fill(p_task, array[cardinality(ids)]), ids);
end $$;`,
};

/** Counts jobs as readers see them, a row per task that is known. */
const count: FunctionSource = {
  name: "count",
  sql: `
create or replace function @@count(p_tasks text[]) returns table (
  n bigint, waiting bigint, delayed bigint, retrying bigint, active bigint, completed bigint, failed bigint, cancelled bigint, expired bigint,
  paused_at bigint, next_rank smallint
) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select i.n,
    (select count(*) from @.ready r where -r.task = -t.id and (r.expires_at is null or r.expires_at > c.present)),
    (select count(*) from @.later l where -l.task = -t.id and l.state = '${LETTERS.delayed}' and (l.expires_at is null or l.expires_at > c.present)),
    (select count(*) from @.later l where -l.task = -t.id and l.state = '${LETTERS.retrying}'),
    (select count(*) from @.active a where -a.task = -t.id),
    (select count(*) from @.done d where -d.task = -t.id and d.state = '${LETTERS.completed}'),
    (select count(*) from @.done d where -d.task = -t.id and d.state = '${LETTERS.failed}'),
    (select count(*) from @.done d where -d.task = -t.id and d.state = '${LETTERS.cancelled}'),
    (select count(*) from @.done d where -d.task = -t.id and d.state = '${LETTERS.expired}')
      + (select count(*) from @.ready r cross join ${rowsOf("job", "o.task = r.task and o.id = r.id")} j where r.task::bigint = t.id and r.expires_at <= c.present and not j.discards)
      + (select count(*) from @.later l cross join ${rowsOf("job", "o.task = l.task and o.id = l.id")} j where l.task::bigint = t.id and l.expires_at <= c.present and not j.discards),
    t.paused_at,
    case when t.special then @@next_rank(t.id)
      else (select r.rank from @.ready r where -r.task = -t.id and r.aside = 0 order by r.aside, r.rank, r.place limit 1) end
  from unnest(p_tasks) with ordinality as i(name, n)
  left join @.task t on t.name = i.name
  cross join lateral (select @@now() as present) c
  where t.id is not null;
end $$;`,
};

/** What is kept of jobs beside their record: runs (\`h\`) and log lines (\`l\`), the newest of each, oldest first. */
const details: FunctionSource = {
  name: "details",
  sql: `
create or replace function @@details(p_tasks text[], p_ids text[], p_runs integer, p_lines integer) returns table (
  n bigint, kind "char", at bigint, attempt integer, started_at bigint, worker text, outcome "char", body text
) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select i.n, o.kind, o.at, o.attempt, o.started_at, o.worker, o.outcome, o.body
  from unnest(p_tasks, p_ids) with ordinality as i(task, id, n)
  left join @.task t on t.name = i.task
  cross join lateral (
    (select h.* from @.note h where h.task = t.id and h.id = i.id and h.kind = 'h' order by h.id desc, h.kind desc, h.n desc limit p_runs)
    union all
    (select h.* from @.note h where h.task = t.id and h.id = i.id and h.kind = 'l' order by h.id desc, h.kind desc, h.n desc limit p_lines)
  ) o
  order by i.n, o.n;
end $$;`,
};

/** Messages of one job, by number. */
const messages: FunctionSource = {
  name: "messages",
  sql: `
create or replace function @@messages(p_task text, p_id text, p_after bigint, p_limit integer, p_kept integer) returns table (
  number bigint, at bigint, attempt integer, body text, bytes bytea
) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select m.n, m.at, m.attempt, m.body, m.bytes from @.note m
  where m.task = (select t.id from @.task t where t.name = p_task) and m.id = p_id and m.kind = 'm' and m.n > greatest(p_after, coalesce((
    select o.n from @.note o where o.task = (select t.id from @.task t where t.name = p_task) and o.id = p_id and o.kind = 'm'
    order by o.id desc, o.kind desc, o.n desc offset p_kept limit 1), 0))
  order by m.id, m.kind, m.n limit p_limit;
end $$;`,
};

/** Reads jobs of one task, and keeps who asked with those that have not ended. */
const watch: FunctionSource = {
  name: "watch",
  sql: `
create or replace function @@watch(p_task text, p_ids text[], p_instance text) returns table (${JOB_COLUMNS}) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  number integer := (select t.id from @.task t where t.name = p_task);
begin
  insert into @.watcher (task, id, instance)
  select number, j.id, p_instance from @.job j where j.task = number and j.id = any(p_ids) order by j.id on conflict do nothing;
  return query select * from @@lock(p_task, p_ids);
  delete from @.watcher w where w.task = number and w.id = any(p_ids) and w.instance = p_instance
    and (select true from @.done d where d.task = number and d.id = w.id);
end $$;`,
};

/** Which of these tasks have jobs that a claim would find, and what the mailbox of an instance has. `p_parts`: {task: parts to look at}. */
const peek: FunctionSource = {
  name: "peek",
  sql: `
create or replace function @@peek(p_tasks text[], p_instance text, p_parts jsonb) returns json language plpgsql stable ${NESTED} as $$
declare
  present bigint := @@now();
begin
  return json_build_object(
    'ready', array(
      select t.name from @.task t where t.name = any(p_tasks) and t.paused_at is null and (
        @@has_ready(t.id, ${partsOf("t.name")})
        or t.special and @@has_more(t.id)
        or exists (select from @.later l where -l.task = -t.id and l.due_at <= present))),
    'mail', exists (select from @.mail m where m.instance = p_instance));
end $$;`,
};

/**
 * Looks after a store: tasks somebody works on become known, and those with something due are found, of the others a stretch
 * behind \`p_after\`: {data, due: [[name, ms]], last, mail}.
 */
const survey: FunctionSource = {
  name: "survey",
  sql: `
create or replace function @@survey(p_own text[], p_after integer, p_limit integer, p_instance text, p_silent_ms bigint, p_parts jsonb) returns json language plpgsql ${NESTED} as $$
declare
  own integer[];
  stretch integer[];
  present bigint;
  known bigint := (select count(*) from @.task t where t.name = any(p_own));
  data_id uuid := (select s.data from @.store s limit 1);
begin
  own := @@meet(p_own);
  if data_id is null then
    perform pg_advisory_xact_lock(hashtextextended('@schema data', 0));
    insert into @.store (data) select gen_random_uuid() where not exists (select from @.store);
    data_id := (select s.data from @.store s limit 1);
  end if;
  present := @@now();
  stretch := array(select t.id from @.task t where t.id > p_after order by t.id limit p_limit);
  delete from @.instance i where i.seen_at < present - p_silent_ms and i.name <> p_instance;
  delete from @.listener l where not exists (select from @.instance i where i.name = l.instance);
  delete from @.mail m where not exists (select from @.instance i where i.name = m.instance);
  return json_build_object(
    'data', data_id,
    'due', coalesce((select json_agg(json_build_array(d.name, d.ms)) from (
      select t.name, case when t.name = '$workflow' and json_array_length(@@lying_workflows(1)) > 0 then 0 when t.id = any(own) and (
          t.paused_at is null and (@@has_ready(t.id, ${partsOf("t.name")}) or exists (select from @.ready r where -r.task = -t.id and r.aside = 1) or t.special and @@has_more(t.id))
          or exists (select from @.later l where l.task # 0 = t.id and l.newer is not null)) then 0
        when t.special then @@special_due(t.id, present) else @@next_due(t.id, present) end as ms
      from @.task t where t.id = any(own || stretch)) d where d.ms is not null), '[]'::json),
    'last', case when cardinality(stretch) < p_limit then 0 else stretch[cardinality(stretch)] end,
    'mail', case when known < cardinality(p_own) then array(select l.instance from @.listener l where l.kind = 't') else '{}' end);
end $$;`,
};

/** Pauses or resumes a task: {changed, mail, ready}. Whoever works on it, or listens, gets mail. */
const pause: FunctionSource = {
  name: "pause",
  sql: `
create or replace function @@pause(p_task text, p_on boolean) returns json language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  number integer;
  changed boolean;
begin
  if p_on then
    number := (@@meet(array[p_task]))[1];
    update @.task t set paused_at = present where t.id = number and t.paused_at is null;
  else
    update @.task t set paused_at = null where t.name = p_task and t.paused_at is not null returning t.id into number;
  end if;
  changed := found;
  if changed then
    insert into @.mail (instance, kind, task, type, at)
    select l.instance, case when l.kind = 'c' then 'p' else 'k' end::"char", p_task, case when p_on then 'paused' else 'resumed' end, present
    from @.listener l where l.task = p_task and (l.kind = 'e' or p_on and l.kind = 'c');
  end if;
  return json_build_object('changed', changed, 'mail', array(select distinct l.instance from @.listener l where l.task in (p_task, '')),
    'ready', changed and not p_on and (exists (select from @.ready r where -r.task = -number and r.aside <= 1) or @@has_more(number)));
end $$;`,
};

export const READ_FUNCTIONS: readonly FunctionSource[] = [
  list,
  count,
  details,
  messages,
  watch,
  peek,
  survey,
  pause,
];
