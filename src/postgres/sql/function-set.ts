/**
 * All functions of this version of the adapter, and how they are called. Their names end with a digest of all their texts: two
 * versions of the adapter over one schema, as during a rolling deployment, have functions of their own.
 */
import { createHash } from "node:crypto";
import { AUDIT_FUNCTIONS } from "./audit-functions.js";
import { CLAIM_FUNCTIONS } from "./claim-functions.js";
import { INSERT_FUNCTIONS } from "./insert-functions.js";
import { JOB_FUNCTIONS } from "./job-functions.js";
import { KEY_FUNCTIONS } from "./key-functions.js";
import { LIMIT_FUNCTIONS } from "./limit-functions.js";
import { MEASURE_FUNCTIONS } from "./measure-functions.js";
import { OBSERVE_FUNCTIONS } from "./observe-functions.js";
import { READ_FUNCTIONS } from "./read-functions.js";
import { ROUND_FUNCTIONS } from "./round-functions.js";
import { SCHEDULE_FUNCTIONS } from "./schedule-functions.js";
import type { FunctionSource } from "./source.js";
import { TASK_FUNCTIONS } from "./task-functions.js";
import { TOLD_CONTRACT_FUNCTIONS } from "./told-contract-functions.js";
import { WORKER_FUNCTIONS } from "./worker-functions.js";
import { WORKFLOW_FUNCTIONS } from "./workflow-functions.js";

const FUNCTIONS: readonly FunctionSource[] = [
  ...INSERT_FUNCTIONS,
  ...CLAIM_FUNCTIONS,
  ...JOB_FUNCTIONS,
  ...KEY_FUNCTIONS,
  ...LIMIT_FUNCTIONS,
  ...ROUND_FUNCTIONS,
  ...TASK_FUNCTIONS,
  ...READ_FUNCTIONS,
  ...OBSERVE_FUNCTIONS,
  ...TOLD_CONTRACT_FUNCTIONS,
  ...AUDIT_FUNCTIONS,
  ...MEASURE_FUNCTIONS,
  ...SCHEDULE_FUNCTIONS,
  ...WORKER_FUNCTIONS,
  ...WORKFLOW_FUNCTIONS,
];

/** Tells the functions of this version from those of others. */
export const FUNCTION_SET = createHash("sha256")
  .update(FUNCTIONS.map(({ sql }) => sql).join("\n"))
  .digest("hex")
  .slice(0, 8);

/**
 * Writes names of tables (`@.name`) and functions (`@@name`) out, for one schema; `@schema` is its bare name, for texts.
 */
export function inSchema(sql: string, schema: string): string {
  const quoted = quoteName(schema);
  return sql
    .replaceAll("@schema", schema)
    .replace(/@@(\w+)/g, `${quoted}.$1_${FUNCTION_SET}`)
    .replace(/@\./g, `${quoted}.`);
}

/** A name as SQL takes it, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The statements that create all functions in a schema. */
export function functionStatements(schema: string): readonly string[] {
  return FUNCTIONS.map(({ sql }) => inSchema(sql, schema).trim());
}
