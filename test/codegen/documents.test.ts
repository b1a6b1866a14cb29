import { Parser } from "@asyncapi/parser";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { emitDocument } from "../../codegen/emit/documents.js";
import { toEmitTask } from "../../codegen/emit/emit-task.js";
import type { EmitTask } from "../../codegen/emit/emitted-task.js";
import { toJsonSchema } from "../../codegen/emit/json-schema.js";
import { compileIr } from "../../src/schema/interpreter.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { mutatedPayload } from "./mutated-payload.js";
import { samples, type ZooName, zoo } from "./zoo.js";

/** Formats are notes here; patterns decide. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });

function taskOf(name: string, schema: z.ZodType): EmitTask {
  const input = irOf(schema);
  return toEmitTask(
    {
      data: {
        name,
        version: 1,
        description: "Does it.\nWell.",
        timeout: "30s",
        group: { by: "to" },
        deduplicate: { by: "to" },
        input,
        output: input,
      },
      source: { file: "/p/contracts/a.ts", name: "a" },
      definedAt: { file: "/p/contracts/a.ts", line: 3, column: 1 },
      doc: undefined,
      zodVersion: "4.6.7",
    },
    "/p",
  );
}

const tasks = zooNames.map((name) => taskOf(`zoo.${name.toLowerCase()}`, zoo[name]));
const source = { tasks, title: "Zoo", version: "1.2.3" };

/** Kinds that JSON Schema says completely, so that it must refuse what zod refuses. */
const COMPLETE: readonly ZooName[] = [
  "string",
  "number",
  "boolean",
  "enum",
  "literals",
  "object",
  "objectNested",
  "objectStrict",
  "objectCatchall",
  "nullable",
  "union",
  "array",
  "template",
  "stringBounds",
  "numberBounds",
  "email",
].filter((name): name is ZooName => name in zoo);

describe("JSON Schema of a contract", () => {
  it.each(zooNames)("lets everything pass that the contract accepts: %s", (name) => {
    const schema = irOf(zoo[name]);
    const writer = ajv.compile(toJsonSchema(schema, "writer"));
    const reader = ajv.compile(toJsonSchema(schema, "reader"));
    const isComplete = COMPLETE.includes(name);
    const send = compileIr(schema);
    const check = (value: unknown): void => {
      // zod drops a key of this name unseen, which JSON Schema has no word for.
      if (value === undefined || JSON.stringify(value).includes('"__proto__":')) return;
      const context = `${name} with ${JSON.stringify(value)}`;
      const sent = send(value);
      if (sent.issues !== undefined) {
        if (isComplete) expect(writer(value), context).toBe(false);
        return;
      }
      expect(writer(value), `${context}: ${ajv.errorsText(writer.errors)}`).toBe(true);
      const text = JSON.stringify(sent.value);
      if (text === undefined) return;
      expect(reader(JSON.parse(text)), `${context}, sent as ${text}: ${ajv.errorsText(reader.errors)}`).toBe(
        true,
      );
    };
    for (const sample of samples[name] ?? []) check(sample);
    fc.assert(fc.property(mutatedPayload(name), check), { numRuns: 40, seed: 4 });
  });

  it("comes as a file per task and message, with its own name", () => {
    const files = emitDocument("json-schema", { ...source, tasks: tasks.slice(0, 1) });
    expect([...files.keys()]).toEqual([
      "zoo-string.input.json",
      "zoo-string.payload.json",
      "zoo-string.return.json",
      "zoo-string.result.json",
      ".gitattributes",
    ]);
    expect(JSON.parse(files.get("zoo-string.input.json") ?? "")).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "zoo-string.input.json",
      title: "zoo.string input",
      type: "string",
    });
  });

  it("tells what may be sent from what arrives", () => {
    const schema = irOf(z.object({ a: z.string().default("x"), b: z.number().optional() }));
    expect(toJsonSchema(schema, "writer")).not.toHaveProperty("required");
    expect(toJsonSchema(schema, "reader")).toMatchObject({ required: ["a"], additionalProperties: false });
  });
});

describe("the AsyncAPI document", () => {
  it("is valid under the official parser, for every schema of the zoo", async () => {
    const text = emitDocument("asyncapi", source).get("asyncapi.json") ?? "";
    const { diagnostics, document } = await new Parser().parse(text);
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 0);
    expect(errors.map((error) => `${error.path.join(".")}: ${error.message}`)).toEqual([]);
    expect(document?.version()).toBe("3.0.0");
    expect(document?.operations().length).toBe(tasks.length);
    expect(document?.channels().get("zooString")?.address()).toBe("zoo.string");
  });
});

describe("the Markdown reference", () => {
  it("shows a task's words, options, fields and an example", () => {
    const schema = z.object({
      to: z.email().describe("Whom to write to."),
      tags: z.array(z.object({ name: z.string() })).default([]),
    });
    const text = emitDocument("markdown", { ...source, tasks: [taskOf("email.send", schema)] }).get(
      "tasks.md",
    );
    expect(text).toContain("- [email.send](#emailsend): Does it.\n");
    expect(text).toContain("| timeout | 30s |\n");
    expect(text).toContain('| group | `{"by":"to"}` |\n| deduplicate | `{"by":"to"}` |\n');
    expect(text).toContain("| `to` | `string` | required | Whom to write to. Format email. |\n");
    expect(text).toContain("| `tags[].name` | `string` | required |  |\n");
    const example = /```json\n([^`]*)```/.exec(text ?? "")?.[1] ?? "";
    expect(schema.safeParse(JSON.parse(example)).success).toBe(true);
  });

  it("holds every task of the zoo", () => {
    const text = emitDocument("markdown", source).get("tasks.md") ?? "";
    expect(text.match(/^## /gm)).toHaveLength(tasks.length);
  });
});
