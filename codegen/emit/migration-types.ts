import { childNodes, type IrNode, type IrSchema } from "../../src/schema/ir.js";
import { jsdoc } from "../jsdoc.js";
import type { OlderVersion } from "../plan-locks.js";
import { printType } from "../type-text.js";
import type { EmitTask } from "./emitted-task.js";

/** Names of the types that {@link printMigrationTypes} declares. */
export function migrationTypeNames(task: EmitTask, older: readonly OlderVersion[]): readonly string[] {
  if (older.length === 0) return [];
  return [...older.map((version) => queuedName(task, version.version)), `${task.typeName}Migrations`];
}

/**
 * Prints a type per older version, for its payloads as they wait in the queue, and the interface of the steps that take
 * them to the version of today. Nothing for a contract that has no older version.
 */
export function printMigrationTypes(task: EmitTask, older: readonly OlderVersion[]): string {
  if (older.length === 0) return "";
  const payloads = older.map((version) => `${printQueued(task, version)}\n`);
  const { name, version } = task.contract.data;
  const doc = [
    `The steps that take queued payloads of ${name} to version ${version}, one per version the lock remembers.`,
    "Give them to migrations() of taskora/contract.",
  ];
  const steps = older.map((from) => {
    const to = targetOf(task, { from: from.version, older });
    const given = to === undefined ? "unknown" : `${to} | Promise<${to}>`;
    return `  readonly ${from.version}: (payload: ${queuedName(task, from.version)}) => ${given};\n`;
  });
  return [...payloads, jsdoc(doc), `export interface ${task.typeName}Migrations {\n`, ...steps, "}\n\n"].join(
    "",
  );
}

function queuedName(task: EmitTask, version: number): string {
  return `${task.typeName}V${version}`;
}

function printQueued(task: EmitTask, { version, input }: OlderVersion): string {
  const doc = [`What waits in the queue since version ${version} of ${task.contract.data.name}.`];
  const name = queuedName(task, version);
  if (input === undefined) return `${jsdoc(doc)}export type ${name} = unknown;\n`;
  return printType(input, { view: isSentAsGiven(input) ? "input" : "queued", name, doc });
}

/** A step gives what the next one takes, and the last one what the schema of today accepts. */
function targetOf(
  task: EmitTask,
  { from, older }: { readonly from: number; readonly older: readonly OlderVersion[] },
): string | undefined {
  if (from + 1 === task.contract.data.version) return `${task.typeName}Input`;
  return older.some(({ version }) => version === from + 1) ? queuedName(task, from + 1) : undefined;
}

/** A producer with the contract at hand sends what it was given when a transform has to see it again. */
function isSentAsGiven(schema: IrSchema): boolean {
  const holdsPipe = (node: IrNode): boolean =>
    node.kind === "pipe" || node.kind === "codec" || childNodes(node).some(holdsPipe);
  return [schema.root, ...Object.values(schema.definitions)].some(holdsPipe);
}
