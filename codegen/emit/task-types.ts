import { jsdoc } from "../jsdoc.js";
import { printTaskTypes as printTypes } from "../type-text.js";
import type { EmitTask } from "./emit-task.js";

const VIEWS = ["input", "payload", "return", "result"] as const;

/** Prints the four named types of a task. `payloadType` stands for a payload only the contract can type. */
export function printTaskTypes(task: EmitTask, payloadType?: string): string {
  const { input, output } = task.contract.data;
  return printTypes({
    identifier: task.typeName,
    views: VIEWS,
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(payloadType === undefined ? {} : { payloadType }),
  });
}

/** The names of the four types. */
export function typeNames(task: EmitTask): readonly string[] {
  return ["Input", "Payload", "Return", "Result"].map((suffix) => `${task.typeName}${suffix}`);
}

/** The doc comment of a task wherever it is mentioned. */
export function taskDoc(task: EmitTask, indent: string): string {
  const { data, doc } = task.contract;
  const text = data.description ?? doc;
  const lines = text === undefined ? [] : [text, ""];
  if (task.hasOpaqueInput) {
    lines.push("Part of the payload is checked by the worker only, with code of the contract.", "");
  }
  if (data.deprecated !== undefined) lines.push(`@deprecated ${data.deprecated}`);
  return jsdoc([...lines, `@see ${task.place}`], indent);
}
