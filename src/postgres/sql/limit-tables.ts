/**
 * What limits keep. Rows are written by rounds alone, one at a time per task, but for \`left_job\`: whoever takes a job with gates,
 * or one that is collected, out of where it was says so there, and the next round looks after it. Names of gates and keys are JSON texts, since Postgres has
 * no text with U+0000. `@.` stands for the schema.
 */
import { BUSY } from "./source.js";

export const LIMIT_TABLES = `
create table @.gate_job (
  task integer not null,
  id text collate "C" not null,
  gate text collate "C" not null,
  role "char" not null,
  place bigint not null,
  primary key (id, task)
) with (${BUSY});
create unique index gate_job_role on @.gate_job ((-task), gate, role, place, (id || ''));

create table @.gate (
  task integer not null,
  name text collate "C" not null,
  due_at bigint,
  window_ms bigint,
  ends_at bigint,
  primary key (name, task)
);
create index gate_due on @.gate ((task::bigint), due_at) where due_at is not null;
create index gate_end on @.gate ((task # 0), ends_at) where ends_at is not null;

create table @.gate_start (
  task integer not null,
  gate text collate "C" not null,
  n bigint not null,
  at bigint not null,
  primary key (gate, task, n)
);
create index gate_start_at on @.gate_start ((-task), (gate || ''), at, (n + 0));

create table @.turn (
  task integer not null,
  name text collate "C" not null,
  at bigint not null,
  weight integer not null,
  primary key (name, task)
) with (${BUSY});
create index turn_order on @.turn ((-task), at, (name || ''));

create table @.turn_clock (
  task integer primary key,
  at bigint not null
);

create table @.collector (
  task integer not null,
  key text collate "C" not null,
  n bigint not null default nextval('@.order_seq'),
  first_at bigint not null,
  due_at bigint not null,
  ready_n bigint,
  primary key (key, task)
);
create index collector_order on @.collector ((-task), n);
create index collector_due on @.collector ((task::bigint), due_at) where ready_n is null;
create index collector_ready on @.collector ((task # 0), ready_n) where ready_n is not null;

create table @.left_job (
  task integer not null,
  n bigint generated always as identity,
  id text collate "C" not null,
  queue text collate "C",
  primary key (task, n)
) with (${BUSY});
`;
