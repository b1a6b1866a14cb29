import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check, generate } from "../../codegen/generate.js";
import { parseLock } from "../../codegen/lock.js";
import { compileProject } from "./support/compile-project.js";
import { runNode, type TempProject, tempProject } from "./support/temp-project.js";

const CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/**/*.ts"],
  outputs: [
    { kind: "client", dir: "producer/tasks.gen", register: true },
    { kind: "handlers", dir: "worker/tasks.gen", stubs: "worker/handlers", register: true },
    { kind: "client", dir: "js/tasks.gen", target: "js" },
    { kind: "package", dir: "pack", name: "@acme/tasks" },
    { kind: "json-schema", dir: "schemas" },
    { kind: "asyncapi", dir: "asyncapi" },
    { kind: "markdown", dir: "docs" },
  ],
});
`;

/** One that emits, one that collects and emits, and one that does neither. */
const CONTRACTS = `import { defineTask } from "taskora/contract";
import * as z from "zod";

/** Writes an answer. */
export const writeAnswer = defineTask({
  name: "answer.write",
  input: z.object({ question: z.string() }),
  output: z.object({ words: z.number() }),
  emits: z.object({ word: z.string().describe("As it was written."), index: z.int().default(0) }),
});
export const addUp = defineTask({
  name: "add.up",
  input: z.object({ value: z.number() }),
  emits: z.number(),
  collect: { delay: "1ms" },
});
export const beQuiet = defineTask({ name: "be.quiet", input: z.object({ id: z.string() }) });
`;

const HANDLERS = {
  "worker/handlers/answer-write.ts": `import type { AnswerWriteHandler } from "../tasks.gen/index.js";
export const answerWrite: AnswerWriteHandler = async ({ question }, ctx) => {
  const words = question.split(" ");
  words.forEach((word, index) => ctx.emit(index === 0 ? { word } : { word, index }));
  try {
    ctx.emit({ word: 1 as never });
  } catch (error) {
    ctx.emit({ word: (error as Error).message });
  }
  return { words: words.length };
};
`,
  "worker/handlers/add-up.ts": `import type { AddUpHandler } from "../tasks.gen/index.js";
export const addUp: AddUpHandler = async (items, ctx) => {
  ctx.emit(items.reduce((total, { value }) => total + value, 0));
};
`,
  "worker/handlers/be-quiet.ts": `import type { BeQuietHandler } from "../tasks.gen/index.js";
export const beQuiet: BeQuietHandler = async (_input, ctx) => ctx.log.info("quiet");
`,
};

const MAIN = `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { type AnswerWriteMessage, createClient } from "./producer/tasks.gen/index.js";
import { addUp } from "./worker/handlers/add-up.js";
import { answerWrite } from "./worker/handlers/answer-write.js";
import { beQuiet } from "./worker/handlers/be-quiet.js";
import { implementTasks } from "./worker/tasks.gen/index.js";

const taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
implementTasks(taskora, { answerWrite, addUp: { handler: addUp, concurrency: 2 }, beQuiet });
await taskora.start();
const tasks = createClient(taskora);
const job = await tasks.answerWrite.dispatch({ question: "what for" });
const heard: AnswerWriteMessage[] = [];
for await (const { value } of job.messages()) heard.push(value);
const named: string[] = [];
for await (const { value } of taskora.jobs.handle({ task: "answer.write", id: job.id }).messages()) named.push(value.word);
const sums: number[] = [];
for await (const { value } of (await tasks.addUp.dispatch({ value: 2 })).messages()) sums.push(value);
console.log(JSON.stringify({ heard, named: named.length, sums }));
await taskora.close();
`;

/** Each line does not compile. */
const WRONG = `import type { Taskora } from "taskora";
import { createClient } from "./producer/tasks.gen/index.js";
import type { AnswerWriteHandler, BeQuietHandler } from "./worker/tasks.gen/index.js";
declare const app: Taskora;
export const tooLittle: AnswerWriteHandler = async (_, ctx) => (ctx.emit({ index: 1 }), { words: 0 });
export const nothing: BeQuietHandler = async (_, ctx) => ctx.emit("a");
for await (const { value } of createClient(app).answerWrite.job("1").messages()) value.text;
for await (const { value } of app.jobs.handle({ task: "answer.write", id: "1" }).messages()) value.text;
for await (const { value } of createClient(app).beQuiet.job("1").messages()) value.text;
`;

let project: TempProject;

beforeAll(async () => {
  project = tempProject({ "taskora.config.ts": CONFIG, "contracts/tasks.ts": CONTRACTS });
  await generate({ cwd: project.dir });
  project.write({ ...HANDLERS, "main.ts": MAIN });
});

afterAll(() => project.dispose());

describe("a contract with emits, generated", { timeout: 120_000 }, () => {
  it("type-checks, and its messages are heard with their types", async () => {
    expect((await check({ cwd: project.dir })).findings).toEqual([]);
    expect([...compileProject(project)].filter(([, messages]) => messages.length > 0)).toEqual([]);
    const loader = join(process.cwd(), "node_modules/tsx/dist/loader.mjs");
    const { stdout, stderr } = await runNode(["--import", loader, "main.ts"], project.dir);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      heard: [
        { word: "what", index: 0 },
        { word: "for", index: 1 },
        { word: expect.stringMatching(/does not fit the emits schema of answer.write: word/), index: 0 },
      ],
      named: 3,
      sums: [2],
    });
  });

  it("refuses what the handler must not emit and what a message does not have", () => {
    const lines = WRONG.split("\n");
    project.write({ "wrong.ts": WRONG });
    const found = compileProject(project).get("wrong.ts") ?? [];
    project.remove("wrong.ts");
    expect(found).toHaveLength(lines.filter((line) => /^export|^for/.test(line)).length);
  });

  it("is checked where messages are emitted: the client carries types alone", () => {
    const client = project.files("producer/tasks.gen");
    expect(client["producer/tasks.gen/index.ts"]).toContain(
      "readonly answerWrite: TaskClient<AnswerWriteInput, AnswerWriteResult, AnswerWriteMessage>;",
    );
    expect(client["producer/tasks.gen/index.ts"]).toContain(
      "readonly beQuiet: TaskClient<BeQuietInput, BeQuietResult>;",
    );
    expect(client["producer/tasks.gen/validators/answer-write.ts"]).not.toContain("emits");
    expect(client["producer/tasks.gen/tasks/answer-write.ts"]).not.toContain("emits");
    expect(project.read("worker/tasks.gen/validators/answer-write.ts")).toContain("export const emits");
    expect(project.read("worker/tasks.gen/tasks/answer-write.ts")).toContain(
      "Handler<AnswerWritePayload, AnswerWriteReturn, AnswerWriteEmit>;",
    );
  });

  it.each(["js/tasks.gen/index.d.ts", "pack/index.d.ts", "pack/cjs/index.d.ts"])(
    "has its messages in %s",
    (file) => {
      expect(project.read(file)).toContain("AnswerWriteMessage");
      expect(project.read(file)).not.toContain("BeQuietMessage");
    },
  );

  it("is in the lock, which reads back", () => {
    const reading = parseLock(project.read(".taskora/contracts/answer.write.json"));
    expect(reading).toMatchObject({ status: "ok", lock: { emits: { root: { kind: "object" } } } });
    expect(project.read(".taskora/contracts/be.quiet.json")).not.toContain("emits");
  });

  it("is in the documents", () => {
    const schemas = Object.keys(project.files("schemas"));
    expect(schemas.filter((path) => /(emit|message)\.json$/.test(path))).toEqual([
      "schemas/add-up.emit.json",
      "schemas/add-up.message.json",
      "schemas/answer-write.emit.json",
      "schemas/answer-write.message.json",
    ]);
    const message = JSON.parse(project.read("schemas/answer-write.message.json"));
    expect(message).toMatchObject({ title: "answer.write message", required: ["word", "index"] });
    const { channels, operations } = JSON.parse(project.read("asyncapi/asyncapi.json"));
    expect(Object.keys(channels)).toContain("answerWriteMessages");
    expect(operations.answerWriteMessages).toMatchObject({
      action: "send",
      channel: { $ref: "#/channels/answerWriteMessages" },
    });
    expect(operations).not.toHaveProperty("beQuietMessages");
    const text = project.read("docs/tasks.md");
    expect(text).toContain("### Messages\n\n| field |");
    expect(text).toContain("| `word` | `string` | required | As it was written. |");
    expect(text.match(/### Messages/g)).toHaveLength(2);
  });

  it("is compared, message readers first", async () => {
    const before = project.read("contracts/tasks.ts");
    project.write({ "contracts/tasks.ts": before.replace("word: z.string()", "word: z.number()") });
    const { code, stdout } = await project.taskora("diff", "--json");
    project.write({ "contracts/tasks.ts": before });
    expect(code).toBe(5);
    const [finding] = JSON.parse(stdout).data.tasks[0].findings;
    expect(finding).toMatchObject({
      rule: "TYPE_CHANGED",
      path: "emits.word",
      edges: {
        messageReaders: { verdict: "break", proof: { wire: { index: 0 } } },
        storedMessages: { verdict: "break" },
      },
      at: { line: 9 },
    });
  });

  it("may not transform a message one way", async () => {
    const before = project.read("contracts/tasks.ts");
    project.write({
      "contracts/tasks.ts": before.replace("emits: z.number()", "emits: z.string().transform(Number)"),
    });
    const { findings } = await check({ cwd: project.dir });
    project.write({ "contracts/tasks.ts": before });
    expect(findings[0]).toMatchObject({
      code: "TRANSFORM_IN_OUTPUT",
      task: "add.up",
      path: "emits",
      message: expect.stringContaining("an emits schema cannot be undone by whoever reads the message"),
    });
  });
});
