/** Functions about whole tasks, and about what belongs to running jobs. `@.` stands for the schema, `@@` for a function of this version. */
import { BLOCKS_IN_VAIN, BLOCKS_PER_DELETED, blocksRead } from "./floors.js";
import { LETTERS } from "./letters.js";
import { type FunctionSource, NESTED } from "./source.js";

/** The letters of final states in the order in which retention is given. */
const FINALS = [LETTERS.completed, LETTERS.failed, LETTERS.cancelled, LETTERS.expired];

/**
 * Forgets the oldest finished jobs of the state `letters[i]`, as many as `p_limit` leaves, and counts them in `pruned`.
 *
 * @param by.among which `c` are looked at; `by.only`: which `d` of those go
 */
function forgetOldest({ among, only }: { readonly among?: string; readonly only?: string }): string {
  const and = (condition: string | undefined) => (condition === undefined ? "" : ` and ${condition}`);
  return `    with old as (
      delete from @.done d where d.ctid = any(array(
        select c.ctid from @.done c where -c.task = -p_task and c.state = letters[i]${and(among)}
        order by c.state, c.sort_at, c.place limit p_limit - pruned for update skip locked))${and(only)} returning d.id, d.place
    )
    select array_agg(o.id), max(o.place) into ids, last_place from old o;
    if ids is not null then
      perform @@forget(p_task, ids);
      perform @@add_past(p_task, array_fill(letters[i], array[cardinality(ids)]));
      pruned := pruned + cardinality(ids);
    end if;
`;
}

/**
 * Forgets the oldest finished jobs beyond each state's count (null: all stay). Those that stand at \`p_after\` or before are not looked
 * for (0: all are), since they are gone, but for one that came late. Answers how many went, the last place of each state, and whether
 * much was read in vain (1).
 */
const pruneCounts: FunctionSource = {
  name: "prune_counts",
  sql: `
create or replace function @@prune_counts(p_task integer, p_keep bigint[], p_limit integer, p_after bigint[]) returns bigint[] language plpgsql ${NESTED} as $$
declare
  letters "char"[] := '{${FINALS.join(",")}}';
  bound record;
  ids text[];
  last_place bigint;
  last_places bigint[] := '{null,null,null,null}';
  pruned integer := 0;
  blocks bigint;
  vain bigint := 0;
begin
  for i in 1..4 loop
    continue when p_keep[i] is null or pruned >= p_limit;
    select d.sort_at, d.place into bound from @.done d where -d.task = -p_task and d.state = letters[i]
      order by d.state desc, d.sort_at desc, d.place desc offset p_keep[i] limit 1;
    continue when not found;
    blocks := ${blocksRead("done", "done_order")} + ${BLOCKS_PER_DELETED} * pruned;
${forgetOldest({ among: "(c.sort_at, c.place) > (0, p_after[i]) and (c.sort_at, c.place) <= (bound.sort_at, bound.place)" })}    last_places[i] := last_place;
    vain := vain + ${blocksRead("done", "done_order")} - blocks - ${BLOCKS_PER_DELETED} * pruned;
  end loop;
  return array[pruned::bigint] || last_places || (vain >= ${BLOCKS_IN_VAIN})::integer::bigint;
end $$;`,
};

/** Forgets finished jobs that are older than their state's age (null: none is); answers how many. */
const pruneAges: FunctionSource = {
  name: "prune_ages",
  sql: `
create or replace function @@prune_ages(p_task integer, p_ages bigint[], p_limit integer) returns integer language plpgsql ${NESTED} as $$
declare
  letters "char"[] := '{${FINALS.join(",")}}';
  present bigint := @@now();
  ids text[];
  last_place bigint;
  pruned integer := 0;
begin
  for i in 1..4 loop
    continue when p_ages[i] is null or pruned >= p_limit;
${forgetOldest({ only: "d.finished_at <= present - p_ages[i]" })}  end loop;
  return pruned;
end $$;`,
};

/** How long a lost lease is remembered, in ms; a worker that wakes later holds claims that are refused anyway. */
const LOST_LEASE_MS = 24 * 3_600_000;

/**
 * Bounded upkeep of a task: {promoted, pruned, trimmed, overdue, lapsed, ready, due, stallLimit}. What overdue jobs and past leases come
 * to is decided by whoever is told of them.
 */
const upkeep: FunctionSource = {
  name: "upkeep",
  sql: `
create or replace function @@upkeep(p_task text, p_keep bigint[], p_stall_limit integer, p_ages bigint[], p_limit integer, p_after bigint[], p_parts bigint[]) returns json language plpgsql ${NESTED} as $$
declare
  of_task record;
  present bigint;
  promoted integer;
  pruned integer := 0;
  trimmed bigint[];
begin
  if p_keep is not null then
    perform @@meet(array[p_task]);
    update @.task t set keep = p_keep, stall_limit = p_stall_limit
    where t.name = p_task and (t.keep, t.stall_limit) is distinct from (p_keep, p_stall_limit);
  end if;
  select t.id, t.paused_at, t.keep, t.stall_limit, t.special into of_task from @.task t where t.name = p_task;
  if of_task.id is null then
    return json_build_object('promoted', 0, 'pruned', 0);
  end if;
  present := @@now();
  promoted := @@promote(of_task.id, p_task, present, p_limit);
  if p_ages is not null then
    pruned := @@prune_ages(of_task.id, p_ages, p_limit);
    delete from @.lease l where l.task # 0 = of_task.id and l.lost_at < present - ${LOST_LEASE_MS} and l.ends_at is null;
    perform @@forget_measures(of_task.id, present, p_limit);
  end if;
  if of_task.keep is not null then
    trimmed := @@prune_counts(of_task.id, of_task.keep, p_limit, p_after);
    pruned := pruned + trimmed[1];
  end if;
  delete from @.held_key k where k.ctid = any(array(
    select c.ctid from @.held_key c where c.task::bigint = of_task.id and c.ends_at <= present order by c.ends_at limit p_limit for update skip locked));
  delete from @.passed p where p.ctid = any(array(
    select c.ctid from @.passed c where c.task::bigint = of_task.id and c.ends_at <= present order by c.ends_at limit p_limit for update skip locked));
  perform @@fold_past(of_task.id, 10 * p_limit);
  if of_task.special then
    perform @@forget_starts(of_task.id, p_task, present, p_limit);
  end if;
  return json_build_object(
    'promoted', promoted, 'pruned', pruned, 'stallLimit', of_task.stall_limit,
    'overdue', exists (select from @.ready r where r.task::bigint = of_task.id and r.expires_at <= present)
      or exists (select from @.later l where l.task::bigint = of_task.id and l.expires_at <= present),
    'lapsed', exists (select from @.lease l where l.task::bigint = of_task.id and l.ends_at <= present),
    'trimmed', trimmed,
    'ready', of_task.paused_at is null and (@@has_ready(of_task.id, p_parts) or exists (select from @.ready r where -r.task = -of_task.id and r.aside = 1) or of_task.special and @@has_more(of_task.id)),
    'special', of_task.special,
    'due', case when of_task.special then @@special_due(of_task.id, present) else @@next_due(of_task.id, present) end);
end $$;`,
};

/** Extends a lease: {lost, cancelled: [{id, reason}], unknown: [{id, fence}]}; unknown are claims its holder does not name. */
const renew: FunctionSource = {
  name: "renew",
  sql: `
create or replace function @@renew(p_task text, p_lease text, p_lease_ms bigint, p_held jsonb) returns json language plpgsql ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  held record;
begin
  if p_held is null then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform pg_advisory_xact_lock_shared(@@lease_key(number, p_lease)) where number is not null;
  select l.lost_at into held from @.lease l where l.task = number and l.name = p_lease for update;
  if not found then
    return json_build_object('lost', false, 'cancelled', '[]'::json, 'unknown', '[]'::json);
  end if;
  if held.lost_at is not null then
    return json_build_object('lost', true, 'cancelled', '[]'::json, 'unknown', '[]'::json);
  end if;
  update @.lease l set ends_at = @@now() + p_lease_ms where l.task = number and l.name = p_lease;
  return json_build_object('lost', false,
    'cancelled', coalesce((select json_agg(json_build_object('id', a.id, 'reason', a.cancel) order by a.fence)
      from @.active a where -a.task = -number and a.lease = p_lease and a.cancel is not null), '[]'::json),
    'unknown', coalesce((select json_agg(json_build_object('id', a.id, 'fence', a.fence) order by a.fence)
      from @.active a where -a.task = -number and a.lease = p_lease and p_held is not null and not p_held ? (a.fence || ':' || a.id)), '[]'::json));
end $$;`,
};

/** Adds progress, log lines and messages to claimed jobs, in order: {status: a letter each, mail}. */
const annotate: FunctionSource = {
  name: "annotate",
  sql: `
create or replace function @@annotate(
  p_tasks text[], p_ids text[], p_fences bigint[], p_leases text[], p_kinds text[], p_texts text[], p_bytes bytea[], p_nth integer[]
) returns json language plpgsql ${NESTED} as $$
declare
  status text := '';
  present bigint := @@now();
  number integer;
  claimed record;
  last record;
  told text[] := '{}';
  message bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  for i in 1..cardinality(p_ids) loop
    number := (select t.id from @.task t where t.name = p_tasks[i]);
    select a.attempt into claimed from @.active a where a.task = number and a.id = p_ids[i] and a.fence = p_fences[i] and a.lease || '' = p_leases[i] for share;
    if not found then
      status := status || 's';
      continue;
    end if;
    status := status || 'a';
    message := null;
    if p_kinds[i] = 'p' then
      insert into @.note as n (task, id, kind, n, at, attempt, body, bytes) values (number, p_ids[i], 'p', 0, present, claimed.attempt, p_texts[i], p_bytes[i])
      on conflict on constraint note_pkey do update set at = excluded.at, attempt = excluded.attempt, body = excluded.body, bytes = excluded.bytes;
    elsif p_kinds[i] = 'l' then
      insert into @.note (task, id, kind, n, at, attempt, body) values (number, p_ids[i], 'l', nextval('@.order_seq'), present, claimed.attempt, p_texts[i]);
    else
      select n.n, case when n.fence = p_fences[i] then n.nth else 0 end as before into last
      from @.note n where n.task = number and n.id = p_ids[i] and n.kind = 'm' order by n.id desc, n.kind desc, n.n desc limit 1;
      continue when p_nth[i] <= coalesce(last.before, 0);
      message := coalesce(last.n, 0) + p_nth[i] - coalesce(last.before, 0);
      insert into @.note (task, id, kind, n, at, attempt, fence, nth, body, bytes)
      values (number, p_ids[i], 'm', message, present, claimed.attempt, p_fences[i], p_nth[i], p_texts[i], p_bytes[i]);
    end if;
    if p_kinds[i] <> 'p' and random() < 0.01 then
      delete from @.note n where n.task = number and n.id = p_ids[i] and n.kind = p_kinds[i]::"char" and n.n <= (
        select o.n from @.note o where o.task = number and o.id = p_ids[i] and o.kind = p_kinds[i]::"char" order by o.n desc offset 1000 limit 1);
    end if;
    with posted as (
      insert into @.mail (instance, kind, task, id, type, at, attempt, worker, delay_ms, value, bytes)
      select l.instance, 'e', p_tasks[i], p_ids[i], case p_kinds[i] when 'p' then 'progress' when 'l' then 'log' else 'message' end, present, claimed.attempt,
        p_leases[i], message, case when message is null then p_texts[i] end, case when message is null then p_bytes[i] end
      from @.listener l where l.kind = 'e' and l.task = p_tasks[i] returning instance
    )
    select told || array_agg(instance) into told from posted;
  end loop;
  return json_build_object('status', status, 'mail', array(select distinct m from unnest(told) m where m is not null));
end $$;`,
};

export const TASK_FUNCTIONS: readonly FunctionSource[] = [pruneCounts, pruneAges, upkeep, renew, annotate];
