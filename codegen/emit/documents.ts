import type { IrSchema } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import { asyncApi } from "./asyncapi.js";
import type { DocumentSource } from "./document-source.js";
import type { EmitTask } from "./emitted-task.js";
import { GIT_ATTRIBUTES } from "./header.js";
import { type SchemaView, toJsonSchema } from "./json-schema.js";
import { markdownReference } from "./markdown.js";

/** Prints the files of a document output: path → text. */
export function emitDocument(
  kind: "json-schema" | "asyncapi" | "markdown",
  source: DocumentSource,
): Map<string, string> {
  const files = new Map<string, string>();
  switch (kind) {
    case "json-schema":
      for (const task of source.tasks) addSchemas(task, files);
      break;
    case "asyncapi":
      files.set("asyncapi.json", jsonText(asyncApi(source)));
      break;
    case "markdown":
      files.set("tasks.md", markdownReference(source));
      break;
  }
  files.set(".gitattributes", GIT_ATTRIBUTES);
  return files;
}

/** The messages of a task, named as its types are. */
export const SCHEMA_VIEWS = [
  { name: "input", side: "input", view: "writer" },
  { name: "payload", side: "input", view: "reader" },
  { name: "return", side: "output", view: "writer" },
  { name: "result", side: "output", view: "reader" },
  { name: "emit", side: "emits", view: "writer" },
  { name: "message", side: "emits", view: "reader" },
] as const satisfies readonly {
  readonly name: string;
  readonly side: SchemaSide;
  readonly view: SchemaView;
}[];

function addSchemas(task: EmitTask, files: Map<string, string>): void {
  for (const { name, side, view } of SCHEMA_VIEWS) {
    const schema: IrSchema | undefined = task.contract.data[side];
    if (schema === undefined) continue;
    const path = `${task.fileName}.${name}.json`;
    const head = { $schema: "https://json-schema.org/draft/2020-12/schema", $id: path };
    const title = { title: `${task.contract.data.name} ${name}` };
    files.set(path, jsonText({ ...head, ...title, ...toJsonSchema(schema, view) }));
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
