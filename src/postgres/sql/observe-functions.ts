/** What operators see. `@.` stands for the schema, `@@` for a function of this version. */
import { GAUGED_PRIORITIES } from "../../core/observe/gauges.js";
import { LETTERS } from "./letters.js";
import { BUSY, type FunctionSource, NESTED, rowsOf } from "./source.js";

/**
 * How many jobs of a task ended in a state: those in `done`, and those that were there or passed it by, which are counted in
 * `past`: by a row for each time that any go, so that nobody waits for another's transaction. Upkeep makes one row of many.
 */
export const OBSERVE_TABLES = `
create table @.past (
  task integer not null,
  n bigint generated always as identity,
  completed bigint not null,
  failed bigint not null,
  cancelled bigint not null,
  expired bigint not null,
  primary key (task, n)
) with (${BUSY});
`;

const countOf = (letter: string) => `count(*) filter (where s = '${letter}')`;

/** Counts jobs that are kept in \`done\` no more, by the letters of the states that they ended in. */
const addPast: FunctionSource = {
  name: "add_past",
  sql: `
create or replace function @@add_past(p_task integer, p_states "char"[]) returns void language sql ${NESTED} as $$
  insert into @.past (task, completed, failed, cancelled, expired)
  select p_task, ${[LETTERS.completed, LETTERS.failed, LETTERS.cancelled, LETTERS.expired].map(countOf).join(", ")}
  from unnest(p_states) s having count(*) > 0
$$;`,
};

/** Rows of \`past\` that a task has before they are made one. */
const MOST_ROWS = 100;

/** Makes one row of many. Those of transactions that are open, and those that others fold, stay. */
const foldPast: FunctionSource = {
  name: "fold_past",
  sql: `
create or replace function @@fold_past(p_task integer, p_limit integer) returns void language plpgsql ${NESTED} as $$
begin
  if not exists (select from @.past p where p.task = p_task order by p.n offset ${MOST_ROWS} limit 1) then
    return;
  end if;
  with folded as (
    delete from @.past p where p.ctid = any(array(
      select c.ctid from @.past c where c.task = p_task order by c.n limit p_limit for update skip locked))
    returning p.completed, p.failed, p.cancelled, p.expired
  )
  insert into @.past (task, completed, failed, cancelled, expired)
  select p_task, sum(f.completed), sum(f.failed), sum(f.cancelled), sum(f.expired) from folded f having count(*) > 0;
end $$;`,
};

/** Since when the job waits that has waited longest, among the first of each priority; null: none waits. */
const oldestWaiting: FunctionSource = {
  name: "oldest_waiting",
  sql: `
create or replace function @@oldest_waiting(p_task integer) returns bigint language plpgsql stable ${NESTED} as $$
declare
  first record;
  oldest bigint;
  last_aside smallint := -1;
  last_rank smallint := 0;
begin
  for turn in 1..${2 * GAUGED_PRIORITIES} loop
    select r.aside, r.rank, coalesce(r.since, (select j.enqueued_at from @.job j where j.task = p_task and j.id = r.id)) as since into first from @.ready r
    where -r.task = -p_task and (r.aside, r.rank) > (last_aside, last_rank) order by r.aside, r.rank, r.place limit 1;
    exit when not found;
    oldest := least(oldest, first.since);
    last_aside := first.aside;
    last_rank := first.rank;
  end loop;
  return oldest;
end $$;`,
};

/** How tasks stand, a row per task that is known: as \`count\`, and what came, ended, waits longest and is due next. */
const gauges: FunctionSource = {
  name: "gauges",
  sql: `
create or replace function @@gauges(p_tasks text[]) returns table (
  n bigint, present bigint, waiting bigint, delayed bigint, retrying bigint, active bigint, completed bigint, failed bigint, cancelled bigint,
  expired bigint, paused_at bigint, oldest_since bigint, due_at bigint, overdue bigint, overdue_kept bigint,
  past_completed bigint, past_failed bigint, past_cancelled bigint, past_expired bigint
) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select i.n, c.present,
    (select count(*) from @.ready r where -r.task = -t.id) - o.ready,
    w.delayed - o.later, w.retrying,
    (select count(*) from @.active a where -a.task = -t.id),
    ${[LETTERS.completed, LETTERS.failed, LETTERS.cancelled, LETTERS.expired]
      .map((letter) => `(select count(*) from @.done d where -d.task = -t.id and d.state = '${letter}')`)
      .join(",\n    ")},
    t.paused_at, @@oldest_waiting(t.id),
    (select l.due_at from @.later l where -l.task = -t.id order by l.due_at, l.place limit 1),
    o.ready + o.later, o.kept, p.completed, p.failed, p.cancelled, p.expired
  from unnest(p_tasks) with ordinality as i(name, n)
  left join @.task t on t.name = i.name
  cross join lateral (select @@now() as present) c
  cross join lateral (
    select count(*) filter (where l.state = '${LETTERS.delayed}') as delayed, count(*) filter (where l.state = '${LETTERS.retrying}') as retrying
    from @.later l where -l.task = -t.id) w
  cross join lateral (
    select coalesce(sum(x.completed), 0)::bigint as completed, coalesce(sum(x.failed), 0)::bigint as failed,
      coalesce(sum(x.cancelled), 0)::bigint as cancelled, coalesce(sum(x.expired), 0)::bigint as expired
    from @.past x where x.task = t.id) p
  cross join lateral (
    select count(*) filter (where e.is_ready) as ready, count(*) filter (where not e.is_ready) as later, count(*) filter (where not e.discards) as kept
    from (
      select true as is_ready, j.discards from @.ready r cross join ${rowsOf("job", "o.task = r.task and o.id = r.id")} j where r.task::bigint = t.id and r.expires_at <= c.present
      union all
      select false, j.discards from @.later l cross join ${rowsOf("job", "o.task = l.task and o.id = l.id")} j where l.task::bigint = t.id and l.expires_at <= c.present
    ) e) o
  where t.id is not null;
end $$;`,
};

export const OBSERVE_FUNCTIONS: readonly FunctionSource[] = [addPast, foldPast, oldestWaiting, gauges];
