import { join } from "node:path";
import type { OlderVersion } from "../plan-locks.js";
import { hasOwnTypes } from "../source/own-types.js";
import { hasOpaqueOutput } from "../type-text.js";
import type { EmitFolder } from "./emit-task.js";
import type { EmitTask } from "./emitted-task.js";
import { GIT_ATTRIBUTES, header } from "./header.js";
import { migrationTypeNames, printMigrationTypes } from "./migration-types.js";
import { specifier } from "./module-style.js";
import { printRegister } from "./register.js";
import { emitsMessages, printTypes, taskDoc, typeNames } from "./task-types.js";
import {
  missingNotes,
  NO_VALIDATORS,
  type ValidatorFile,
  validatorFile,
  validatorImport,
  validatorObject,
} from "./validator-file.js";

/** Prints a handlers folder: path → text. It imports the contracts, since a worker validates with them. */
export function emitHandlers(
  folder: EmitFolder,
  olderOf: (task: EmitTask) => readonly OlderVersion[],
): Map<string, string> {
  const files = new Map<string, string>();
  for (const task of folder.tasks) {
    const validators = folder.validators === "printed" ? validatorFile(task, "output") : NO_VALIDATORS;
    files.set(`tasks/${task.fileName}.ts`, taskFile(task, { folder, validators, older: olderOf(task) }));
    if (validators.text !== undefined) files.set(`validators/${task.fileName}.ts`, validators.text);
  }
  files.set("index.ts", indexFile(folder, olderOf));
  files.set(".gitattributes", GIT_ATTRIBUTES);
  return files;
}

interface TaskFileParts {
  readonly folder: EmitFolder;
  readonly validators: ValidatorFile;
  readonly older: readonly OlderVersion[];
}

function taskFile(task: EmitTask, { folder, validators, older }: TaskFileParts): string {
  const { source, data } = task.contract;
  const from = specifier(join(folder.dir, "tasks", `${task.fileName}.ts`), source.file, folder.extension);
  const binding = source.name === "default" ? "default as contract" : `${source.name} as contract`;
  const isTypedByContract =
    data.input !== undefined && (hasOpaqueOutput(data.input) || hasOwnTypes(task.contract));
  const imports = [
    isTypedByContract ? `import type { ${itemOf(task)} } from "taskora/contract";\n` : "",
    importTypes("Handler", [task]),
    'import type { HandlerDescriptor } from "taskora/generated";\n',
    `import { ${binding} } from ${JSON.stringify(from)};\n`,
    validatorImport(validators, `../validators/${task.fileName}${folder.extension}`),
    "\n",
  ];
  return [
    header(task.file),
    ...imports,
    isTypedByContract ? printTypes(data, task.typeName, `${itemOf(task)}<typeof contract>`) : task.types,
    "\n",
    printMigrationTypes(task, older),
    taskDoc(task, ""),
    `export type ${task.typeName}Handler = ${handlerType("Handler", task)};\n\n`,
    missingNotes(validators),
    `export const descriptor: HandlerDescriptor = ${printDescriptor(task, validators)};\n`,
  ].join("");
}

/** The type of its handler, or of its entry, which may have settings: of a batch where it collects. */
function handlerType(kind: "Handler" | "HandlerEntry", { typeName, contract }: EmitTask): string {
  const message = contract.data.emits === undefined ? "" : `, ${typeName}Emit`;
  const name = `${contract.data.collect === undefined ? "" : "Batch"}${kind}`;
  return `${name}<${typeName}Payload, ${typeName}Return${message}>`;
}

/** Imports what {@link handlerType} names. */
function importTypes(kind: "Handler" | "HandlerEntry", tasks: readonly EmitTask[]): string {
  const isBatch = tasks.map(({ contract }) => contract.data.collect !== undefined);
  const names = [
    ...(isBatch.includes(true) ? [`Batch${kind}`] : []),
    ...(isBatch.includes(false) ? [kind] : []),
  ];
  return names.length === 0 ? "" : `import type { ${names.join(", ")} } from "taskora";\n`;
}

/** The type of one job's payload, from its contract. */
function itemOf({ contract }: EmitTask): string {
  return contract.data.collect === undefined ? "ContractPayload" : "ContractItem";
}

function printDescriptor({ key, fingerprint }: EmitTask, validators: ValidatorFile): string {
  const plain = `key: ${JSON.stringify(key)}, fingerprint: ${JSON.stringify(fingerprint)}, contract`;
  return validators.sides.length === 0
    ? `{ ${plain} }`
    : `{ ${plain}, validators: ${validatorObject(validators)} }`;
}

function indexFile(folder: EmitFolder, olderOf: (task: EmitTask) => readonly OlderVersion[]): string {
  const { tasks, extension } = folder;
  const path = (task: EmitTask): string => JSON.stringify(`./tasks/${task.fileName}${extension}`);
  const imports = tasks.map((task) => {
    const { key, typeName } = task;
    const emitted = emitsMessages(task);
    const registered = folder.register ? ["Input", "Result", ...(emitted ? ["Message"] : [])] : [];
    const suffixes = ["Payload", "Return", ...(emitted ? ["Emit"] : []), ...registered];
    const types = suffixes.map((suffix) => `type ${typeName}${suffix}`).join(", ");
    return `import { descriptor as $${key}, ${types} } from ${path(task)};\n`;
  });
  const exports = tasks.map((task) => {
    const names = [...typeNames(task), ...migrationTypeNames(task, olderOf(task)), `${task.typeName}Handler`];
    return `export type { ${names.join(", ")} } from ${path(task)};\n`;
  });
  const members = tasks.map(
    (task) => `${taskDoc(task, "  ")}  readonly ${task.key}: ${handlerType("HandlerEntry", task)};\n`,
  );
  return [
    header("the contracts"),
    importTypes("HandlerEntry", tasks),
    'import { bindHandlers, type HandlerApp, type HandlerDescriptor, type ImplementOptions } from "taskora/generated";\n',
    ...imports,
    "\n",
    ...exports,
    "\n/** One handler per task; none may be missing. */\nexport interface TaskHandlers {\n",
    ...members,
    "}\n\n",
    folder.register ? printRegister(tasks) : "",
    `const descriptors: readonly HandlerDescriptor[] = [${tasks.map((task) => `$${task.key}`).join(", ")}];\n\n`,
    "/**\n * Registers every handler, or those of `only`. Call it before `taskora.start()`.\n *\n",
    " * @throws HANDLER_MISSING when a handler is missing or there is one for an unknown task\n",
    " * @throws OPTION_INVALID when a pattern of `only` chooses no task\n */\n",
    "export function implementTasks(taskora: HandlerApp, handlers: TaskHandlers, options?: ImplementOptions): void {\n",
    "  bindHandlers(taskora, descriptors, { handlers, options });\n",
    "}\n",
  ].join("");
}
