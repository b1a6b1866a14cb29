/**
 * Functions about keys that stand for jobs: `u` of deduplicate, `i` of idempotency, `d` of debounce. A key is kept as the JSON text
 * of it, since Postgres has no text with U+0000. What a key decides is said in `core/limits/keys`. `@.` stands for the schema,
 * `@@` for a function of this version.
 */
import { type FunctionSource, NESTED } from "./source.js";

/** Jobs that are over stand for their keys no more; of idempotency the window begins. */
const freeKeys: FunctionSource = {
  name: "free_keys",
  sql: `
create or replace function @@free_keys(p_task integer, p_ids text[]) returns void language plpgsql ${NESTED} as $$
begin
  delete from @.held_key k where k.task + 0 = p_task and k.id = any(p_ids) and k.kind <> 'i';
  update @.held_key k set ends_at = @@now() + k.window_ms where k.task + 0 = p_task and k.id = any(p_ids) and k.kind::text = 'i' and k.ends_at is null;
end $$;`,
};

/** Jobs that are waiting again take keys that are free, and go on to hold those that are theirs. */
const holdKeys: FunctionSource = {
  name: "hold_keys",
  sql: `
create or replace function @@hold_keys(p_task integer, p_ids text[]) returns void language plpgsql ${NESTED} as $$
begin
  insert into @.held_key (task, kind, key, id)
  select p_task, 'u', (j.limits::json->'unique'->'key')::text, j.id from @.job j
  where j.task = p_task and j.id = any(p_ids) and j.limits is not null and j.limits::json->'unique' is not null order by 3
  on conflict do nothing;
  insert into @.held_key as k (task, kind, key, id, body, window_ms)
  select p_task, 'i', (j.limits::json->'idempotency'->'key')::text, j.id, j.limits::json->'idempotency'->>'digest', (j.limits::json->'idempotency'->>'windowMs')::bigint
  from @.job j where j.task = p_task and j.id = any(p_ids) and j.limits is not null and j.limits::json->'idempotency' is not null order by 3
  on conflict on constraint held_key_pkey do update set id = excluded.id, body = excluded.body, window_ms = excluded.window_ms, ends_at = null
  where k.id = excluded.id or k.ends_at <= @@now();
end $$;`,
};

/** What is known of keys: of \`u\`, \`i\` and \`d\` who holds them, and for how long still. */
const keysOf: FunctionSource = {
  name: "keys_of",
  sql: `
create or replace function @@keys_of(p_task text, p_keys text[]) returns table (kind "char", key text, id text, body text, ends_at bigint) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select k.kind, k.key::text, k.id::text, k.body, k.ends_at from @.held_key k
  where k.task = (select t.id from @.task t where t.name = p_task) and k.kind in ('u', 'i', 'd') and k.key = any(p_keys)
    and (k.ends_at is null or k.ends_at > @@now());
end $$;`,
};

/**
 * Of throttles, each with the most it lets through: when the job came that the next must wait for, or of a
 * lower limit all times, and whether \`p_ids\` are among those let through.
 */
const passedOf: FunctionSource = {
  name: "passed_of",
  sql: `
create or replace function @@passed_of(p_task text, p_keys text[], p_ids text[], p_limits integer[], p_most integer) returns table (n bigint, is_through boolean, bound bigint, times json) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select i.n, exists (select from @.passed p where p.task # 0 = t.id and p.key || '' = i.key and p.id = i.id),
    (select p.at from @.passed p where i.most > p_most and p.task = t.id and p.key = i.key order by p.key desc, p.at desc, p.n desc offset i.most - 1 limit 1),
    (select json_agg(s.at order by s.at, s.n) from (select p.at, p.n from @.passed p where i.most <= p_most and p.task = t.id and p.key = i.key
      order by p.key desc, p.at desc, p.n desc limit i.most) s)
  from unnest(p_keys, p_ids, p_limits) with ordinality as i(key, id, most, n)
  left join @.task t on t.name = p_task
  order by i.n;
end $$;`,
};

/** Gives keys to new jobs: {kind, key, id, body, windowMs} each, and \`t\` of a throttle they passed. */
const takeKeys: FunctionSource = {
  name: "take_keys",
  sql: `
create or replace function @@take_keys(p_task text, p json) returns void language plpgsql ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
begin
  update @.task t set keyed = true where t.id = number and not t.keyed;
  insert into @.held_key (task, kind, key, id, body, window_ms)
  select number, k.kind::"char", k.key, k.id, k.body, k.window_ms
  from json_to_recordset(p) as k(kind text, key text, id text, body text, window_ms bigint) where k.kind <> 't' order by k.kind, k.key
  on conflict on constraint held_key_pkey do update set id = excluded.id, body = excluded.body, window_ms = excluded.window_ms, ends_at = null;
  delete from @.passed s where s.ctid = any(array(
    select c.ctid from json_to_recordset(p) as k(kind text, key text, window_ms bigint)
    cross join lateral (select o.ctid from @.passed o where o.task = number and o.key = k.key and o.at <= present - k.window_ms offset 0) c
    where k.kind = 't'));
  insert into @.passed (task, key, id, at, ends_at)
  select number, k.key, k.id, present, present + k.window_ms
  from json_to_recordset(p) as k(kind text, key text, id text, window_ms bigint) where k.kind = 't' on conflict do nothing;
end $$;`,
};

export const KEY_FUNCTIONS: readonly FunctionSource[] = [freeKeys, holdKeys, keysOf, passedOf, takeKeys];
