import { jsdoc } from "../jsdoc.js";
import type { ContractData } from "../load/protocol.js";
import { printTaskTypes } from "../type-text.js";
import type { EmitTask } from "./emitted-task.js";

const VIEWS = ["input", "payload", "return", "result", "emit", "message"] as const;

/** Prints the named types of a task. `payloadType` stands for a payload only the contract can type. */
export function printTypes(data: ContractData, typeName: string, payloadType?: string): string {
  return printTaskTypes({
    identifier: typeName,
    views: data.emits === undefined ? VIEWS.slice(0, 4) : VIEWS,
    ...(data.input === undefined ? {} : { input: data.input }),
    ...(data.output === undefined ? {} : { output: data.output }),
    ...(data.emits === undefined ? {} : { emits: data.emits }),
    ...(payloadType === undefined ? {} : { payloadType }),
  });
}

/** The names of its types: those of messages only where it emits some. */
export function typeNames(task: EmitTask): readonly string[] {
  const suffixes = [
    "Input",
    "Payload",
    "Return",
    "Result",
    ...(emitsMessages(task) ? ["Emit", "Message"] : []),
  ];
  return suffixes.map((suffix) => `${task.typeName}${suffix}`);
}

/** Whether the handler may emit messages. */
export function emitsMessages({ contract }: EmitTask): boolean {
  return contract.data.emits !== undefined;
}

/** The doc comment of a task wherever it is mentioned. */
export function taskDoc(task: EmitTask, indent: string): string {
  const { data, doc, source } = task.contract;
  const text = data.description ?? doc;
  const lines = [`\`${data.name}\`, version ${data.version}.`, "", ...(text === undefined ? [] : [text, ""])];
  if (task.hasOpaqueInput) {
    lines.push("Part of the payload is checked by the worker only, with code of the contract.", "");
  }
  if (data.deprecated !== undefined) lines.push(`@deprecated ${data.deprecated}`);
  return jsdoc([...lines, `@see ${task.file} ${source.name}`], indent);
}
