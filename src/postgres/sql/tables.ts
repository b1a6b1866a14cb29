/**
 * The tables of a store, as the first migration makes them. `@.` stands for the schema.
 *
 * A job is one row in `job`, which nothing rewrites, and one row in the table of its state: `ready` (waiting), `later`
 * (delayed, retrying), `active` or `done` (a final state). A move deletes one of those and inserts another, so a claim or a
 * settlement never copies a payload, and the hot indexes hold what waits now and no history. `since` is when it became waiting,
 * null: when it was stored. Columns of eight bytes stand first in these, then shorter ones, then texts: nothing is filled up between.
 *
 * Which index a statement uses is written in it, since a planner that believes a table to be empty may take any that begins with
 * a column it is given, and keeps to it when the table has filled. A key of two columns begins with the name; every
 * other index begins with a spelling of the task that no other index of the table has: `-task` in the order of the jobs,
 * `task::bigint` by time, `task # 0` by whatever else. A column that is looked up by itself is in no other index,
 * but in a spelling of its own (`id || ''`, `n + 0`). A test runs each statement with plans made for empty tables.
 */
import { BUSY } from "./source.js";

export const TABLES = `
create sequence @.place_seq;
create sequence @.front_seq;
create sequence @.fence_seq;
create sequence @.order_seq;

create table @.store (
  data uuid not null
);

create table @.task (
  id integer generated always as identity primary key,
  name text collate "C" not null unique,
  paused_at bigint,
  asked_at bigint not null default 0,
  keep bigint[],
  stall_limit integer,
  keyed boolean not null default false,
  special boolean not null default false,
  override text,
  steps boolean not null default false
);

create table @.job (
  born bigint not null default nextval('@.order_seq'),
  enqueued_at bigint not null,
  ttl_ms bigint,
  task integer not null,
  version integer not null,
  max_attempts integer,
  discards boolean not null,
  id text collate "C" not null,
  fingerprint text not null,
  payload text,
  payload_bytes bytea,
  headers text,
  limits text,
  primary key (id, task)
);

create table @.ready (
  place bigint not null,
  started_at bigint,
  expires_at bigint,
  came_at bigint,
  since bigint,
  task integer not null,
  attempt integer not null,
  stalls integer not null,
  aside smallint not null,
  rank smallint not null,
  mark "char",
  id text collate "C" not null,
  error text,
  queue text collate "C",
  primary key (id, task)
) with (${BUSY});
create unique index ready_order on @.ready ((-task), aside, rank, place);
create index ready_queue on @.ready ((task # 0), aside, queue, rank, place) where queue is not null;
create index ready_expiry on @.ready ((task::bigint), expires_at) where expires_at is not null;

create table @.later (
  due_at bigint not null,
  place bigint not null,
  started_at bigint,
  expires_at bigint,
  fence bigint,
  task integer not null,
  attempt integer not null,
  stalls integer not null,
  newer integer,
  rank smallint not null,
  state "char" not null,
  suspect boolean not null,
  mark "char",
  id text collate "C" not null,
  error text,
  queue text collate "C",
  primary key (id, task)
) with (${BUSY});
create unique index later_order on @.later ((-task), due_at, place);
create index later_expiry on @.later ((task::bigint), expires_at) where expires_at is not null;
create index later_newer on @.later ((task # 0), newer, rank, fence) where newer is not null;

create table @.active (
  fence bigint not null,
  started_at bigint not null,
  since bigint,
  task integer not null,
  attempt integer not null,
  stalls integer not null,
  rank smallint not null,
  suspect boolean not null,
  alone boolean not null,
  mark "char",
  id text collate "C" not null,
  lease text collate "C" not null,
  error text,
  cancel text,
  queue text collate "C",
  primary key (id, task)
) with (${BUSY});
create index active_lease on @.active ((-task), lease);

create table @.done (
  sort_at bigint not null,
  place bigint not null,
  finished_at bigint not null,
  started_at bigint,
  task integer not null,
  attempt integer not null,
  stalls integer not null,
  rank smallint not null,
  state "char" not null,
  ran "char",
  id text collate "C" not null,
  worker text collate "C",
  error text,
  reason text,
  replaced_by text,
  result text,
  result_bytes bytea,
  primary key (id, task)
) with (${BUSY});
create unique index done_order on @.done ((-task), state, sort_at, place);

create table @.lease (
  task integer not null,
  name text collate "C" not null,
  ends_at bigint,
  lost_at bigint,
  held_one boolean not null default false,
  primary key (name, task)
);
create index lease_end on @.lease ((task::bigint), ends_at) where ends_at is not null;
create index lease_loss on @.lease ((task # 0), lost_at) where lost_at is not null;

create table @.note (
  task integer not null,
  id text collate "C" not null,
  kind "char" not null,
  n bigint not null,
  at bigint not null,
  attempt integer not null,
  fence bigint,
  nth integer,
  started_at bigint,
  worker text,
  outcome "char",
  body text,
  bytes bytea,
  primary key (id, kind, n, task)
);

create table @.held_key (
  task integer not null,
  kind "char" not null,
  key text collate "C" not null,
  id text collate "C",
  body text,
  window_ms bigint,
  ends_at bigint,
  primary key (key, kind, task)
);
create index held_key_job on @.held_key (id);
create index held_key_end on @.held_key ((task::bigint), ends_at) where ends_at is not null;

create table @.passed (
  task integer not null,
  key text collate "C" not null,
  id text collate "C" not null,
  at bigint not null,
  n bigint not null default nextval('@.order_seq'),
  ends_at bigint not null,
  primary key (key, at, n, task)
);
create unique index passed_id on @.passed (id, (key || ''), (task # 0));
create index passed_end on @.passed ((task::bigint), ends_at);

create table @.watcher (
  task integer not null,
  id text collate "C" not null,
  instance text collate "C" not null,
  primary key (id, instance, task)
);

create table @.instance (
  name text collate "C" primary key,
  seen_at bigint not null
);

create table @.listener (
  kind "char" not null,
  task text collate "C" not null,
  instance text collate "C" not null,
  primary key (kind, task, instance)
);

create table @.mail (
  instance text collate "C" not null,
  n bigint generated always as identity,
  kind "char" not null,
  task text not null,
  id text,
  type text,
  at bigint,
  attempt integer,
  worker text,
  delay_ms bigint,
  error text,
  reason text,
  replaced_by text,
  value text,
  bytes bytea,
  primary key (instance, n)
);
`;
