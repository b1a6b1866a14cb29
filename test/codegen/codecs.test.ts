import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { generate } from "../../codegen/generate.js";
import { schemaFromIr } from "../../src/schema/interpreter.js";
import { irOf } from "./from-zod-support.js";
import { compileProject } from "./support/compile-project.js";
import { FULL_CONFIG, runNode, type TempProject, tempProject } from "./support/temp-project.js";

const CONTRACT = `import { defineTask } from "taskora/contract";
import * as z from "zod";

const iso = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const seconds = z.codec(z.int(), z.date(), {
  decode: (at) => new Date(at * 1000),
  encode: (date) => date.getTime() / 1000,
});
export const seen = defineTask({
  name: "seen",
  input: z.object({ at: iso, all: z.array(iso.nullable()).optional(), epoch: seconds }),
  output: z.object({ at: iso }),
});
`;
const HANDLER = `import type { SeenHandler } from "../tasks.gen/index.js";
export const seen: SeenHandler = async ({ at, all = [], epoch }) => ({ at: [at, ...all, epoch].includes(null) ? at.toISOString() : at });
`;
const MAIN = `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createClient, type SeenInput } from "./producer/tasks.gen/index.js";
import { seen } from "./worker/handlers/seen.js";
import { implementTasks } from "./worker/tasks.gen/index.js";
const taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
implementTasks(taskora, { seen });
await taskora.start();
const client = createClient(taskora).seen;
const date = new Date("2026-11-30T05:00:00.000Z");
const given: readonly SeenInput[] = [{ at: date, all: [date, null], epoch: 1 }, { at: date.toISOString(), epoch: 1 }];
for (const input of given) {
  const job = await client.dispatch(input);
  const { at }: { at: string } = await job.result;
  console.log(JSON.stringify([(await job.get())?.data, at]));
}
const wrong = await client.dispatch({ at: date, epoch: date as never }).catch((error: { code?: string }) => error.code);
console.log(wrong);
await taskora.close();
`;
const WRONG = `import type { SeenInput } from "./producer/tasks.gen/index.js";
export const wrong: SeenInput = { at: "x", epoch: new Date() };
`;

let project: TempProject;

beforeAll(async () => {
  project = tempProject({ "taskora.config.ts": FULL_CONFIG, "contracts/seen.ts": CONTRACT });
  await generate({ cwd: project.dir });
  project.write({ "worker/handlers/seen.ts": HANDLER, "main.ts": MAIN });
});

afterAll(() => project.dispose());

describe("a generated client of a contract with codecs", { timeout: 120_000 }, () => {
  it("takes a date where a codec writes ISO text, stores the text, and has no zod", async () => {
    expect([...compileProject(project)].filter(([, messages]) => messages.length > 0)).toEqual([]);
    const loader = join(process.cwd(), "node_modules/tsx/dist/loader.mjs");
    const { stdout, stderr } = await runNode(["--import", loader, "main.ts"], project.dir);
    const text = "2026-11-30T05:00:00.000Z";
    expect({ lines: stdout.trim().split("\n"), stderr }).toEqual({
      lines: [
        JSON.stringify([{ at: text, all: [text, null], epoch: 1 }, text]),
        JSON.stringify([{ at: text, epoch: 1 }, text]),
        "VALIDATION_FAILED",
      ],
      stderr: "",
    });
    expect(JSON.stringify(project.files("producer"))).not.toContain('from \\"zod\\"');
  });

  it("takes no date where a codec writes something else", () => {
    project.write({ "wrong.ts": WRONG });
    const found = compileProject(project).get("wrong.ts");
    project.remove("wrong.ts");
    expect(found).toEqual(["Type 'Date' is not assignable to type 'number'."]);
    const types = project.read("producer/tasks.gen/tasks/seen.ts");
    expect(types).toContain("  at: string | Date;\n");
    expect(types).toContain("  epoch: number;\n");
  });
});

const iso = (encode: (date: Date) => string) =>
  z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode });
const DATE = new Date("2026-11-30T05:00:00.000Z");

describe("a codec as data", () => {
  const sent = (schema: z.ZodType, value: unknown) => schemaFromIr(irOf(schema))["~standard"].validate(value);
  const plain = iso((date) => date.toISOString());

  it.each<[string, z.ZodType, unknown, unknown]>([
    ["an object", z.object({ at: plain }), { at: DATE }, { at: DATE.toISOString() }],
    ["a record", z.record(z.string(), plain), { at: DATE }, { at: DATE.toISOString() }],
    ["a tuple", z.tuple([z.number()], plain), [1, DATE], [1, DATE.toISOString()]],
    ["a union", z.union([z.number(), plain]), DATE, DATE.toISOString()],
    ["a wrapper", plain.optional().nullable(), DATE, DATE.toISOString()],
  ])("takes a date in %s", (_title, schema, value, expected) => {
    expect(sent(schema, value)).toEqual({ value: expected });
  });

  it.each<[string, z.ZodType]>([
    ["writes another text", iso((date) => date.toUTCString())],
    [
      "cannot write every date",
      iso((date) => {
        if (date.getTime() < 0) throw new Error("no");
        return date.toISOString();
      }),
    ],
    ["is text", z.string()],
  ])("refuses a date where it %s", (_title, schema) => {
    expect(sent(schema, DATE)).toMatchObject({ issues: [{ path: [] }] });
  });

  it("refuses a date that is none", () => {
    expect(sent(plain, new Date("no"))).toMatchObject({ issues: [{ path: [] }] });
  });
});
