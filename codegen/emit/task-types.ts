import { jsdoc } from "../jsdoc.js";
import type { ContractData } from "../load/protocol.js";
import { printTaskTypes } from "../type-text.js";
import type { EmitTask } from "./emitted-task.js";

const VIEWS = ["input", "payload", "return", "result"] as const;

/** Prints the four named types of a task. `payloadType` stands for a payload only the contract can type. */
export function printTypes(data: ContractData, typeName: string, payloadType?: string): string {
  return printTaskTypes({
    identifier: typeName,
    views: VIEWS,
    ...(data.input === undefined ? {} : { input: data.input }),
    ...(data.output === undefined ? {} : { output: data.output }),
    ...(payloadType === undefined ? {} : { payloadType }),
  });
}

/** The names of the four types. */
export function typeNames(task: EmitTask): readonly string[] {
  return ["Input", "Payload", "Return", "Result"].map((suffix) => `${task.typeName}${suffix}`);
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
