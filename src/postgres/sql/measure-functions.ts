/** What workers count. `@.` stands for the schema, `@@` for a function of this version. */
import {
  ERROR_DAY_MS,
  ERRORS_KEPT_MS,
  MOST_ERROR_GROUPS,
  MOST_MARKS,
  MOST_POINTS,
  OTHER_ERRORS,
  OTHER_KIND,
  SPANS,
  type Span,
} from "../../core/observe/measure-store.js";
import { BUSY, type FunctionSource, NESTED, rowsOf } from "./source.js";

/** Numbers of a span stand in several rows, so that many workers seldom write to one. */
export const MEASURE_TABLES = `
create table @.measure (
  task integer not null,
  span "char" not null,
  at bigint not null,
  shard smallint not null,
  counts jsonb not null,
  primary key (task, span, at, shard)
) with (fillfactor = 70, ${BUSY});

create table @.error_group (
  task integer not null,
  day integer not null,
  fingerprint text collate "C" not null,
  kind text not null,
  n bigint not null,
  first_at bigint not null,
  first text not null,
  last_at bigint not null,
  last text not null,
  primary key (task, day, fingerprint)
);

create table @.release (
  name text collate "C" primary key,
  at bigint not null
);
`;

/** The letters of spans. */
export const SPAN_LETTERS = { minute: "m", tenMinutes: "t" } as const satisfies Record<Span, string>;

/** Rows that the numbers of one span are spread over; a power of two. */
const SHARDS = 4;

/** Sums by name. */
const addCounts: FunctionSource = {
  name: "add_counts",
  sql: `
create or replace function @@add_counts(p_some jsonb, p_others jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(s.key, s.total), '{}') from (
    select e.key, sum(e.value::bigint) as total
    from (select * from jsonb_each_text(p_some) union all select * from jsonb_each_text(p_others)) e group by e.key) s
$$;`,
};

const SPANS_OF_NOW = Object.entries(SPAN_LETTERS)
  .map(([span, letter]) => `('${letter}'::"char", ${SPANS[span as Span].lengthMs}::bigint)`)
  .join(", ");

/** Adds what a worker has counted to the spans of now. Tasks are written in the order of their numbers by everybody. */
const record: FunctionSource = {
  name: "record",
  sql: `
create or replace function @@record(p_worker text, p_tasks text[], p_counts jsonb[], p_errors jsonb[]) returns void language plpgsql ${NESTED} as $$
declare
  tasks integer[] := @@meet(p_tasks);
  present bigint := @@now();
  today integer := present / ${ERROR_DAY_MS};
  nth integer;
  e jsonb;
  which text;
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into @.measure as m (task, span, at, shard, counts)
  select tasks[i.n], s.span, present / s.length * s.length, hashtext(p_worker) & ${SHARDS - 1}, i.counts
  from unnest(p_counts) with ordinality i(counts, n) cross join (values ${SPANS_OF_NOW}) s(span, length)
  where i.counts <> '{}' order by 1, 2, 3
  on conflict on constraint measure_pkey do update set counts = @@add_counts(m.counts, excluded.counts);
  for nth in select i.n from unnest(tasks) with ordinality i(task, n) order by i.task loop
    for e in select j.e from jsonb_array_elements(p_errors[nth]) j(e) order by j.e->>'fingerprint' loop
      which := e->>'fingerprint';
      if not exists (select from @.error_group g where g.task = tasks[nth] and g.day = today and g.fingerprint = which)
        and (select count(*) from @.error_group g where g.task = tasks[nth] and g.day = today) >= ${MOST_ERROR_GROUPS} then
        which := '${OTHER_ERRORS}';
      end if;
      insert into @.error_group as g (task, day, fingerprint, kind, n, first_at, first, last_at, last)
      values (tasks[nth], today, which, case when which = '${OTHER_ERRORS}' then '${JSON.stringify(OTHER_KIND)}' else e->>'kind' end, (e->>'count')::bigint,
        present, e->>'sample', present, e->>'sample')
      on conflict on constraint error_group_pkey do update set n = g.n + excluded.n, last_at = excluded.last_at, last = excluded.last;
    end loop;
  end loop;
end $$;`,
};

/** The numbers of a task, several rows for a span. */
const series: FunctionSource = {
  name: "series",
  sql: `
create or replace function @@series(p_task text, p_span "char", p_from bigint, p_to bigint, p_length bigint, p_kept bigint)
returns table (at bigint, counts text) language plpgsql stable ${NESTED} as $$
declare
  number integer := (select t.id from @.task t where t.name = p_task);
  present bigint := @@now();
  until bigint := least(p_to, present + 1);
  oldest bigint := greatest(p_from, present - p_kept, (until + p_length - 1) / p_length * p_length - ${MOST_POINTS} * p_length);
begin
  return query select m.at, m.counts::text from @.measure m
    where m.task = number and m.span = p_span and m.at >= oldest and m.at < until order by m.task, m.span, m.at, m.shard;
end $$;`,
};

/** Kinds of errors of tasks, day by day. */
const errorGroups: FunctionSource = {
  name: "error_groups",
  sql: `
create or replace function @@error_groups(p_tasks text[], p_from bigint) returns table (
  task text, fingerprint text, kind text, n bigint, first_at bigint, first text, last_at bigint, last text
) language plpgsql stable ${NESTED} as $$
declare
  oldest integer := greatest(p_from, @@now() - ${ERRORS_KEPT_MS}) / ${ERROR_DAY_MS};
begin
  return query select t.name::text, g.fingerprint::text, g.kind, g.n, g.first_at, g.first, g.last_at, g.last
  from unnest(p_tasks) u(name) join @.task t on t.name = u.name
  cross join ${rowsOf("error_group", "o.task = t.id and o.day >= oldest")} g
  order by g.task, g.day;
end $$;`,
};

/** Remembers when a release was told of first. */
const mark: FunctionSource = {
  name: "mark",
  sql: `
create or replace function @@mark(p_release text) returns void language plpgsql ${NESTED} as $$
begin
  insert into @.release (name, at) values (p_release, @@now()) on conflict do nothing;
  if found then
    delete from @.release r where r.name = any(array(select o.name from @.release o order by o.at desc, o.name offset ${MOST_MARKS}));
  end if;
end $$;`,
};

/** Forgets what a task's workers counted long ago. */
const forgetMeasures: FunctionSource = {
  name: "forget_measures",
  sql: `
create or replace function @@forget_measures(p_task integer, p_now bigint, p_limit integer) returns void language plpgsql ${NESTED} as $$
begin
${Object.entries(SPAN_LETTERS)
  .map(
    ([span, letter]) => `  delete from @.measure m where m.ctid = any(array(
    select c.ctid from @.measure c where c.task = p_task and c.span = '${letter}' and c.at < p_now - ${SPANS[span as Span].keptMs}
    order by c.task, c.span, c.at limit p_limit for update skip locked));`,
  )
  .join("\n")}
  delete from @.error_group g where g.ctid = any(array(
    select c.ctid from @.error_group c where c.task = p_task and c.day < (p_now - ${ERRORS_KEPT_MS}) / ${ERROR_DAY_MS}
    order by c.task, c.day limit p_limit for update skip locked));
end $$;`,
};

export const MEASURE_FUNCTIONS: readonly FunctionSource[] = [
  addCounts,
  record,
  series,
  errorGroups,
  mark,
  forgetMeasures,
];
