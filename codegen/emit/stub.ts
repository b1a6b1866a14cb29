import { join } from "node:path";
import type { ResolvedOutput } from "../resolved-config.js";
import type { EmitTask } from "./emitted-task.js";
import { importExtensionFor, type ModuleExtension, specifier } from "./module-style.js";

/** Prints the handler file of a task; it is created once and the user's from then on. */
export function emitStub(task: EmitTask, place: StubPlace): string {
  const from = specifier(place.file, place.index, place.extension);
  return [
    'import { NotImplementedError } from "taskora";\n',
    `import type { ${task.typeName}Handler } from ${JSON.stringify(from)};\n\n`,
    `export const ${task.key}: ${task.typeName}Handler = async (_input, _ctx) => {\n`,
    `  throw new NotImplementedError(${JSON.stringify(task.contract.data.name)});\n`,
    "};\n",
  ].join("");
}

/** The handler file of a task as it is created in the folder that an output names for them. */
export function generatedStub(task: EmitTask, output: ResolvedOutput): string {
  const stubs = output.stubs ?? output.dir;
  const extension = importExtensionFor(stubs, output.importExtension);
  const file = join(stubs, `${task.fileName}.ts`);
  return emitStub(task, { file, index: join(output.dir, "index.ts"), extension });
}

/** Where a handler file stands. Paths are absolute. */
export interface StubPlace {
  readonly file: string;
  /** The generated `index.ts`. */
  readonly index: string;
  readonly extension: ModuleExtension;
}
