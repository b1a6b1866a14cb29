/** Which workers live, and which versions are in flight. `@.` stands for the schema, `@@` for a function of this version. */
import { LETTERS } from "./letters.js";
import { type FunctionSource, lookUp, NESTED } from "./source.js";

export const WORKER_TABLES = `
create table @.worker (
  name text collate "C" primary key,
  said text not null,
  ends_at bigint not null
);
create index worker_end on @.worker (ends_at);
`;

/** Keeps what a worker says of itself, in place of what it said before. */
const announce: FunctionSource = {
  name: "announce",
  sql: `
create or replace function @@announce(p_name text, p_said json, p_age bigint, p_ttl bigint) returns void language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  dated text := jsonb_set(p_said::jsonb, '{startedAt}', to_jsonb(present - p_age))::text;
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into @.worker (name, said, ends_at) values (p_name, dated, present + p_ttl)
  on conflict (name) do update set said = excluded.said, ends_at = excluded.ends_at;
  delete from @.worker w where w.name = any(
    array(select o.name from @.worker o where o.ends_at <= present order by o.ends_at limit 10 for update skip locked));
end $$;`,
};

/** Makes an announcement that lives last longer; false: there is none. */
const prolong: FunctionSource = {
  name: "prolong",
  sql: `
create or replace function @@prolong(p_name text, p_ttl bigint) returns boolean language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
begin
  perform set_config('synchronous_commit', 'off', true);
  update @.worker w set ends_at = present + p_ttl where w.name = p_name and w.ends_at > present;
  return found;
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

export const WORKER_FUNCTIONS: readonly FunctionSource[] = [announce, prolong, isJson, countVersions];
