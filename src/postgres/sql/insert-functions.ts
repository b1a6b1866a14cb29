/** Functions that store new jobs. `@.` stands for the schema, `@@` for a function of this version. */
import { LETTERS } from "./letters.js";
import { ASIDE, asideSql } from "./marks.js";
import { type FunctionSource, NESTED } from "./source.js";

/** Ms since the epoch, read when it is called: a transaction may have begun long ago. */
const now: FunctionSource = {
  name: "now",
  sql: `
create or replace function @@now() returns bigint language sql volatile as $$
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint
$$;`,
};

/**
 * The numbers of tasks, which come to be when somebody first stores something of them or works on them. Who listens for new
 * tasks gets mail.
 */
const meet: FunctionSource = {
  name: "meet",
  sql: `
create or replace function @@meet(p_names text[]) returns integer[] language plpgsql ${NESTED} as $$
declare
  ids integer[];
  name text;
begin
  ids := array(select (select t.id from @.task t where t.name = u.name) from unnest(p_names) with ordinality u(name, n) order by u.n);
  if array_position(ids, null) is null then
    return ids;
  end if;
  for name in select u.name from unnest(p_names) u(name) order by u.name loop
    insert into @.task (name) values (name) on conflict do nothing;
    if found then
      insert into @.mail (instance, kind, task) select l.instance, 't', name from @.listener l where l.kind = 't' and l.task = '';
    end if;
  end loop;
  return array(select (select t.id from @.task t where t.name = u.name) from unnest(p_names) with ordinality u(name, n) order by u.n);
end $$;`,
};

/** What a call says once for all of its jobs stands in an array of one; what none of them has is null. */
const shared = (column: string): string => `coalesce(u.${column}, p_${column}[1])`;

/** The jobs that were stored, in their order; `due` is when they may run. */
const STORED = `(
    select ${shared("task")} as task, u.id, ${shared("rank")} as rank, coalesce(u.due, present + ${shared("delay")}) as due, u.ttl, u.mark, u.queue, u.n
    from unnest(p_task, p_ids, p_rank, p_due, p_delay, p_ttl, p_marks, p_queues) with ordinality as u(task, id, rank, due, delay, ttl, mark, queue, n)
    where cardinality(taken) = 0 or u.n not in (select unnest(taken)) offset 0
  )`;

/**
 * Stores jobs, in their order. Those whose id is taken are left alone and answered by their number in \`taken\`.
 *
 * Ids are inserted in one order by everybody, so that two calls with the same ids cannot wait for each other.
 */
const insert: FunctionSource = {
  name: "insert",
  sql: `
create or replace function @@insert(
  p_names text[], p_task integer[], p_ids text[], p_payload text[], p_bytes bytea[], p_version integer[],
  p_fingerprint text[], p_headers text[], p_rank integer[], p_due bigint[], p_delay bigint[], p_ttl bigint[],
  p_discards boolean[], p_max integer[], p_watch boolean[], p_limits text[], p_marks text[], p_queues text[], p_front boolean, p_instance text
) returns json language plpgsql ${NESTED} as $$
declare
  tasks integer[] := @@meet(p_names);
  present bigint := @@now();
  first_place bigint;
  stored_tasks integer[];
  stored_ids text[];
  taken bigint[] := '{}';
  next_due integer[] := '{}';
  heard boolean;
begin
  with stored_now as (
    insert into @.job (task, id, payload, payload_bytes, version, fingerprint, headers, max_attempts, ttl_ms, discards, enqueued_at, limits)
    select tasks[${shared("task")}], u.id, u.payload, u.bytes, ${shared("version")}, ${shared("fingerprint")}, u.headers, u.most, u.ttl, ${shared("discards")}, present, u.limits
    from unnest(p_task, p_ids, p_payload, p_bytes, p_version, p_fingerprint, p_headers, p_max, p_ttl, p_discards, p_limits)
      as u(task, id, payload, bytes, version, fingerprint, headers, most, ttl, discards, limits)
    order by 1, 2
    on conflict do nothing
    returning task, id
  )
  select array_agg(s.task), array_agg(s.id) into stored_tasks, stored_ids from stored_now s;
  if cardinality(stored_ids) is distinct from cardinality(p_ids) then
    taken := array(
      select u.n from unnest(p_task, p_ids) with ordinality as u(task, id, n)
      where (tasks[${shared("task")}], u.id) not in (select s.task, s.id from unnest(stored_tasks, stored_ids) s(task, id)) order by u.n
    );
  end if;

  if p_marks is not null then
    update @.task t set special = true where t.id = any(array(select tasks[i.task] from ${STORED} i where i.mark is not null)) and not t.special;
  end if;
  insert into @.ready (task, aside, rank, place, id, attempt, stalls, expires_at, mark, queue, came_at)
  select tasks[i.task], case when p_names[i.task] = '$workflow' then ${ASIDE.workflows} else ${asideSql({ mark: "i.mark", front: "p_front" })} end, i.rank,
    case when p_front then -nextval('@.front_seq') else nextval('@.place_seq') end, i.id, 0, 0, present + i.ttl, i.mark::"char", i.queue,
    case when i.mark is not null then present end
  from ${STORED} i where i.due <= present;

  if p_ttl is not null or exists (select from ${STORED} i where i.due > present) then
    first_place := nextval('@.order_seq');
    insert into @.later (task, due_at, place, state, id, rank, attempt, stalls, expires_at, suspect, mark, queue)
    select tasks[i.task], i.due, nextval('@.order_seq'), '${LETTERS.delayed}', i.id, i.rank, 0, 0, present + i.ttl, false, i.mark::"char", i.queue
    from ${STORED} i where i.due > present;
    next_due := array(
      select distinct i.task from ${STORED} i
      where i.due > present
        and (select l.place > first_place from @.later l where -l.task = -tasks[i.task] order by l.due_at, l.place limit 1)
        or i.ttl is not null and present + i.ttl <= least(
          (select min(r.expires_at) from @.ready r where r.task::bigint = tasks[i.task] and r.expires_at is not null),
          (select min(l.expires_at) from @.later l where l.task::bigint = tasks[i.task] and l.expires_at is not null))
    );
  end if;

  if '$workflow' = any(p_names) then
    perform @@enter_workflows(tasks[array_position(p_names, '$workflow')], array(
      select i.id from ${STORED} i where p_names[i.task] = '$workflow' and i.due <= present order by i.n));
  end if;

  if p_watch is not null then
    insert into @.watcher (task, id, instance)
    select tasks[i.task], i.id, p_instance from ${STORED} i where coalesce(p_watch[i.n], p_watch[1]) order by 1, 2
    on conflict do nothing;
  end if;

  heard := exists (select from @.listener l where l.kind = 'e' and l.task = any(p_names));
  if heard then
    insert into @.mail (instance, kind, task, id, type, at, attempt, delay_ms)
    select l.instance, 'e', l.task, i.id, case when i.due > present then 'delayed' else 'waiting' end, present, 0, case when i.due > present then i.due - present end
    from ${STORED} i
    join @.listener l on l.kind = 'e' and l.task = p_names[i.task]
    order by i.n;
  end if;

  return json_build_object(
    'taken', taken,
    'ready', array(select distinct i.task from ${STORED} i where i.due <= present),
    'due', next_due,
    'mail', array(select distinct l.instance from @.listener l where l.kind = 't' or heard and l.kind = 'e' and l.task = any(p_names))
  );
end $$;`,
};

/**
 * Stores one job that is simply next, the usual call at low load, without what any other call needs: each row of it is found or made
 * by its key, so it has no settings for plans, which would cost as much as a third of it. Answers whose mailbox has something, or may
 * have since the task was met; null where \`insert\` must look: nobody has met the task, or the id is taken.
 */
const insertOne: FunctionSource = {
  name: "insert_one",
  sql: `
create or replace function @@insert_one(
  p_name text, p_id text, p_payload text, p_bytes bytea, p_version integer, p_fingerprint text, p_headers text, p_rank integer,
  p_max integer, p_watcher text
) returns json language plpgsql as $$
declare
  number integer;
  present bigint := @@now();
  listening text[];
begin
  select t.id into number from @.task t where t.name = p_name;
  if number is null then
    return null;
  end if;
  insert into @.job (task, id, payload, payload_bytes, version, fingerprint, headers, max_attempts, discards, enqueued_at)
  values (number, p_id, p_payload, p_bytes, p_version, p_fingerprint, p_headers, p_max, false, present)
  on conflict do nothing;
  if not found then
    return null;
  end if;
  insert into @.ready (task, aside, rank, place, id, attempt, stalls)
  values (number, ${ASIDE.queue}, p_rank, pg_catalog.nextval('@.place_seq'), p_id, 0, 0);
  if p_watcher is not null then
    insert into @.watcher (task, id, instance) values (number, p_id, p_watcher) on conflict do nothing;
  end if;
  listening := array(select distinct l.instance from @.listener l where l.kind = 't' or l.kind = 'e' and l.task = p_name);
  if cardinality(listening) > 0 then
    insert into @.mail (instance, kind, task, id, type, at, attempt)
    select l.instance, 'e', p_name, p_id, 'waiting', present, 0 from @.listener l where l.kind = 'e' and l.task = p_name;
  end if;
  return pg_catalog.array_to_json(listening);
end $$;`,
};

export const INSERT_FUNCTIONS: readonly FunctionSource[] = [now, meet, insert, insertOne];
