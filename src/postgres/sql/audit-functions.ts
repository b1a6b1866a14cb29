/** Changes by hand. `@.` stands for the schema, `@@` for a function of this version. */
import { KEPT_AUDIT_LINES } from "../../core/observe/audit-log.js";
import { type FunctionSource, NESTED } from "./source.js";

export const AUDIT_TABLES = `
create table @.audit (
  n bigint generated always as identity primary key,
  at bigint not null,
  line text not null
);
`;

/** Keeps lines in their order, and forgets old ones. Numbers of calls that failed are missing, so that a few less may stay. */
const keepAudit: FunctionSource = {
  name: "keep_audit",
  sql: `
create or replace function @@keep_audit(p_lines text[]) returns void language plpgsql ${NESTED} as $$
declare
  last bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into @.audit (at, line) select @@now(), i.line from unnest(p_lines) with ordinality as i(line, n) order by i.n;
  last := (select a.n from @.audit a order by a.n desc limit 1);
  delete from @.audit a where a.ctid = any(array(
    select o.ctid from @.audit o where o.n <= last - ${KEPT_AUDIT_LINES} order by o.n limit 1000 for update skip locked));
end $$;`,
};

export const AUDIT_FUNCTIONS: readonly FunctionSource[] = [keepAudit];
