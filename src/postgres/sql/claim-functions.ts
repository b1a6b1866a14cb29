/** Functions that give jobs to workers and take them back. `@.` stands for the schema, `@@` for a function of this version. */
import { CLAIM_COLUMNS, CLAIMED_JOBS, NO_JOB } from "./claim-rows.js";
import { BLOCKS_IN_VAIN, BLOCKS_PER_ROW, blocksRead, ofRank, ofRanks } from "./floors.js";
import { ENDS, LETTERS } from "./letters.js";
import { ASIDE, asideSql, hasGatesSql } from "./marks.js";
import { type FunctionSource, MATCHED, NESTED } from "./source.js";

/** That a claim has come to its end, where `g` is what was claimed. */
const ENDED = `g.event in ('${ENDS.complete}', '${ENDS.fail}', '${ENDS.cancel}')`;

/** What is known before jobs are looked for: the time, the last place that was given, and which transactions write. */
const looking: FunctionSource = {
  name: "looking",
  sql: `
create or replace function @@looking() returns table (began timestamptz, place bigint, open bigint[]) language plpgsql ${NESTED} as $$
begin
  return query select clock_timestamp(), coalesce(pg_sequence_last_value('@.place_seq'::regclass), 0),
    array(select x::text::bigint from pg_snapshot_xip(pg_current_snapshot()) x);
end $$;`,
};

/**
 * What a look came to: {slow, ms, place, open, next, last: [[rank, place], …]}. \`next\` is the transaction that begins next; \`last\`
 * has of each priority the last place that was found.
 */
const looked: FunctionSource = {
  name: "looked",
  sql: `
create or replace function @@looked(p_slow boolean, p_began timestamptz, p_place bigint, p_open bigint[], p_rows tid[]) returns json language plpgsql ${NESTED} as $$
begin
  return json_build_object(
    'slow', p_slow, 'ms', extract(epoch from clock_timestamp() - p_began) * 1000, 'place', p_place, 'open', p_open,
    'next', pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    'last', array(select array[s.rank, s.place] from (
      select r.rank::bigint, max(r.place) as place from @.ready r where r.ctid = any(p_rows) group by r.rank order by r.rank) s));
end $$;`,
};

/** Ms until something of a task is due; null: nothing is. */
const nextDue: FunctionSource = {
  name: "next_due",
  sql: `
create or replace function @@next_due(p_task integer, p_now bigint) returns bigint language plpgsql stable ${NESTED} as $$
begin
  return (select case when s.at is not null then greatest(0, s.at - p_now) end from (select least(
    (select due_at from @.later where -task = -p_task order by due_at, place limit 1),
    (select expires_at from @.ready where task::bigint = p_task and expires_at is not null order by expires_at limit 1),
    (select expires_at from @.later where task::bigint = p_task and expires_at is not null order by expires_at limit 1),
    (select ends_at from @.lease where task::bigint = p_task and ends_at is not null order by ends_at limit 1)
  ) as at) s);
end $$;`,
};

/** Makes due jobs waiting, in due order; answers how many. Overdue ones are left to whoever expires them. */
const promote: FunctionSource = {
  name: "promote",
  sql: `
create or replace function @@promote(p_task integer, p_name text, p_now bigint, p_limit integer) returns integer language plpgsql ${NESTED} as $$
declare
  promoted integer;
  freed text[];
begin
  if not exists (select from @.later l where -l.task = -p_task and l.due_at <= p_now) then
    return 0;
  end if;
  with due as (
    delete from @.later l where l.ctid = any(array(
      select c.ctid from @.later c
      where -c.task = -p_task and c.due_at <= p_now and (c.expires_at is null or c.expires_at > p_now)
      order by -c.task, c.due_at, c.place limit p_limit for update skip locked
    )) returning l.*
  ), back as (
    select s.*, nextval('@.place_seq') as new_place from (select * from due order by due_at, place) s
  ), put as (
    insert into @.ready (task, aside, rank, place, id, attempt, stalls, started_at, expires_at, error, mark, queue, came_at, since)
    select task, case when p_name = '$workflow' then ${ASIDE.workflows} else ${asideSql({ mark: "mark", suspect: "suspect" })} end, rank, new_place, id, attempt, stalls, started_at, expires_at, error, mark, queue,
      case when mark is not null then p_now end, due_at from back
  ), told as (
    insert into @.mail (instance, kind, task, id, type, at, attempt)
    select l.instance, 'e', p_name, b.id, 'waiting', p_now, b.attempt
    from back b join @.listener l on l.kind = 'e' and l.task = p_name order by b.new_place
  )
  select count(*), array_agg(b.id) filter (where not b.suspect) into promoted, freed from back b;
  if freed is not null and (select t.keyed from @.task t where t.id = p_task) then
    perform @@hold_keys(p_task, freed);
  end if;
  if freed is not null and p_name = '$workflow' then
    perform @@enter_workflows(p_task, freed);
  end if;
  return promoted;
end $$;`,
};

/** What everybody who writes under a lease holds, shared, until the end of the transaction; who loses it holds it alone. */
const leaseKey: FunctionSource = {
  name: "lease_key",
  sql: `
create or replace function @@lease_key(p_task integer, p_lease text) returns bigint language sql immutable as $$
  select hashtextextended('@schema' || p_lease, p_task)
$$;`,
};

/** Whether a claim would find a job; \`p_parts\`: in these parts of the index, null: anywhere. */
const hasReady: FunctionSource = {
  name: "has_ready",
  sql: `
create or replace function @@has_ready(p_task integer, p_parts bigint[]) returns boolean language plpgsql stable ${NESTED} as $$
begin
  if p_parts is null or cardinality(p_parts) = 0 then
    return exists (select from @.ready r where -r.task = -p_task and r.aside = 0);
  end if;
  for i in 1..cardinality(p_parts) by 4 loop
    if p_parts[i] = p_parts[i + 2] then
      if exists (select from @.ready r where -r.task = -p_task and r.aside = 0 and ${ofRank("r")}) then
        return true;
      end if;
    elsif exists (select from @.ready r where -r.task = -p_task and r.aside = 0 and ${ofRanks("r")}) then
      return true;
    end if;
  end loop;
  return false;
end $$;`,
};

/**
 * Gives waiting jobs to a lease. The first row is the head: {lost, now, due, suspects, overdue, newer, mail, looked}; a row per job follows.
 * \`p_parts\` are those of the index that are looked at (none: all), and the head says what came of it; null: all, and it says what is slow.
 * With \`p_prior\` it is what the settlements before came to, which the head then says as well.
 */
const claim: FunctionSource = {
  name: "claim",
  sql: `
create or replace function @@claim(
  p_task text, p_lease text, p_lease_ms bigint, p_count integer, p_apart boolean, p_version integer, p_parts bigint[], p_prior json
) returns table (${CLAIM_COLUMNS}) language plpgsql ${NESTED} rows 100 as $$
declare
  of_task record;
  held record;
  present bigint;
  taken integer := 0;
  heard boolean;
  has_suspects boolean := false;
  asks boolean := false;
  rows_taken tid[];
  look record;
  blocks bigint;
  is_slow boolean;
  looked json;
begin
  if p_prior is null then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  select t.id, t.paused_at, t.asked_at, t.special into of_task from @.task t where t.name = p_task;
  if of_task.id is null then
    return query select json_build_object('lost', false, 'prior', p_prior), ${NO_JOB};
    return;
  end if;
  if of_task.special then
    return query select json_build_object('lost', false, 'special', true, 'prior', p_prior), ${NO_JOB};
    return;
  end if;
  perform pg_advisory_xact_lock_shared(@@lease_key(of_task.id, p_lease));
  present := @@now();
  select l.ends_at, l.lost_at into held from @.lease l where l.task = of_task.id and l.name = p_lease;
  if held.lost_at is not null then
    return query select json_build_object('lost', true, 'due', @@next_due(of_task.id, present), 'prior', p_prior), ${NO_JOB};
    return;
  end if;
  perform @@promote(of_task.id, p_task, present, 1000);
  if p_version is not null and p_count > 0 and of_task.paused_at is null
    and exists (select from @.later l where l.task # 0 = of_task.id and l.newer <= p_version) then
    return query select json_build_object('lost', false, 'newer', true, 'prior', p_prior), ${NO_JOB};
    return;
  end if;

  if held.ends_at is not null and (held.ends_at > present + p_lease_ms or held.ends_at < present + p_lease_ms - p_lease_ms / 64) then
    update @.lease l set ends_at = present + p_lease_ms where l.ctid = any(array(
      select c.ctid from @.lease c where c.task = of_task.id and c.name = p_lease and c.lost_at is null for update skip locked));
  end if;

  if p_count > 0 and of_task.paused_at is null then
    has_suspects := exists (select from @.ready r where -r.task = -of_task.id and r.aside = 1);
    asks := has_suspects and not p_apart and present - of_task.asked_at >= 2000;
    if asks or p_apart and has_suspects then
      update @.task t set asked_at = present where t.id = of_task.id;
    end if;
    if not asks then
      heard := exists (select from @.listener l where l.kind = 'e' and l.task = p_task);
      if p_parts is not null then
        select * into look from @@looking();
      end if;
      blocks := ${blocksRead("ready", "ready_order")};
      if p_parts is null or p_apart or cardinality(p_parts) = 0 then
        rows_taken := array(
          select c.ctid from @.ready c
          where -c.task = -of_task.id and c.aside = p_apart::integer and (c.expires_at is null or c.expires_at > present)
            and not (select s.special from @.task s where s.id = of_task.id)
          order by -c.task, c.aside, c.rank, c.place limit p_count for update skip locked);
      else
        rows_taken := '{}';
        for i in 1..cardinality(p_parts) by 4 loop
          exit when cardinality(rows_taken) >= p_count;
          if p_parts[i] = p_parts[i + 2] then
            rows_taken := rows_taken || array(
              select c.ctid from @.ready c
              where -c.task = -of_task.id and c.aside = 0 and ${ofRank("c")} and (c.expires_at is null or c.expires_at > present)
                and not (select s.special from @.task s where s.id = of_task.id)
              order by -c.task, c.aside, c.rank, c.place limit p_count - cardinality(rows_taken) for update skip locked);
          else
            rows_taken := rows_taken || array(
              select c.ctid from @.ready c
              where -c.task = -of_task.id and c.aside = 0 and ${ofRanks("c")} and (c.expires_at is null or c.expires_at > present)
                and not (select s.special from @.task s where s.id = of_task.id)
              order by -c.task, c.aside, c.rank, c.place limit p_count - cardinality(rows_taken) for update skip locked);
          end if;
        end loop;
      end if;
      is_slow := ${blocksRead("ready", "ready_order")} - blocks - ${BLOCKS_PER_ROW} * cardinality(rows_taken) >= ${BLOCKS_IN_VAIN};
      if p_parts is not null then
        looked := @@looked(is_slow, look.began, look.place, look.open, rows_taken);
      elsif is_slow and not p_apart then
        looked := json_build_object('slow', true);
      end if;
      if cardinality(rows_taken) > 0 then
        return query
        with gone as (
          delete from @.ready r where r.ctid = any(rows_taken) returning r.*
        ), run as (
          select s.*, nextval('@.fence_seq') as new_fence, count(*) over () = 1 as single
          from (select * from gone g order by g.rank, g.place) s
        ), put as (
          insert into @.active (task, id, fence, lease, rank, attempt, stalls, started_at, error, suspect, alone, since)
          select o.task, o.id, o.new_fence, p_lease, o.rank, o.attempt + 1, o.stalls, present, o.error, o.aside = 1, p_apart and o.single, o.since from run o
        ), told as (
          insert into @.mail (instance, kind, task, id, type, at, attempt, worker)
          select l.instance, 'e', p_task, o.id, 'active', present, o.attempt + 1, p_lease
          from run o join @.listener l on l.kind = 'e' and l.task = p_task where heard order by o.new_fence
        )
      ${CLAIMED_JOBS};
        get diagnostics taken = row_count;
      end if;
    end if;
    if taken > 0 and held.ends_at is null then
      insert into @.lease as l (task, name, ends_at) values (of_task.id, p_lease, present + p_lease_ms)
      on conflict on constraint lease_pkey do update set ends_at = excluded.ends_at where l.lost_at is null;
    end if;
    has_suspects := has_suspects and (asks or case when p_apart
      then exists (select from @.ready r where -r.task = -of_task.id and r.aside = 1) else taken = 0 end);
  end if;

  return query select json_build_object(
      'lost', false, 'now', present, 'opened', taken > 0 and held.ends_at is null, 'due', @@next_due(of_task.id, present), 'suspects', has_suspects,
      'overdue', exists (select from @.ready r where r.task::bigint = of_task.id and r.expires_at <= present)
        or exists (select from @.later l where l.task::bigint = of_task.id and l.expires_at <= present),
      'mail', case when heard then array(select l.instance from @.listener l where l.kind = 'e' and l.task = p_task) end,
      'looked', looked, 'prior', p_prior
    ), ${NO_JOB};
end $$;`,
};

/**
 * Ends claims of a lease, in order: {settled: a letter each, lost, due, released, mail, workflows, trimmed}. \`p_after\`: where to begin to drop
 * what is too much, null: nothing is dropped. A claim is found by id, lease and
 * fence; one that is not found is \`s\` (stale) where the job is active, else \`m\` (missing).
 */
const settle: FunctionSource = {
  name: "settle",
  sql: `
create or replace function @@settle(
  p_task text, p_lease text, p_ids text[], p_fences bigint[], p_events "char"[], p_delays bigint[], p_texts text[], p_bytes bytea[],
  p_newer integer[], p_keep bigint[], p_after bigint[]
) returns json language plpgsql ${MATCHED} as $$
declare
  task_id integer;
  task_keyed boolean;
  task_special boolean;
  freed text[];
  task_steps boolean;
  workflows text[];
  present bigint;
  settled "char"[];
  found_numbers integer[];
  ended text[];
  ended_numbers integer[];
  ended_events "char"[];
  ended_attempts integer[];
  ended_texts text[];
  dropped text[];
  dropped_events "char"[];
  told text[];
  released boolean;
  trimmed bigint[];
begin
  select t.id, t.keyed, t.special, t.steps into task_id, task_keyed, task_special, task_steps from @.task t where t.name = p_task;
  if task_id is null then
    return json_build_object('settled', repeat('m', cardinality(p_ids)), 'lost', false);
  end if;
  present := @@now();
  with input as materialized (
    select * from unnest(p_ids, p_fences, p_events, p_delays, p_texts, p_bytes, p_newer) with ordinality as i(id, fence, event, delay, body, bytes, newer, n)
  ), gone as (
    delete from @.active a using input i
    where a.task = task_id and a.id = any(p_ids) and a.lease || '' = p_lease and a.id = i.id and a.fence = i.fence
    returning a.id, a.fence, a.rank, a.attempt, a.stalls, a.started_at, a.error, a.suspect, a.cancel, a.mark, a.queue, a.since, i.n, i.delay, i.body, i.bytes, i.newer,
      case when a.cancel is null then i.event else '${ENDS.cancel}'::"char" end as event, i.event as asked
  ), final as (
    insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls, started_at, worker, ran, error, reason, result, result_bytes)
    select task_id, g.id, g.event, 0, nextval('@.order_seq'), present, g.rank, g.attempt, g.stalls, g.started_at, p_lease, g.event,
      case when g.event = '${ENDS.fail}' then g.body else g.error end,
      case when g.event = '${ENDS.cancel}' then coalesce(g.cancel, g.body) end,
      case when g.event = '${ENDS.complete}' then g.body end, case when g.event = '${ENDS.complete}' then g.bytes end
    from (select * from gone order by n) g
    where g.event = '${ENDS.complete}' and coalesce(p_keep[1], 1) > 0 or g.event = '${ENDS.fail}' and coalesce(p_keep[2], 1) > 0 or g.event = '${ENDS.cancel}' and coalesce(p_keep[3], 1) > 0
  ), postponed as (
    insert into @.later (task, due_at, place, state, id, rank, attempt, stalls, started_at, error, suspect, newer, fence, mark, queue)
    select task_id, present + g.delay, nextval('@.order_seq'), case when g.event = '${ENDS.retry}' then '${LETTERS.retrying}' else '${LETTERS.delayed}' end::"char",
      g.id, g.rank, g.attempt - (g.event = '${ENDS.release}')::integer, g.stalls, g.started_at,
      case when g.event = '${ENDS.retry}' then g.body else g.error end, false, g.newer, case when g.newer is not null then g.fence end, g.mark, g.queue
    from (select * from gone order by n) g where g.event = '${ENDS.retry}' or g.event = '${ENDS.release}' and g.delay > 0
  ), given_back as (
    insert into @.ready (task, aside, rank, place, id, attempt, stalls, started_at, error, mark, queue, came_at, since)
    select task_id, ${asideSql({ mark: "g.mark", suspect: "g.suspect", front: "true" })}, g.rank, -nextval('@.front_seq'), g.id, g.attempt - 1, g.stalls,
      g.started_at, g.error, g.mark, g.queue, case when g.mark is not null then present end, g.since
    from (select * from gone order by fence desc) g where g.event = '${ENDS.release}' and g.delay <= 0
  ), ran as (
    insert into @.note (task, id, kind, n, at, attempt, started_at, worker, outcome, body)
    select task_id, g.id, 'h', nextval('@.order_seq'), present, g.attempt, g.started_at, p_lease, '${ENDS.fail}', g.body from gone g where g.event = '${ENDS.retry}'
  ), events as (
    insert into @.mail (instance, kind, task, id, type, at, attempt, worker, delay_ms, error, reason, value, bytes)
    select e.instance, 'e', p_task, e.id, case e.event
        when '${ENDS.complete}' then 'completed' when '${ENDS.fail}' then 'failed' when '${ENDS.cancel}' then 'cancelled'
        when '${ENDS.retry}' then 'retrying' else case when e.delay > 0 then 'delayed' else 'waiting' end end,
      present, e.attempt - (e.event = '${ENDS.release}')::integer, case when e.event <> '${ENDS.release}' then p_lease end,
      case when e.event = '${ENDS.retry}' or e.event = '${ENDS.release}' and e.delay > 0 then e.delay end,
      case when e.event in ('${ENDS.fail}', '${ENDS.retry}') then e.body end,
      case when e.event = '${ENDS.cancel}' then coalesce(e.cancel, e.body) end,
      case when e.event = '${ENDS.complete}' then e.body end, case when e.event = '${ENDS.complete}' then e.bytes end
    from (select g.*, l.instance from gone g join @.listener l on l.kind = 'e' and l.task = p_task order by g.n) e returning instance
  )
  select array_agg(g.n::integer order by g.n), array_agg(case when g.event = g.asked then 'a' else 'c' end::"char" order by g.n),
    array_agg(g.id order by g.n) filter (where ${ENDED}), array_agg(g.n::integer order by g.n) filter (where ${ENDED}),
    array_agg(g.event order by g.n) filter (where ${ENDED}), array_agg(g.attempt order by g.n) filter (where ${ENDED}),
    array_agg(coalesce(g.cancel, g.body) order by g.n) filter (where ${ENDED}),
    array_agg(g.id) filter (where g.event = '${ENDS.complete}' and p_keep[1] <= 0 or g.event = '${ENDS.fail}' and p_keep[2] <= 0 or g.event = '${ENDS.cancel}' and p_keep[3] <= 0),
    array_agg(g.event) filter (where g.event = '${ENDS.complete}' and p_keep[1] <= 0 or g.event = '${ENDS.fail}' and p_keep[2] <= 0 or g.event = '${ENDS.cancel}' and p_keep[3] <= 0),
    coalesce(bool_or(g.event = '${ENDS.release}' and g.delay <= 0), false), (select array_agg(distinct e.instance) from events e),
    array_agg(g.id) filter (where ${hasGatesSql("g.mark")})
  into found_numbers, settled, ended, ended_numbers, ended_events, ended_attempts, ended_texts, dropped, dropped_events, released, told, freed from gone g;

  -- Watchers are looked for by a statement of their own: one that came while this call waited for a job is seen.
  if ended is not null and exists (select from @.watcher w where w.task = task_id and w.id = any(ended)) then
    with unwatched as (
      delete from @.watcher w where w.task = task_id and w.id = any(ended) returning w.id, w.instance
    ), outcomes as (
      insert into @.mail (instance, kind, task, id, type, attempt, error, reason, value, bytes)
      select u.instance, 'o', p_task, u.id, u.event, u.attempt, case when u.event = '${ENDS.fail}' then u.body end,
        case when u.event = '${ENDS.cancel}' then u.body end, case when u.event = '${ENDS.complete}' then u.body end,
        case when u.event = '${ENDS.complete}' then p_bytes[u.n] end
      from (
        select w.instance, e.* from unwatched w join unnest(ended, ended_numbers, ended_events, ended_attempts, ended_texts)
          as e(id, n, event, attempt, body) on e.id = w.id order by e.n
      ) u returning instance
    )
    select array_cat(told, array_agg(distinct o.instance)) into told from outcomes o;
  end if;

  if coalesce(cardinality(found_numbers), 0) < cardinality(p_ids) then
    settled := array(
      select coalesce(
        (select f.status from unnest(found_numbers, settled) as f(n, status) where f.n = i.n),
        (case when exists (select from @.active a where a.task = task_id and a.id = i.id) then 's' else 'm' end)::"char")
      from unnest(p_ids) with ordinality as i(id, n) order by i.n);
  end if;
  if freed is not null then
    insert into @.left_job (task, id) select task_id, f from unnest(freed) f;
  end if;
  if task_steps and ended is not null then
    workflows := @@put_out(task_id, p_task, ended, ended_events, ended_texts, ended_numbers, p_bytes);
  end if;
  if dropped is not null then
    perform @@forget(task_id, dropped);
    perform @@add_past(task_id, dropped_events);
  end if;
  if task_keyed and ended is not null then
    perform @@free_keys(task_id, ended);
  end if;
  if task_keyed and released then
    perform @@hold_keys(task_id, array(select r.id from @.ready r where r.task = task_id and r.id = any(p_ids) and r.aside <> 1));
  end if;
  if p_after is not null and ended is not null then
    trimmed := @@prune_counts(task_id, p_keep, 1000, p_after);
  end if;
  return json_build_object(
    'settled', array_to_string(settled, ''), 'released', released, 'freed', freed is not null, 'mail', told, 'workflows', workflows, 'trimmed', trimmed,
    'lost', exists (select from @.lease l where l.task = task_id and l.name = p_lease and l.lost_at is not null),
    'due', case when task_special then @@special_due(task_id, present) else @@next_due(task_id, present) end);
end $$;`,
};

export const CLAIM_FUNCTIONS: readonly FunctionSource[] = [
  nextDue,
  promote,
  leaseKey,
  looking,
  looked,
  hasReady,
  claim,
  settle,
];
