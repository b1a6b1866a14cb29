/** How the tables of a store came to be, step by step. A step that was released is never changed. */
import { AUDIT_TABLES } from "./audit-functions.js";
import { FUNCTION_SET, functionStatements, inSchema, quoteName } from "./function-set.js";
import { LIMIT_TABLES } from "./limit-tables.js";
import { MEASURE_TABLES } from "./measure-functions.js";
import { OBSERVE_TABLES } from "./observe-functions.js";
import { SCHEDULE_TABLES } from "./schedule-functions.js";
import { TABLES } from "./tables.js";
import { TOLD_CONTRACT_TABLES } from "./told-contract-functions.js";
import { WORKER_TABLES } from "./worker-functions.js";
import { WORKFLOW_TABLES } from "./workflow-functions.js";

/** Step n makes format n of format n − 1. */
const STEPS: readonly string[] = [
  [
    ...[TABLES, SCHEDULE_TABLES, WORKER_TABLES, LIMIT_TABLES, WORKFLOW_TABLES],
    ...[OBSERVE_TABLES, TOLD_CONTRACT_TABLES, AUDIT_TABLES, MEASURE_TABLES],
  ].join(""),
];

/** The format of the tables that this version reads and writes. */
export const FORMAT_VERSION = STEPS.length;

const FORMAT_TABLES = `
create table if not exists @.format (version integer not null);
create table if not exists @.function_set (name text primary key, made_at timestamptz not null default clock_timestamp());
`;

/** Everything that makes a schema of format \`from\` one of ours, with its functions. */
export function migrationStatements(schema: string, from: number): readonly string[] {
  const steps = STEPS.slice(from).map((step) => inSchema(step, schema));
  const tables =
    from === 0 ? [`create schema if not exists ${quoteName(schema)}`, inSchema(FORMAT_TABLES, schema)] : [];
  return [
    ...tables,
    ...steps,
    inSchema(`delete from @.format; insert into @.format (version) values (${FORMAT_VERSION})`, schema),
    ...functionStatements(schema),
    inSchema(`insert into @.function_set (name) values ('${FUNCTION_SET}') on conflict do nothing`, schema),
  ];
}
