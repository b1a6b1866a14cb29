import { relative, sep } from "node:path";
import { hasOpaqueParts } from "../../src/schema/ir.js";
import { contractFingerprint } from "../fingerprint.js";
import { taskIdentifiers } from "../identifiers.js";
import type { ProjectContract } from "../load/load-project.js";
import type { EmitTask } from "./emitted-task.js";
import type { ModuleExtension } from "./module-style.js";
import { printTypes } from "./task-types.js";

/** One output folder to print. */
export interface EmitFolder {
  readonly dir: string;
  readonly extension: ModuleExtension;
  readonly tasks: readonly EmitTask[];
  /** Whether validators are printed as code. */
  readonly validators: "printed" | "none";
  /** Whether the names of its tasks are registered. */
  readonly register: boolean;
}

const emitTasks = new WeakMap<ProjectContract, { readonly root: string; readonly task: EmitTask }>();

/** Gives a contract its generated names; the same contract gives the same object. */
export function toEmitTask(contract: ProjectContract, root: string): EmitTask {
  const known = emitTasks.get(contract);
  if (known?.root === root) return known.task;
  const task = makeEmitTask(contract, root);
  emitTasks.set(contract, { root, task });
  return task;
}

function makeEmitTask(contract: ProjectContract, root: string): EmitTask {
  const { name, input } = contract.data;
  const { camel, pascal } = taskIdentifiers(name);
  return {
    contract,
    key: camel,
    typeName: pascal,
    fileName: name.replaceAll(".", "-"),
    fingerprint: contractFingerprint(contract.data),
    types: printTypes(contract.data, pascal),
    hasOpaqueInput: input !== undefined && hasOpaqueParts(input),
    file: relative(root, contract.definedAt.file).split(sep).join("/"),
  };
}
