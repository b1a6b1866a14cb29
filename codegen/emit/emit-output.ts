import type { OlderVersion } from "../plan-locks.js";
import type { ResolvedOutput } from "../resolved-config.js";
import { emitClient } from "./client.js";
import { emitDocument } from "./documents.js";
import type { EmitFolder } from "./emit-task.js";
import type { EmitTask } from "./emitted-task.js";
import { emitHandlers } from "./handlers.js";
import { emitJsClient } from "./js-client.js";
import { folderFormat } from "./module-format.js";
import { importExtensionFor } from "./module-style.js";
import { emitPackage } from "./package.js";

/** An output with the tasks it holds. */
export interface PlannedOutput {
  readonly output: ResolvedOutput;
  readonly tasks: readonly EmitTask[];
  /** Versions of a task before this one that workers still accept, oldest first. */
  readonly olderOf: (task: EmitTask) => readonly OlderVersion[];
}

/** Prints all files of an output: path → text. */
export function emitOutput({ output, tasks, olderOf }: PlannedOutput): Map<string, string> {
  const { dir, kind } = output;
  const validators = output.validators === "off" ? "none" : "printed";
  const extension = importExtensionFor(dir, output.importExtension);
  const folder: EmitFolder = { dir, extension, tasks, validators, register: output.register };
  switch (kind) {
    case "client":
      return output.target === "ts" ? emitClient(folder) : emitJsFolder(folder, output);
    case "handlers":
      return emitHandlers(folder, olderOf);
    case "package":
      return emitPackage(folder, {
        name: output.title ?? "tasks",
        version: output.version ?? "0.0.0",
        format: output.packageFormat,
      });
    case "json-schema":
    case "asyncapi":
    case "markdown":
      return emitDocument(kind, {
        tasks,
        title: output.title ?? "Tasks",
        version: output.version ?? "1.0.0",
      });
  }
}

function emitJsFolder(folder: EmitFolder, output: ResolvedOutput): Map<string, string> {
  const { format, manifest } = folderFormat(folder.dir, output.format);
  const files = emitJsClient(folder, { format, maps: "contracts" });
  if (manifest !== undefined) files.set("package.json", manifest);
  return files;
}
