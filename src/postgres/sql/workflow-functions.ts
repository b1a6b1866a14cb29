/**
 * Workflows: their tables, and functions over them. What has happened to a workflow or to a job of one of its steps is a row of
 * `workflow_news`, written in the transaction in which it happens; who moves the workflow on takes it from there, see
 * `workflows/move-on.ts`. `@.` stands for the schema, `@@` for a function of this version.
 */
import { GRAPH_KEPT_MS } from "../../core/workflow/store.js";
import { JOB_COLUMNS } from "./job-functions.js";
import { LETTERS, NEWS, PHASES } from "./letters.js";
import { BUSY, type FunctionSource, lookUp, MATCHED, NESTED, rowsOf } from "./source.js";

/** Of a node, \`state\`, \`body\` and \`bytes\` are its outcome; \`started\` says that the job of its run \`run\` is the one that counts. */
export const WORKFLOW_TABLES = `
create table @.graph (
  id text collate "C" primary key,
  phase "char" not null default '${PHASES.defined}',
  size integer not null,
  roots text,
  defined_at bigint not null,
  begun_at bigint
);
create index graph_defined on @.graph (defined_at) where phase = '${PHASES.defined}';

create table @.step_template (
  graph text collate "C" not null,
  n integer not null,
  task text not null,
  body text not null,
  primary key (graph, n)
);

create table @.node (
  id bigint generated always as identity primary key,
  graph text collate "C" not null,
  n integer not null,
  template integer,
  after integer,
  around integer,
  spec text not null,
  input text,
  input_bytes bytea,
  open integer not null,
  run integer not null default 0,
  started boolean not null default false,
  state "char",
  body text,
  bytes bytea
) with (fillfactor = 80, ${BUSY});
create unique index node_place on @.node (graph, n);
create index node_after on @.node ((graph || ''), after) where after is not null;

create table @.workflow_news (
  n bigint primary key default nextval('@.order_seq'),
  workflow text collate "C" not null,
  kind "char" not null,
  task text,
  id text,
  node integer,
  run integer,
  state "char",
  body text,
  bytes bytea
) with (${BUSY});
create index workflow_news_of on @.workflow_news (workflow, (n + 0));

create table @.errand (
  n bigint primary key default nextval('@.order_seq'),
  workflow text collate "C" not null,
  kind "char" not null,
  task text not null,
  node integer not null,
  run integer not null,
  reason text
) with (${BUSY});
create index errand_of on @.errand (workflow, (n + 0));
`;

/** Forgets graphs with their nodes. */
const forgetGraphs: FunctionSource = {
  name: "forget_graphs",
  sql: `
create or replace function @@forget_graphs(p_ids text[]) returns void language plpgsql ${NESTED} as $$
begin
  delete from @.graph g where g.id = any(p_ids);
  delete from @.step_template t where t.graph = any(p_ids);
  delete from @.node x where x.graph = any(p_ids);
end $$;`,
};

/** Keeps parts of graphs; what is known stays as it is. Graphs whose job never came are forgotten, some with each call. */
const defineGraphs: FunctionSource = {
  name: "define_graphs",
  sql: `
create or replace function @@define_graphs(
  p_ids text[], p_sizes integer[], p_roots text[], p_template_graphs text[], p_template_ns integer[], p_tasks text[], p_bodies text[],
  p_graphs text[], p_ns integer[], p_templates integer[], p_afters integer[], p_arounds integer[], p_specs text[], p_inputs text[],
  p_input_bytes bytea[], p_opens integer[]
) returns void language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
  number integer := (@@meet(array['$workflow']))[1];
  old text[];
  due text[];
begin
  insert into @.graph as g (id, size, roots, defined_at)
  select d.id, max(d.size), max(d.roots), present from unnest(p_ids, p_sizes, p_roots) as d(id, size, roots) group by d.id order by d.id
  on conflict (id) do update set size = greatest(g.size, excluded.size), roots = coalesce(excluded.roots, g.roots), defined_at = present
  where g.phase = '${PHASES.defined}';
  insert into @.step_template (graph, n, task, body)
  select t.graph, t.n, t.task, t.body from unnest(p_template_graphs, p_template_ns, p_tasks, p_bodies) as t(graph, n, task, body)
  order by t.graph, t.n on conflict do nothing;
  insert into @.node (graph, n, template, after, around, spec, input, input_bytes, open)
  select x.* from unnest(p_graphs, p_ns, p_templates, p_afters, p_arounds, p_specs, p_inputs, p_input_bytes, p_opens)
    as x(graph, n, template, after, around, spec, input, bytes, open)
  order by x.graph, x.n on conflict do nothing;
  old := array(
    select g.id from @.graph g where g.phase = '${PHASES.defined}' and g.defined_at < present - ${GRAPH_KEPT_MS}
    order by g.defined_at limit 20 for update skip locked);
  -- The job of a workflow may wait for its time: such a graph is looked at again much later.
  due := array(select j.id from @.job j where j.task = number and j.id = any(old));
  update @.graph g set defined_at = present where g.id = any(due);
  perform @@forget_graphs(array(select u.id from unnest(old) u(id) where u.id <> all(due)));
end $$;`,
};

/** Workflows whose own jobs wait now. */
const enterWorkflows: FunctionSource = {
  name: "enter_workflows",
  sql: `
create or replace function @@enter_workflows(p_task integer, p_ids text[]) returns void language plpgsql ${NESTED} as $$
begin
  insert into @.workflow_news (workflow, kind, node)
  select j.id, '${NEWS.entered}', (j.limits::json->'workflow'->>'nodes')::integer from @.job j
  where j.task = p_task and j.id = any(p_ids) and case when strpos(j.limits, '"workflow"') > 0 then j.limits::json->'workflow' is not null end;
end $$;`,
};

/** Jobs of a task that have ended, some of them steps: answers whose. \`p_bytes\` are those of the call, \`p_numbers\` says whose they are. */
const putOut: FunctionSource = {
  name: "put_out",
  sql: `
create or replace function @@put_out(
  p_task integer, p_name text, p_ids text[], p_states "char"[], p_bodies text[], p_numbers integer[], p_bytes bytea[]
) returns text[] language plpgsql ${NESTED} as $$
declare
  whose text[];
begin
  with steps as (
    select e.id, e.state, e.body, e.number, e.n, case when strpos(j.limits, '"step"') > 0 then j.limits::json->'step' end as step
    from unnest(p_ids, p_states, p_bodies, p_numbers) with ordinality as e(id, state, body, number, n)
    cross join ${rowsOf("job", "o.task = p_task and o.id = e.id and o.limits is not null")} j
  ), put as (
    insert into @.workflow_news (workflow, kind, task, id, node, run, state, body, bytes)
    select s.step->>'workflow', '${NEWS.step}', p_name, s.id, (s.step->>'node')::integer, (s.step->>'run')::integer, s.state, s.body,
      case when s.state = '${LETTERS.completed}' then p_bytes[s.number] end
    from steps s where s.step is not null order by s.n returning workflow
  )
  select array_agg(distinct p.workflow) into whose from put p;
  return whose;
end $$;`,
};

/** Workflows of which there is something to do. */
const lyingWorkflows: FunctionSource = {
  name: "lying_workflows",
  sql: `
create or replace function @@lying_workflows(p_limit integer) returns json language sql stable ${NESTED} as $$
  select to_json(array(
    select w.workflow from (
      (select o.workflow from @.workflow_news o order by o.n limit p_limit) union (select e.workflow from @.errand e order by e.n limit p_limit)
    ) w))
$$;`,
};

/** The jobs of workflows, under lock: until the transaction ends nobody else moves these on, stored or not. */
const lockWorkflows: FunctionSource = {
  name: "lock_workflows",
  sql: `
create or replace function @@lock_workflows(p_ids text[]) returns table (${JOB_COLUMNS}) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  workflow_id text;
begin
  foreach workflow_id in array array(select u.id collate "C" from unnest(p_ids) u(id) order by 1) loop
    perform pg_advisory_xact_lock(hashtextextended('@schema workflow ' || workflow_id, 0));
  end loop;
  return query select * from @@lock('$workflow', p_ids);
end $$;`,
};

/** What {@link nodes} gives of each. */
const NODE_COLUMNS = `
  graph text, id bigint, n integer, spec text, template text, open integer, run integer, started boolean, state "char", body text, bytes bytea`;

const SELECT_NODE = `
  x.graph::text, x.id, x.n, x.spec, (select t.body from @.step_template t where t.graph = x.graph and t.n = x.template), x.open, x.run, x.started,
  x.state, x.body, x.bytes`;

/** Nodes of graphs, without what they are given. */
const nodes: FunctionSource = {
  name: "nodes",
  sql: `
create or replace function @@nodes(p_graphs text[], p_ns integer[]) returns table (${NODE_COLUMNS}) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select ${SELECT_NODE} from unnest(p_graphs, p_ns) as i(graph, n)
  cross join ${rowsOf("node", "o.graph = i.graph and o.n = i.n")} x;
end $$;`,
};

/**
 * What there is to do for workflows that are locked. Rows of five kinds, by \`what\`: a graph (\`g\`), news in order (\`m\`), errands in
 * order (\`e\`), and nodes (\`n\`) that are likely to be asked for: those of steps and errands, what follows them, and the joins
 * around them.
 */
const turn: FunctionSource = {
  name: "turn",
  sql: `
create or replace function @@turn(p_ids text[], p_most integer, p_most_bytes bigint) returns table (
  what "char", graph text, id bigint, n integer, spec text, template text, open integer, run integer, started boolean, state "char", body text, bytes bytea,
  kind "char", task text, job text, phase "char", size integer, begun_at bigint
) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  news bigint[];
  errands bigint[];
begin
  news := array(select s.n from (
    select w.n, sum(coalesce(octet_length(w.body), 0) + coalesce(octet_length(w.bytes), 0)) over (order by w.n)
      - coalesce(octet_length(w.body), 0) - coalesce(octet_length(w.bytes), 0) as before
    from (
      select o.* from unnest(p_ids) u(id)
      cross join lateral (select k.n, k.body, k.bytes from @.workflow_news k where k.workflow = u.id order by k.n + 0 limit p_most) o
      order by o.n limit p_most
    ) w) s where s.before < p_most_bytes);
  errands := array(
    select o.n from unnest(p_ids) u(id)
    cross join lateral (select k.n from @.errand k where k.workflow = u.id order by k.n + 0 limit p_most) o order by o.n limit p_most);
  return query
  select 'g'::"char", g.id::text, null::bigint, null::integer, g.roots, null::text, null::integer, null::integer, null::boolean, null::"char", null::text, null::bytea,
    null::"char", null::text, null::text, g.phase, g.size, g.begun_at
  from @.graph g where g.id = any(p_ids);
  return query
  select 'm'::"char", w.workflow::text, w.n, w.node, null::text, null::text, null::integer, w.run, null::boolean, w.state, w.body, w.bytes,
    w.kind, w.task, w.id, null::"char", null::integer, null::bigint
  from @.workflow_news w where w.n = any(news) order by w.n;
  return query
  select 'e'::"char", e.workflow::text, e.n, e.node, null::text, null::text, null::integer, e.run, null::boolean, null::"char", e.reason, null::bytea,
    e.kind, e.task, null::text, null::"char", null::integer, null::bigint
  from @.errand e where e.n = any(errands) order by e.n;
  return query
  with asked as (
    -- Behind fences: no index is read from end to end for the order in which the two are made one.
    select w.graph, w.n from (select k.workflow as graph, k.node as n, k.kind from @.workflow_news k where k.n = any(news) offset 0) w where w.kind = '${NEWS.step}'
    union select e.graph, e.n from (select k.workflow as graph, k.node as n from @.errand k where k.n = any(errands) offset 0) e
  ), own as (
    select o.* from asked a cross join lateral (select k.graph, k.n, k.around from @.node k where k.graph = a.graph and k.n = a.n offset 0) o
  ), near as (
    select a.graph, a.n from asked a
    union select o.graph, o.around from own o where o.around is not null
    union select a.graph, f.n from asked a cross join lateral (select k.n from @.node k where k.graph || '' = a.graph and k.after = a.n offset 0) f
  )
  select 'n'::"char", ${SELECT_NODE}, null::"char", null::text, null::text, null::"char", null::integer, null::bigint
  from near i cross join ${rowsOf("node", "o.graph = i.graph and o.n = i.n")} x;
end $$;`,
};

/**
 * Writes how graphs have moved on, takes out what was acted on and keeps what is left to do. Of the steps that start now it gives
 * template and payload, in their order; the tasks of those have steps from now on. \`p_may_lag\`: nobody waits for the disk, since what is
 * forgotten so is done again: the news of it is on disk, or was forgotten as well.
 */
const moveGraphs: FunctionSource = {
  name: "move_graphs",
  sql: `
create or replace function @@move_graphs(
  p_may_lag boolean, p_ids bigint[], p_opens integer[], p_runs integer[], p_started boolean[], p_states "char"[], p_bodies text[], p_bytes bytea[],
  p_phases json, p_news bigint[], p_errands bigint[], p_left json, p_dropped text[], p_tasks text[], p_start_graphs text[], p_start_ns integer[]
) returns table (number bigint, template text, payload text, payload_bytes bytea) language plpgsql ${NESTED} as $$
#variable_conflict use_column
declare
  present bigint := @@now();
  phases jsonb := coalesce((select jsonb_object_agg(e->>'id', e->>'phase') from json_array_elements(p_phases) e), '{}');
begin
  if p_may_lag then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform @@write_nodes(p_ids, p_opens, p_runs, p_started, p_states, p_bodies, p_bytes);
  update @.graph g set phase = (phases->>g.id)::"char", begun_at = coalesce(g.begun_at, case when phases->>g.id = '${PHASES.running}' then present end)
  where g.id = any(array(select jsonb_object_keys(phases)));
  delete from @.workflow_news w where w.n = any(p_news);
  delete from @.errand e where e.n = any(p_errands);
  insert into @.errand (workflow, kind, task, node, run, reason)
  select l.workflow, l.kind::"char", l.task, l.node, l.run, l.reason
  from json_to_recordset(p_left) as l(workflow text, kind text, task text, node integer, run integer, reason text);
  if cardinality(p_tasks) > 0 then
    perform @@meet(p_tasks);
    update @.task t set steps = true where t.name = any(p_tasks) and not t.steps;
  end if;
  return query
  select i.number, t.body, case when x.input is null and x.input_bytes is null then b.body else x.input end,
    case when x.input is null and x.input_bytes is null then b.bytes else x.input_bytes end
  from unnest(p_start_graphs, p_start_ns) with ordinality as i(graph, n, number)
  cross join ${rowsOf("node", "o.graph = i.graph and o.n = i.n")} x
  cross join ${rowsOf("step_template", "o.graph = x.graph and o.n = x.template")} t
  ${lookUp("node", "b", `o.graph = x.graph and o.n = x.after and o.state = '${LETTERS.completed}'`)}
  order by i.number;
  if cardinality(p_dropped) > 0 then
    perform @@forget_graphs(p_dropped);
  end if;
end $$;`,
};

/** Writes nodes as they stand now. */
const writeNodes: FunctionSource = {
  name: "write_nodes",
  sql: `
create or replace function @@write_nodes(
  p_ids bigint[], p_opens integer[], p_runs integer[], p_started boolean[], p_states "char"[], p_bodies text[], p_bytes bytea[]
) returns void language plpgsql ${MATCHED} as $$
begin
  update @.node x set open = i.open, run = i.run, started = i.started, state = i.state, body = i.body, bytes = i.bytes
  from unnest(p_ids, p_opens, p_runs, p_started, p_states, p_bodies, p_bytes) as i(id, open, run, started, state, body, bytes)
  where x.id = any(p_ids) and x.id = i.id;
end $$;`,
};

/**
 * Ends the own jobs of workflows that are locked, as completed or failed, and forgets the oldest beyond what is kept. Answers whose
 * mailbox has something. No run of theirs is written down.
 */
const endWorkflows: FunctionSource = {
  name: "end_workflows",
  sql: `
create or replace function @@end_workflows(p_ids text[], p_states "char"[], p_bodies text[], p_bytes bytea[], p_begun bigint[])
returns json language plpgsql ${NESTED} as $$
declare
  number integer;
  keep bigint[];
  present bigint := @@now();
  told text[];
begin
  select t.id, t.keep into number, keep from @.task t where t.name = '$workflow';
  with waiting as (
    delete from @.ready r where r.task = number and r.id = any(p_ids) returning r.id, r.rank, r.attempt, r.stalls, r.error, false as is_late
  ), late as (
    delete from @.later l where l.task = number and l.id = any(p_ids) returning l.id, l.rank, l.attempt, l.stalls, l.error, true as is_late
  ), ended as (
    select o.*, i.state, i.body, i.bytes, i.begun, i.n from (select * from waiting union all select * from late) o
    join unnest(p_ids, p_states, p_bodies, p_bytes, p_begun) with ordinality as i(id, state, body, bytes, begun, n) on i.id = o.id
  ), final as (
    insert into @.done (task, id, state, sort_at, place, finished_at, rank, attempt, stalls, started_at, error, result, result_bytes)
    select number, o.id, o.state, 0, nextval('@.order_seq'), present, o.rank, o.attempt + 1, o.stalls, coalesce(o.begun, present),
      case when o.state = '${LETTERS.failed}' then o.body else o.error end, case when o.state = '${LETTERS.completed}' then o.body end, o.bytes
    from (select * from ended order by n) o
  ), events as (
    insert into @.mail (instance, kind, task, id, type, at, attempt, error, value, bytes)
    select e.instance, 'e', '$workflow', e.id, e.type, present, e.attempt, case when e.type = 'failed' then e.body end,
      case when e.type = 'completed' then e.body end, case when e.type = 'completed' then e.bytes end
    from (
      select l.instance, o.n, o.id, o.body, o.bytes, o.attempt + m.nth as attempt,
        case when m.nth = 0 then 'waiting' when o.state = '${LETTERS.completed}' then 'completed' else 'failed' end as type, m.nth
      from ended o cross join (values (0), (1)) as m(nth) join @.listener l on l.kind = 'e' and l.task = '$workflow' where o.is_late or m.nth = 1
      order by o.n, m.nth
    ) e returning instance
  ), unwatched as (
    delete from @.watcher w where w.task = number and w.id = any(p_ids) returning w.id, w.instance
  ), outcomes as (
    insert into @.mail (instance, kind, task, id, type, attempt, error, value, bytes)
    select w.instance, 'o', '$workflow', o.id, o.state, o.attempt + 1, case when o.state = '${LETTERS.failed}' then o.body end,
      case when o.state = '${LETTERS.completed}' then o.body end, o.bytes
    from ended o join unwatched w on w.id = o.id order by o.n returning instance
  )
  select array_agg(distinct i.instance) into told from (select instance from events union all select instance from outcomes) i;
  perform @@prune_counts(number, keep, 1000, '{0,0,0,0}');
  return to_json(told);
end $$;`,
};

/** How the steps of a workflow stand, from a node on. */
const readSteps: FunctionSource = {
  name: "read_steps",
  sql: `
create or replace function @@read_steps(p_id text, p_from integer, p_limit integer)
returns table (n integer, task text, state "char", started boolean, run integer, error text) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query
  select x.n, (select t.task from @.step_template t where t.graph = p_id and t.n = x.template), x.state, x.started, x.run,
    case when x.state <> '${LETTERS.completed}' then x.body end
  from @.node x where x.graph = p_id and x.n >= p_from and x.template is not null order by x.n limit p_limit;
end $$;`,
};

/** Where the nodes of a workflow stand in its graph, from a node on. */
const readGraph: FunctionSource = {
  name: "read_graph",
  sql: `
create or replace function @@read_graph(p_id text, p_from integer, p_limit integer)
returns table (n integer, spec text) language plpgsql stable ${NESTED} as $$
#variable_conflict use_column
begin
  return query select x.n, x.spec from @.node x where x.graph = p_id and x.n >= p_from order by x.n limit p_limit;
end $$;`,
};

export const WORKFLOW_FUNCTIONS: readonly FunctionSource[] = [
  forgetGraphs,
  defineGraphs,
  enterWorkflows,
  putOut,
  lyingWorkflows,
  lockWorkflows,
  nodes,
  turn,
  writeNodes,
  moveGraphs,
  endWorkflows,
  readSteps,
  readGraph,
];
