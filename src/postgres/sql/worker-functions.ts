/** Which workers live, and which versions are in flight. `@.` stands for the schema, `@@` for a function of this version. */
import { LETTERS } from "./letters.js";
import { type FunctionSource, lookUp, NESTED } from "./source.js";

export const WORKER_TABLES = `
create table @.worker (
  name text collate "C" primary key,
  said text not null,
  ends_at bigint not null,
  seen_at bigint not null,
  vitals text,
  told_at bigint,
  command text,
  command_number bigint
);
create index worker_end on @.worker (ends_at);
`;

/** Keeps what a worker says of itself, in place of what it said before; what it was told stays. */
const announce: FunctionSource = {
  name: "announce",
  sql: `
create or replace function @@announce(p_name text, p_said json, p_age bigint, p_ttl bigint, p_vitals text) returns void language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  dated text := jsonb_set(p_said::jsonb, '{startedAt}', to_jsonb(present - p_age))::text;
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into @.worker (name, said, ends_at, seen_at, vitals, told_at)
  values (p_name, dated, present + p_ttl, present, p_vitals, case when p_vitals is not null then present end)
  on conflict (name) do update set said = excluded.said, ends_at = excluded.ends_at, seen_at = excluded.seen_at,
    vitals = excluded.vitals, told_at = excluded.told_at;
  delete from @.worker w where w.name = any(
    array(select o.name from @.worker o where o.ends_at <= present order by o.ends_at limit 10 for update skip locked));
end $$;`,
};

/**
 * Makes an announcement that lives last longer; null: there is none. Else how many live, and what the worker was told to do.
 */
const prolong: FunctionSource = {
  name: "prolong",
  sql: `
create or replace function @@prolong(p_name text, p_ttl bigint, p_vitals text) returns json language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  of_worker record;
begin
  perform set_config('synchronous_commit', 'off', true);
  update @.worker w set ends_at = present + p_ttl, seen_at = present, vitals = coalesce(p_vitals, w.vitals),
    told_at = case when p_vitals is null then w.told_at else present end
  where w.name = p_name and w.ends_at > present returning w.command, w.command_number into of_worker;
  if not found then return null; end if;
  return json_build_object('workers', (select count(*) from @.worker w where w.ends_at > present),
    'command', of_worker.command, 'number', of_worker.command_number);
end $$;`,
};

/** Keeps what a worker is told to do, and posts it to whoever works on the task; null: there is no such worker. */
const tellWorker: FunctionSource = {
  name: "tell_worker",
  sql: `
create or replace function @@tell_worker(p_name text, p_task text, p_command text) returns json language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  given bigint;
begin
  update @.worker w set command = p_command, command_number = greatest(present, w.command_number + 1)
  where w.name = p_name and w.ends_at > present returning w.command_number into given;
  if not found then return null; end if;
  insert into @.mail (instance, kind, task, type, at, worker)
  select l.instance, 'w', p_task, p_command, given, p_name from @.listener l where l.kind = 'c' and l.task = p_task;
  return to_json(array(select distinct l.instance from @.listener l where l.kind = 'c' and l.task = p_task));
end $$;`,
};

/** Whether a text that is kept with a job can be read. */
const isJson: FunctionSource = {
  name: "is_json",
  sql: `
create or replace function @@is_json(p text) returns boolean language plpgsql immutable as $$
begin
  perform p::json;
  return true;
exception when invalid_text_representation then
  return false;
end $$;`,
};

const OF_STRETCH = "o.task = s.task and o.id = s.id";

/** One stretch of a task's jobs, by version, fingerprint and state; those that have ended do not count. */
const countVersions: FunctionSource = {
  name: "count_versions",
  sql: `
create or replace function @@count_versions(p_task text, p_after text, p_limit integer) returns json language sql stable ${NESTED} as $$
  with stretch as (
    select j.task, j.id, j.version, j.fingerprint, j.headers, j.limits from @.job j
    where j.task = (select t.id from @.task t where t.name = p_task) and j.id > p_after
    order by j.id limit p_limit
  ), stated as (
    select s.*, @@is_json(s.headers) and @@is_json(s.limits) as is_read,
      case when r.id is not null then '${LETTERS.waiting}' when a.id is not null then '${LETTERS.active}' else l.state end as state
    from stretch s
    ${lookUp("ready", "r", OF_STRETCH)}
    ${lookUp("active", "a", OF_STRETCH)}
    ${lookUp("later", "l", OF_STRETCH)}
  ), counted as (
    select state, case when is_read is false then 0 else version end as version, case when is_read is false then '' else fingerprint end as fingerprint,
      count(*) as count
    from stated where state is not null group by 1, 2, 3
  )
  select json_build_object(
    'last', case when (select count(*) from stretch) = p_limit then (select max(id) from stretch) end,
    'counts', coalesce((select json_agg(json_build_object('state', state, 'version', version, 'fingerprint', fingerprint, 'count', count)) from counted), '[]'))
$$;`,
};

export const WORKER_FUNCTIONS: readonly FunctionSource[] = [
  announce,
  prolong,
  tellWorker,
  isJson,
  countVersions,
];
