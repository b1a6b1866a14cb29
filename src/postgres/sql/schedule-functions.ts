/** Schedules: their table, and functions over it. `@.` stands for the schema, `@@` for a function of this version. */
import { type FunctionSource, MATCHED, NESTED } from "./source.js";

/** A schedule's revision is never given twice, also when it was removed in between. */
export const SCHEDULE_TABLES = `
create sequence @.revision_seq;

create table @.schedule (
  name text collate "C" primary key,
  task text collate "C" not null,
  revision bigint not null,
  plan text not null,
  payload text,
  payload_bytes bytea,
  next_slot_at bigint,
  last_slot_at bigint,
  last_fired_at bigint,
  last_job_id text collate "C",
  runs bigint
);
create index schedule_slot on @.schedule (task, next_slot_at, (name || '')) where next_slot_at is not null;
`;

/** Writes one after another, those of others under the same name before or behind. Answers the revisions; null: it was another. */
const writeSchedules: FunctionSource = {
  name: "write_schedules",
  sql: `
create or replace function @@write_schedules(
  p_names text[], p_expected bigint[], p_tasks text[], p_plans text[], p_payload text[], p_bytes bytea[], p_next bigint[]
) returns json language plpgsql ${NESTED} as $$
declare
  revisions bigint[] := '{}';
  written bigint;
begin
  for i in 1..cardinality(p_names) loop
    written := null;
    if p_expected[i] = 0 then
      insert into @.schedule (name, task, revision, plan, payload, payload_bytes, next_slot_at)
      values (p_names[i], p_tasks[i], nextval('@.revision_seq'), p_plans[i], p_payload[i], p_bytes[i], p_next[i])
      on conflict do nothing returning revision into written;
    else
      update @.schedule s set task = p_tasks[i], revision = nextval('@.revision_seq'), plan = p_plans[i], payload = p_payload[i],
        payload_bytes = p_bytes[i], next_slot_at = p_next[i], last_job_id = case when s.task = p_tasks[i] then s.last_job_id end
      where s.name = p_names[i] and s.revision = p_expected[i] returning revision into written;
    end if;
    revisions := revisions || written;
  end loop;
  return to_json(revisions);
end $$;`,
};

/** Schedules that are due, longest overdue first, and how long it is until the next of the others. */
const dueSchedules: FunctionSource = {
  name: "due_schedules",
  sql: `
create or replace function @@due_schedules(p_tasks text[], p_limit integer) returns table (present bigint, next_in bigint, schedule @.schedule)
language plpgsql ${NESTED} as $$
declare
  this_moment bigint := @@now();
  next_at bigint := (
    select min((select s.next_slot_at from @.schedule s where s.task = t.name and s.next_slot_at > this_moment order by s.next_slot_at limit 1))
    from unnest(p_tasks) t(name)
  );
begin
  return query
    select this_moment, next_at - this_moment, null::@.schedule
    union all
    select this_moment, null, s from (
      select each.found from (select distinct u.name from unnest(p_tasks) u(name)) t
      cross join lateral (
        select s as found from @.schedule s where s.task = t.name and s.next_slot_at <= this_moment order by s.next_slot_at, s.name || '' limit p_limit
      ) each
      order by (each.found).next_slot_at, (each.found).name limit p_limit
    ) ordered(s);
end $$;`,
};

/** Schedules that nobody else can fire or write until the transaction ends, and whether the last job of each goes on. */
const lockSchedules: FunctionSource = {
  name: "lock_schedules",
  sql: `
create or replace function @@lock_schedules(p_names text[]) returns table (present bigint, runs_on boolean, schedule @.schedule)
language plpgsql ${NESTED} as $$
begin
  perform 1 from @.schedule s where s.name = any(p_names) order by s.name for update;
  return query
    select c.present, @@goes_on(s.task, s.last_job_id, c.present), s
    from (select @@now() as present) c cross join @.schedule s where s.name = any(p_names);
end $$;`,
};

/** Whether a job is stored and has not ended. */
const goesOn: FunctionSource = {
  name: "goes_on",
  sql: `
create or replace function @@goes_on(p_task text, p_id text, p_now bigint) returns boolean language sql stable ${NESTED} as $$
  select exists (
    select from @.task t where t.name = p_task and (
      exists (select from @.active a where a.task = t.id and a.id = p_id)
      or exists (select from @.ready r where r.task = t.id and r.id = p_id and coalesce(r.expires_at > p_now, true))
      or exists (select from @.later l where l.task = t.id and l.id = p_id and coalesce(l.expires_at > p_now, true))
    )
  )
$$;`,
};

/** Keeps what was fired or passed over of schedules that are locked. */
const advanceSchedules: FunctionSource = {
  name: "advance_schedules",
  sql: `
create or replace function @@advance_schedules(p json) returns void language sql ${MATCHED} as $$
  update @.schedule s set next_slot_at = n.next_slot_at, last_slot_at = n.last_slot_at, last_fired_at = n.last_fired_at,
    last_job_id = n.last_job_id, runs = n.runs
  from json_to_recordset(p) as n(name text, next_slot_at bigint, last_slot_at bigint, last_fired_at bigint, last_job_id text, runs bigint)
  where s.name = any(array(select e->>'name' from json_array_elements(p) e)) and s.name = n.name
$$;`,
};

export const SCHEDULE_FUNCTIONS: readonly FunctionSource[] = [
  writeSchedules,
  dueSchedules,
  goesOn,
  lockSchedules,
  advanceSchedules,
];
