/**
 * The tasks as an AsyncAPI document: one channel per task, whose messages are its jobs, one for its results, and one for
 * what it emits while it runs.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */

import type { JsonValue } from "../../src/schema/ir.js";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import type { DocumentSource } from "./document-source.js";
import type { EmitTask } from "./emitted-task.js";
import { exampleOf } from "./example.js";
import { type JsonSchema, type SchemaView, toJsonSchema } from "./json-schema.js";

type Section = Record<string, JsonValue>;

interface Parts {
  readonly channels: Section;
  readonly operations: Section;
  readonly messages: Section;
  readonly schemas: Section;
}

/** Makes the document as plain data. */
export function asyncApi({ tasks, title, version }: DocumentSource): JsonSchema {
  const parts: Parts = { channels: {}, operations: {}, messages: {}, schemas: {} };
  for (const task of tasks) addTask(task, parts);
  return {
    asyncapi: "3.0.0",
    info: { title, version },
    defaultContentType: "application/json",
    channels: parts.channels,
    operations: parts.operations,
    components: { messages: parts.messages, schemas: parts.schemas },
  };
}

function addTask(task: EmitTask, parts: Parts): void {
  const { data, doc } = task.contract;
  const { key } = task;
  const description = data.description ?? doc;
  const words: Section = {
    ...(description !== undefined && { description }),
  };
  const results = `${key}Result`;
  addMessage(task, { name: key, side: "input", view: "reader" }, parts);
  parts.channels[key] = {
    address: data.name,
    ...words,
    messages: { [key]: ref(`components/messages/${key}`) },
  };
  const operation: Section = {
    action: "receive",
    channel: ref(`channels/${key}`),
    ...(description !== undefined && { summary: description.split("\n")[0] ?? "" }),
    messages: [ref(`channels/${key}/messages/${key}`)],
  };
  if (data.output !== undefined) {
    addMessage(task, { name: results, side: "output", view: "reader" }, parts);
    parts.channels[results] = {
      address: null,
      messages: { [results]: ref(`components/messages/${results}`) },
    };
    operation.reply = {
      channel: ref(`channels/${results}`),
      messages: [ref(`channels/${results}/messages/${results}`)],
    };
  }
  parts.operations[key] = operation;
  if (data.emits !== undefined) addEmitted(task, parts);
}

/** What a worker sends while the job runs: of no answer it is the reply, so it is an operation of its own. */
function addEmitted(task: EmitTask, parts: Parts): void {
  const emitted = `${task.key}Messages`;
  addMessage(task, { name: emitted, side: "emits", view: "reader" }, parts);
  parts.channels[emitted] = {
    address: null,
    messages: { [emitted]: ref(`components/messages/${emitted}`) },
  };
  parts.operations[emitted] = {
    action: "send",
    channel: ref(`channels/${emitted}`),
    messages: [ref(`channels/${emitted}/messages/${emitted}`)],
  };
}

const TITLES = { input: "job", output: "result", emits: "message" } as const;

interface MessageSource {
  readonly name: string;
  readonly side: SchemaSide;
  readonly view: SchemaView;
}

function addMessage(task: EmitTask, { name, side, view }: MessageSource, parts: Parts): void {
  const schema = task.contract.data[side];
  const title = `${task.contract.data.name} ${TITLES[side]}`;
  if (schema === undefined) {
    parts.messages[name] = { name, title, payload: true };
    return;
  }
  const { $defs, ...root } = toJsonSchema(schema, view, `#/components/schemas/${name}_`);
  parts.schemas[name] = toDraft7(root);
  for (const [definition, part] of Object.entries(($defs ?? {}) as JsonSchema)) {
    parts.schemas[`${name}_${definition}`] = toDraft7(part);
  }
  const example = exampleOf(schema);
  const isObject = typeof example === "object" && example !== null && !Array.isArray(example);
  parts.messages[name] = {
    name,
    title,
    payload: ref(`components/schemas/${name}`),
    ...(isObject && { examples: [{ payload: example }] }),
  };
}

function ref(path: string): Section {
  return { $ref: `#/${path}` };
}

/** Keywords whose value is data, not schemas. */
const DATA_KEYWORDS = new Set(["const", "enum", "default", "examples", "required"]);

/** AsyncAPI's own schemas follow draft 7: lists of fixed slots are written otherwise, and a reference stands alone. */
function toDraft7(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => toDraft7(item));
  if (typeof value !== "object" || value === null) return value;
  const { prefixItems, items, $ref, ...rest } = value as JsonSchema;
  const entries = Object.entries(rest).map(([key, item]) => [key, convertKeyword(key, item)] as const);
  const converted = Object.fromEntries(entries);
  if ($ref !== undefined) {
    return entries.length === 0 ? { $ref } : { ...converted, allOf: [{ $ref }] };
  }
  const slots = prefixItems === undefined ? {} : { items: toDraft7(prefixItems) };
  if (items === undefined) return { ...converted, ...slots };
  return {
    ...converted,
    ...slots,
    [prefixItems === undefined ? "items" : "additionalItems"]: toDraft7(items),
  };
}

function convertKeyword(key: string, value: JsonValue): JsonValue {
  if (DATA_KEYWORDS.has(key)) return value;
  if (key !== "properties" || typeof value !== "object" || value === null) return toDraft7(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, schema]) => [name, toDraft7(schema as JsonValue)]),
  );
}
