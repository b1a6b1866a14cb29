import type { EmitTask } from "./emitted-task.js";

/** Declares tasks by name for everything that takes the name of a task: a line for each, of types that are in scope. */
export function printRegister(tasks: readonly EmitTask[]): string {
  const members = tasks.map(({ typeName, contract }) => {
    const message = contract.data.emits === undefined ? "" : `; readonly message: ${typeName}Message`;
    const types = `readonly data: ${typeName}Input; readonly result: ${typeName}Result${message}`;
    return `    readonly ${JSON.stringify(contract.data.name)}: { ${types} };\n`;
  });
  return `declare module "taskora" {\n  interface Register {\n${members.join("")}  }\n}\n\n`;
}
