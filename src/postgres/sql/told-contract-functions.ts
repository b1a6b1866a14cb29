/** The schemas of contracts that workers told. `@.` stands for the schema, `@@` for a function of this version. */
import { KEPT_CONTRACTS } from "../../core/observe/contract-schemas.js";
import { type FunctionSource, NESTED } from "./source.js";

export const TOLD_CONTRACT_TABLES = `
create table @.told_contract (
  task text collate "C" not null,
  fingerprint text collate "C" not null,
  schemas text not null,
  told_at bigint not null,
  n bigint not null default nextval('@.order_seq'),
  primary key (task, fingerprint)
);
`;

/**
 * Keeps schemas, or asks whether they are here (null); answers the numbers of those that are not. A minute between two notes that a
 * contract is in use is enough, and one of several at once: workers start together.
 */
const tellContracts: FunctionSource = {
  name: "tell_contracts",
  sql: `
create or replace function @@tell_contracts(p_tasks text[], p_fingerprints text[], p_schemas text[]) returns json language plpgsql ${NESTED} as $$
declare
  present bigint := @@now();
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into @.told_contract as t (task, fingerprint, schemas, told_at)
  select i.task, i.fingerprint, i.schemas, present from unnest(p_tasks, p_fingerprints, p_schemas) as i(task, fingerprint, schemas)
  where i.schemas is not null order by i.task, i.fingerprint
  on conflict on constraint told_contract_pkey do update set schemas = case when t.fingerprint = '' then excluded.schemas else t.schemas end,
    told_at = excluded.told_at, n = excluded.n;
  update @.told_contract t set told_at = present, n = nextval('@.order_seq') where t.ctid = any(array(
    select o.ctid from (select distinct u.task, u.fingerprint from unnest(p_tasks, p_fingerprints) u(task, fingerprint) order by 1, 2) i
    cross join lateral (select c.ctid from @.told_contract c where c.task = i.task and c.fingerprint = i.fingerprint and c.told_at < present - 60000
      for update skip locked) o));
  delete from @.told_contract t where t.ctid = any(array(
    select o.ctid from (select distinct u.task from unnest(p_tasks) u(task)) i
    cross join lateral (select c.ctid from @.told_contract c where c.task = i.task order by c.n desc offset ${KEPT_CONTRACTS}) o));
  return to_json(array(
    select i.n::integer from unnest(p_tasks, p_fingerprints) with ordinality i(task, fingerprint, n)
    where (select true from @.told_contract t where t.task = i.task and t.fingerprint = i.fingerprint) is null order by i.n));
end $$;`,
};

export const TOLD_CONTRACT_FUNCTIONS: readonly FunctionSource[] = [tellContracts];
