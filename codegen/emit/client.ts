import { mayBeUndefined } from "../type-text/presence.js";
import { printDescriptor } from "./descriptor.js";
import type { EmitFolder } from "./emit-task.js";
import type { EmitTask } from "./emitted-task.js";
import { GIT_ATTRIBUTES, header } from "./header.js";
import { printRegister } from "./register.js";
import { emitsMessages, taskDoc, typeNames } from "./task-types.js";
import {
  missingNotes,
  NO_VALIDATORS,
  type ValidatorFile,
  validatorFile,
  validatorImport,
} from "./validator-file.js";

/** Prints a client folder: path → text. It imports neither the contracts nor a schema library. */
export function emitClient(folder: EmitFolder): Map<string, string> {
  const files = new Map<string, string>();
  for (const task of folder.tasks) {
    const validators = folder.validators === "printed" ? validatorFile(task, "wire") : NO_VALIDATORS;
    files.set(`tasks/${task.fileName}.ts`, taskFile(task, folder, validators));
    if (validators.text !== undefined) files.set(`validators/${task.fileName}.ts`, validators.text);
  }
  files.set("index.ts", indexFile(folder));
  files.set(".gitattributes", GIT_ATTRIBUTES);
  return files;
}

function taskFile(task: EmitTask, folder: EmitFolder, validators: ValidatorFile): string {
  return [
    header(task.file),
    'import type { TaskDescriptor } from "taskora/generated";\n',
    validatorImport(validators, `../validators/${task.fileName}${folder.extension}`),
    "\n",
    task.types,
    "\n",
    missingNotes(validators),
    `export const descriptor: TaskDescriptor = ${printDescriptor(task, validators)};\n`,
  ].join("");
}

/** Whether `dispatch()` needs no data: there is no schema of its input, or one that may be undefined. */
function mayGoWithout({ contract }: EmitTask): boolean {
  return contract.data.input === undefined || mayBeUndefined(contract.data.input);
}

function clientInput(task: EmitTask): string {
  return mayGoWithout(task) ? `ClientInput<${task.typeName}Input>` : `${task.typeName}Input`;
}

/** A client of a task without messages says nothing of them. */
function clientTypes(task: EmitTask): string {
  const message = emitsMessages(task) ? `, ${task.typeName}Message` : "";
  return `${clientInput(task)}, ${task.typeName}Result${message}`;
}

function indexFile(folder: EmitFolder): string {
  const { tasks, extension } = folder;
  const imports = tasks.map((task) => {
    const suffixes = ["Input", "Result", ...(emitsMessages(task) ? ["Message"] : [])];
    const names = suffixes.map((suffix) => `${task.typeName}${suffix}`);
    const from = JSON.stringify(`./tasks/${task.fileName}${extension}`);
    return `import { descriptor as $${task.key}, type ${names.join(", type ")} } from ${from};\n`;
  });
  const exports = tasks.map(
    (task) =>
      `export type { ${typeNames(task).join(", ")} } from ${JSON.stringify(`./tasks/${task.fileName}${extension}`)};\n`,
  );
  const members = tasks.map(
    (task) => `${taskDoc(task, "  ")}  readonly ${task.key}: TaskClient<${clientTypes(task)}>;\n`,
  );
  const items = tasks.map(
    (task) => `\n  | TaskItemOf<${JSON.stringify(task.contract.data.name)}, ${task.typeName}Input>`,
  );
  return [
    header("the contracts"),
    `import type { ${tasks.some(mayGoWithout) ? "ClientInput, " : ""}PendingJob, TaskClient } from "taskora";\n`,
    'import { bindClient, type ClientApp, dispatchItem as dispatchOne, dispatchItems as dispatchSome, type TaskDescriptor, type TaskItemOf } from "taskora/generated";\n',
    ...imports,
    "\n",
    ...exports,
    "\n/** One typed client per task. */\nexport interface TaskClients {\n",
    ...members,
    "}\n\n",
    folder.register ? printRegister(tasks) : "",
    `const descriptors: readonly TaskDescriptor[] = [${tasks.map((task) => `$${task.key}`).join(", ")}];\n\n`,
    "/** Makes the clients; jobs go through the given app. Connects on the first dispatch. */\n",
    "export function createClient(taskora: ClientApp): TaskClients {\n",
    "  return bindClient(taskora, descriptors) as TaskClients;\n",
    "}\n\n",
    "/** A job to dispatch whose task is chosen at run time: its name says which data fits. */\n",
    `export type TaskItem =${items.join("")};\n\n`,
    "/** Dispatches an item to the task that it names. */\n",
    "export function dispatchItem(clients: TaskClients, item: TaskItem): PendingJob {\n",
    "  return dispatchOne(clients, descriptors, item);\n",
    "}\n\n",
    "/** Dispatches items to the tasks that they name, in one batch; resolves with a job per item. */\n",
    "export function dispatchItems(clients: TaskClients, items: Iterable<TaskItem>): Promise<readonly PendingJob[]> {\n",
    "  return dispatchSome(clients, descriptors, items);\n",
    "}\n",
  ].join("");
}
