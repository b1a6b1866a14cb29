/**
 * Functions of rounds: one at a time per task, which read what the rules of limits need, decide outside the database and write
 * what came of it, in one transaction. `@.` stands for the schema, `@@` for a function of this version.
 */
import { CLAIM_COLUMNS, CLAIMED_JOBS, NO_JOB } from "./claim-rows.js";
import { ASIDE, hasGatesSql, MARKS } from "./marks.js";
import { type FunctionSource, NESTED } from "./source.js";

/** Puts jobs that have come into the queues of their groups. A group that comes takes its first turn now; its newest job says its weight. */
const enterGroups: FunctionSource = {
  name: "enter_groups",
  sql: `
create or replace function @@enter_groups(p_task integer, p_limit integer) returns void language plpgsql ${NESTED} as $$
begin
  with came as (
    update @.ready r set aside = ${ASIDE.grouped}, came_at = null where r.ctid = any(array(
      select c.ctid from @.ready c where -c.task = -p_task and c.aside = ${ASIDE.arrived}
        and (c.mark = '${MARKS.grouped}' or c.mark = '${MARKS.gatedGroup}' and c.place >= 0)
      order by c.aside, c.rank, c.place limit p_limit for update skip locked))
    returning r.id, r.queue, r.place
  )
  insert into @.turn as t (task, name, at, weight)
  select p_task, n.queue, coalesce((select k.at from @.turn_clock k where k.task = p_task), 0),
    coalesce((select (j.limits::json->'group'->>'weight')::integer from @.job j where j.task = p_task and j.id = n.id), 1)
  from (select distinct on (c.queue) c.queue, c.id from came c order by c.queue, c.place < 0, abs(c.place) desc) n
  on conflict on constraint turn_pkey do update set weight = excluded.weight;
end $$;`,
};

/** The groups that take the next turns, behind a position, each with so many of its first jobs as make `p_limit` of all. */
const roundGroups: FunctionSource = {
  name: "round_groups",
  sql: `
create or replace function @@round_groups(p_task integer, p_at bigint, p_name text, p_now bigint, p_limit integer) returns json language plpgsql ${NESTED} as $$
declare
  names text[] := array(select t.name from @.turn t where -t.task = -p_task and (t.at, t.name || '') > (p_at, p_name) order by t.at, t.name || '' limit p_limit);
  share integer := 2 + p_limit / greatest(1, cardinality(names));
begin
  return (select coalesce(json_agg(json_build_object('name', g.name, 'at', g.at, 'weight', g.weight, 'share', share, 'jobs',
      case when g.name = '' then '[]'::json else @@round_jobs(p_task, ${ASIDE.grouped}, g.name, -32768, -9223372036854775807, p_now, share) end) order by g.at, g.name), '[]')
    from @.turn g where g.task = p_task and g.name = any(names));
end $$;`,
};

/** Collecting keys with how many jobs they have, as far as it matters. */
const roundCollectors: FunctionSource = {
  name: "round_collectors",
  sql: `
create or replace function @@round_collectors(p_task integer, p_keys text[], p_most integer) returns json language plpgsql ${NESTED} as $$
begin
  return (select coalesce(json_agg(json_build_object('key', c.key, 'n', c.n, 'firstAt', c.first_at, 'dueAt', c.due_at, 'readyN', c.ready_n, 'size', (
      select count(*) from (select 1 from @.ready r where r.task # 0 = p_task and r.aside = ${ASIDE.collected} and r.queue = c.key limit p_most) s)) order by c.n), '[]')
    from @.collector c where c.task = p_task and c.key = any(p_keys));
end $$;`,
};

/**
 * Begins a round, for a claim when there is a lease: makes due jobs waiting and reads what the round will probably need. With
 * \`state\` other than \`open\` nothing can be done, or not yet: \`none\`, \`lost\`, \`overdue\`, \`newer\`.
 */
const roundOpen: FunctionSource = {
  name: "round_open",
  sql: `
create or replace function @@round_open(
  p_task text, p_lease text, p_lease_ms bigint, p_count integer, p_apart boolean, p_version integer, p_looks boolean, p_limit integer, p_most integer
) returns json language plpgsql ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  of_task record;
  held record;
  present bigint;
  gone text[];
  timers text[];
  came json;
  roles json;
  jobs json := '[]';
  groups json := '[]';
  keys text[] := '{}';
  names text[];
  takes boolean;
begin
  perform set_config('synchronous_commit', 'off', true);
  if number is null then
    return json_build_object('state', 'none');
  end if;
  perform pg_advisory_xact_lock(@@round_key(p_task));
  if p_lease is not null then
    perform pg_advisory_xact_lock_shared(@@lease_key(number, p_lease));
  end if;
  select t.paused_at, t.asked_at, t.override into of_task from @.task t where t.id = number;
  present := @@now();
  if p_lease is not null then
    select l.ends_at, l.lost_at into held from @.lease l where l.task = number and l.name = p_lease;
    if held.lost_at is not null then
      return json_build_object('state', 'lost', 'due', @@special_due(number, present));
    end if;
    perform @@promote(number, p_task, present, p_limit);
    if p_looks and (exists (select from @.ready r where r.task::bigint = number and r.expires_at <= present)
      or exists (select from @.later l where l.task::bigint = number and l.expires_at <= present)) then
      return json_build_object('state', 'overdue');
    end if;
    if p_version is not null and p_count > 0 and of_task.paused_at is null
      and exists (select from @.later l where l.task # 0 = number and l.newer <= p_version) then
      return json_build_object('state', 'newer');
    end if;
    if held.ends_at is not null and (held.ends_at > present + p_lease_ms or held.ends_at < present + p_lease_ms - p_lease_ms / 64) then
      update @.lease l set ends_at = present + p_lease_ms where l.task = number and l.name = p_lease and l.lost_at is null;
    end if;
  end if;
  if exists (select from @.ready r where -r.task = -number and r.aside = ${ASIDE.arrived}) then
    perform @@enter_groups(number, 20 * p_limit);
    came := @@round_jobs(number, ${ASIDE.arrived}, null, -32768, -9223372036854775807, present, p_limit);
    keys := array(select distinct r.queue from @.ready r where -r.task = -number and r.aside = ${ASIDE.arrived} and r.mark = '${MARKS.collected}');
  end if;
  with l as (
    delete from @.left_job l where l.ctid = any(array(
      select c.ctid from @.left_job c where c.task = number order by c.task, c.n limit p_limit for update skip locked)) returning l.id, l.queue
  )
  select array_agg(distinct l.id) filter (where l.queue is null), keys || array_agg(distinct l.queue) filter (where l.queue is not null) into gone, keys from l;
  timers := array(select g.name from @.gate g where g.task::bigint = number and g.due_at <= present order by g.due_at limit p_limit);
  keys := keys || array(select c.key from @.collector c where c.task::bigint = number and c.ready_n is null and c.due_at <= present order by c.due_at limit p_limit);
  takes := p_lease is not null and p_count > 0 and of_task.paused_at is null;
  if takes then
    jobs := @@round_jobs(number, p_apart::integer, null, -32768, -9223372036854775807, present, p_most);
    if not p_apart then
      groups := @@round_groups(number, -1, '', present, p_most);
      keys := keys || array(select c.key from @.collector c where c.task # 0 = number and c.ready_n is not null order by c.ready_n limit p_count);
    end if;
  end if;
  names := array(
    select unnest(@@gates_of(e->>'limits')) from json_array_elements(jobs) e where ${hasGatesSql("e->>'mark'")}
    union select unnest(@@gates_of(e->>'limits')) from json_array_elements(came) e where ${hasGatesSql("e->>'mark'")}
    union select unnest(@@gates_of(e->>'limits')) from json_array_elements(groups) g cross join json_array_elements(g->'jobs') e where ${hasGatesSql("e->>'mark'")}
    union select unnest(timers));
  roles := (select json_agg(json_build_array(w.id, w.gate, w.role, w.place)) from @.gate_job w where w.task = number and w.id = any(
    gone || array(select e->>'id' from json_array_elements(jobs) e where ${hasGatesSql("e->>'mark'")})
      || array(select e->>'id' from json_array_elements(groups) g cross join json_array_elements(g->'jobs') e where ${hasGatesSql("e->>'mark'")})));
  names := names || array(select distinct w.gate from @.gate_job w where w.task = number and w.id = any(gone) and w.gate <> all(names));
  return json_build_object(
    'state', 'open', 'task', number, 'now', present, 'paused', of_task.paused_at is not null, 'askedAt', of_task.asked_at, 'override', of_task.override,
    'gone', gone, 'timers', timers, 'came', coalesce(came, '[]'), 'roles', coalesce(roles, '[]'),
    'jobs', jobs, 'groups', groups, 'clock', (select k.at from @.turn_clock k where k.task = number),
    'gates', case when cardinality(names) > 0 then @@round_gates(number, names, present, 16, 64) else '[]'::json end,
    'collectors', case when cardinality(keys) > 0 then @@round_collectors(number, keys, 1000) else '[]'::json end,
    'hasSuspects', exists (select from @.ready r where -r.task = -number and r.aside = ${ASIDE.suspects}));
end $$;`,
};

/** Writes what came of gates: who is there in which role, when to look again, what was started. */
const writeGates: FunctionSource = {
  name: "write_gates",
  sql: `
create or replace function @@write_gates(p_task integer, p jsonb) returns void language plpgsql ${NESTED} as $$
begin
  delete from @.gate_job w where w.task = p_task and w.id = any(array(select jsonb_array_elements_text(p->'touched')));
  insert into @.gate_job (task, id, gate, role, place)
  select p_task, e->>0, e->>1, (e->>2)::"char", (e->>3)::bigint from jsonb_array_elements(p->'roles') e;
  delete from @.gate g where g.task = p_task and g.name = any(array(select e->>0 from jsonb_array_elements(p->'gates') e where e->>1 is null and e->>2 is null));
  insert into @.gate as g (task, name, due_at, window_ms, ends_at)
  select p_task, e->>0, (e->>1)::bigint, (e->>2)::bigint, (e->>3)::bigint from jsonb_array_elements(p->'gates') e where e->>1 is not null or e->>2 is not null
  on conflict on constraint gate_pkey do update set due_at = excluded.due_at, window_ms = excluded.window_ms, ends_at = excluded.ends_at;
  if jsonb_array_length(p->'starts') > 0 then
    insert into @.gate_start (task, gate, n, at)
    select p_task, e->>0, (e->>1)::bigint, (e->>2)::bigint from jsonb_array_elements(p->'starts') e;
  end if;
  for i in 0..jsonb_array_length(p->'past') - 1 loop
    delete from @.gate_start s where s.task = p_task and s.gate = p->'past'->i->>0 and s.n < (p->'past'->i->>1)::bigint;
  end loop;
end $$;`,
};

/** Writes what came of groups and batches. */
const writeQueues: FunctionSource = {
  name: "write_queues",
  sql: `
create or replace function @@write_queues(p_task integer, p jsonb) returns void language plpgsql ${NESTED} as $$
begin
  if p ? 'clock' then
    insert into @.turn_clock as k (task, at) values (p_task, (p->>'clock')::bigint)
    on conflict on constraint turn_clock_pkey do update set at = excluded.at;
    delete from @.turn t where t.task = p_task and t.name = any(array(select e->>0 from jsonb_array_elements(p->'turns') e where e->>1 is null));
    insert into @.turn as t (task, name, at, weight)
    select p_task, e->>0, (e->>1)::bigint, (e->>2)::integer from jsonb_array_elements(p->'turns') e where e->>1 is not null
    on conflict on constraint turn_pkey do update set at = excluded.at, weight = excluded.weight;
  end if;
  if p ? 'collectors' then
    delete from @.collector c where c.task = p_task and c.key = any(array(select e->>0 from jsonb_array_elements(p->'collectors') e where e->>2 is null));
    insert into @.collector as c (task, key, n, first_at, due_at, ready_n)
    select p_task, s.e->>0, coalesce((s.e->>1)::bigint, nextval('@.order_seq')), (s.e->>2)::bigint, (s.e->>3)::bigint,
      (s.e->>4)::bigint
    from (select v.e from jsonb_array_elements(p->'collectors') with ordinality v(e, n) order by v.n) s where s.e->>2 is not null
    on conflict on constraint collector_pkey do update set n = excluded.n, first_at = excluded.first_at, due_at = excluded.due_at, ready_n = excluded.ready_n;
    for i in 0..jsonb_array_length(p->'ready') - 1 loop
      update @.collector c set ready_n = nextval('@.order_seq') where c.task = p_task and c.key = p->'ready'->>i;
    end loop;
  end if;
end $$;`,
};

/**
 * Writes what a round has decided, and gives the jobs it claims to the lease. Fails as a transaction that is to be done over
 * when somebody has moved one of its jobs meanwhile. Answers as \`claim\` does.
 */
const roundWrite: FunctionSource = {
  name: "round_write",
  sql: `
create or replace function @@round_write(p_task integer, p_name text, p_lease text, p_lease_ms bigint, p jsonb) returns table (${CLAIM_COLUMNS}) language plpgsql ${NESTED} rows 100 as $$
declare
  claimed text[] := array(select jsonb_array_elements_text(p->'claimed'));
  moved text[] := array(select jsonb_object_keys(p->'moved'));
  present bigint := (p->>'now')::bigint;
  apart boolean := (p->>'apart')::boolean;
  seen text[];
  lease_ends bigint;
  heard boolean := false;
begin
  if cardinality(claimed) + cardinality(moved) > 0 then
    seen := array(select s.k from (
      select r.aside || ' ' || r.place || ' ' || r.id as k from @.ready r where r.task = p_task and r.id = any(claimed || moved) order by r.id for update) s order by s.k);
    if seen <> array(select u.k collate "C" from jsonb_array_elements_text(p->'seen') u(k) order by u.k collate "C") then
      raise exception 'a job was moved meanwhile' using errcode = '40001';
    end if;
  end if;
  if cardinality(moved) > 0 then
    update @.ready r set aside = (p->'moved'->r.id->>0)::smallint, place = (p->'moved'->r.id->>1)::bigint, came_at = null
    where r.task = p_task and r.id = any(moved);
  end if;
  if p ? 'gates' then
    perform @@write_gates(p_task, p->'gates');
  end if;
  if p ? 'queues' then
    perform @@write_queues(p_task, p->'queues');
  end if;
  if p ? 'askedAt' then
    update @.task t set asked_at = (p->>'askedAt')::bigint where t.id = p_task;
  end if;
  if cardinality(claimed) > 0 then
    select l.ends_at into lease_ends from @.lease l where l.task = p_task and l.name = p_lease;
    heard := exists (select from @.listener l where l.kind = 'e' and l.task = p_name);
    return query
    with gone as (
      delete from @.ready r where r.task = p_task and r.id = any(claimed) returning r.*
    ), run as (
      select s.*, nextval('@.fence_seq') as new_fence
      from (select g.* from gone g order by (p->'order'->>g.id)::integer) s
    ), put as (
      insert into @.active (task, id, fence, lease, rank, attempt, stalls, started_at, error, suspect, alone, mark, queue, since)
      select o.task, o.id, o.new_fence, p_lease, o.rank, o.attempt + 1, o.stalls, present, o.error, o.aside in (${ASIDE.suspects}, ${ASIDE.blockedSuspect}),
        apart and cardinality(claimed) = 1, o.mark, case when o.mark in ('${MARKS.gated}') then null else o.queue end, o.since from run o
    ), told as (
      insert into @.mail (instance, kind, task, id, type, at, attempt, worker)
      select l.instance, 'e', p_name, o.id, 'active', present, o.attempt + 1, p_lease
      from run o join @.listener l on l.kind = 'e' and l.task = p_name where heard order by o.new_fence
    )
    ${CLAIMED_JOBS};
    if lease_ends is null then
      insert into @.lease as l (task, name, ends_at) values (p_task, p_lease, present + p_lease_ms)
      on conflict on constraint lease_pkey do update set ends_at = excluded.ends_at where l.lost_at is null;
    end if;
  end if;
  return query select json_build_object(
      'lost', false, 'now', present, 'opened', cardinality(claimed) > 0 and lease_ends is null, 'due', @@special_due(p_task, present),
      'suspects', exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.suspects}),
      'ready', exists (select from @.ready r where -r.task = -p_task and r.aside = ${ASIDE.queue}) or @@has_more(p_task),
      'mail', case when heard then array(select l.instance from @.listener l where l.kind = 'e' and l.task = p_name) end
    ), ${NO_JOB};
end $$;`,
};

/** Batches that are collected, {keys, came}: each key with the first of its jobs, and jobs that have come and are in no batch yet. */
const collected: FunctionSource = {
  name: "collected",
  sql: `
create or replace function @@collected(p_task text, p_key text, p_limit integer, p_jobs integer) returns json language plpgsql stable ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
  keys text[] := case when p_key is not null then array[p_key] else array(
    select c.key from @.collector c where -c.task = -number order by c.n limit p_limit) end;
begin
  return json_build_object(
    'keys', (select coalesce(json_agg(json_build_object('key', k.key, 'firstAt', k.first_at, 'dueAt', k.due_at, 'count', k.count, 'jobs', (
        select coalesce(json_agg(json_build_object('id', s.id, 'rank', s.rank, 'place', s.place)), '[]') from (
          select r.id, r.rank, r.place from @.ready r where r.task # 0 = number and r.aside = ${ASIDE.collected} and r.queue = k.key
            and (r.expires_at is null or r.expires_at > present) order by r.aside, r.queue, r.rank, r.place limit p_jobs) s)) order by k.n), '[]')
      from (
        select c.*, (select count(*) from @.ready r where r.task # 0 = number and r.aside = ${ASIDE.collected} and r.queue = c.key
          and (r.expires_at is null or r.expires_at > present)) as count
        from @.collector c where c.task = number and c.key = any(keys)) k where k.count > 0),
    'came', (select coalesce(json_agg(json_build_object('id', r.id, 'rank', r.rank, 'place', r.place, 'key', r.queue, 'cameAt', r.came_at, 'attempt', r.attempt,
        'limits', (select j.limits from @.job j where j.task = number and j.id = r.id)) order by r.came_at, abs(r.place)), '[]')
      from @.ready r where -r.task = -number and r.aside = ${ASIDE.arrived} and r.mark = '${MARKS.collected}' and (p_key is null or r.queue = p_key)
        and (r.expires_at is null or r.expires_at > present)));
end $$;`,
};

/** Numbers that stand above those of a task's jobs; every gate at which jobs wait is due. */
const override: FunctionSource = {
  name: "override",
  sql: `
create or replace function @@override(p_task text, p_override text) returns void language plpgsql ${NESTED} as $$
declare
  number integer := (@@meet(array[p_task]))[1];
begin
  perform pg_advisory_xact_lock(@@round_key(p_task));
  update @.task t set override = p_override where t.id = number;
  insert into @.gate as g (task, name, due_at)
  select number, w.gate, @@now() from (select distinct b.gate from @.gate_job b where -b.task = -number and b.role = 'b') w order by w.gate
  on conflict on constraint gate_pkey do update set due_at = excluded.due_at;
end $$;`,
};

export const ROUND_FUNCTIONS: readonly FunctionSource[] = [
  enterGroups,
  roundGroups,
  roundCollectors,
  roundOpen,
  writeGates,
  writeQueues,
  roundWrite,
  collected,
  override,
];
