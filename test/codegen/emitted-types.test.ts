import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { sortUnions } from "../types/snippets.js";
import { compileProject } from "./support/compile-project.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

const EMAIL = contractText({
  name: "email.send",
  exportName: "sendEmail",
  input: 'z.object({ to: z.email(), locale: z.enum(["en", "de"]).default("en") })',
  output: "z.object({ messageId: z.string() })",
});
const REPORT = contractText({
  name: "report",
  exportName: "report",
  input: "z.object({ day: z.string().transform((text) => new Date(text)) })",
  output: "z.object({ pages: z.number(), note: z.string().optional() })",
});
const PAINT = `import { defineTask } from "taskora/contract";
import * as z from "zod";
import { Colour } from "./colour.js";

export const paint = defineTask({
  name: "wall.paint",
  input: z.object({ colour: z.enum(Colour), wall: z.string().brand<"WallId">() }),
  output: z.object({ colour: z.enum(Colour) }),
});
`;
const COLOUR = 'export enum Colour {\n  Red = "red",\n  Blue = "blue",\n}\n';
/** Nothing in it is looked at. */
const LOOSE = contractText({
  name: "loose",
  exportName: "loose",
  input: "z.union([z.string(), z.any()])",
  output: "z.any()",
});
const COUNT = `import { defineTask } from "taskora/contract";
import * as z from "zod";

export const count = defineTask({
  name: "count",
  input: z.object({ n: z.number() }),
  output: z.number(),
  collect: { delay: "1s", maxSize: 50 },
});
`;

const HANDLERS = `
import type { CountHandler, EmailSendHandler, LooseHandler, ReportHandler, WallPaintHandler } from "../worker/tasks.gen/index.js";
import { implementTasks } from "../worker/tasks.gen/index.js";
import type { Taskora } from "taskora";
import type * as z from "zod";
import type { Colour } from "../contracts/colour.js";
declare const taskora: Taskora;
const emailSend: EmailSendHandler = async (input) => ({ messageId: input.to + input.locale.length });
const report: ReportHandler = async (input) => ({ pages: input.day.getDate() });
const count: CountHandler = (items, ctx) => items.reduce((sum, { n }) => sum + n, ctx.items.length);
const own = (wall: string & z.$brand<"WallId">, colour: Colour) => ({ wall, colour });
const loose: LooseHandler = async () => undefined;
const wallPaint: WallPaintHandler = async (input) => own(input.wall, input.colour);
`;

const CLIENT = `
import { createClient, dispatchItem, dispatchItems, type TaskItem } from "../producer/tasks.gen/index.js";
import type { Taskora } from "taskora";
declare const taskora: Taskora;
const tasks = createClient(taskora);
void [dispatchItem, dispatchItems];
export type Item = TaskItem;
`;

/** File → its text; `ok` files compile, the others do not. */
const USES: Readonly<Record<string, string>> = {
  "ok-client": `${CLIENT}
    export async function run(): Promise<string> {
      const job = await tasks.emailSend.dispatch({ to: "a@b.co" });
      const { messageId } = await job.result;
      await tasks.report.dispatch({ day: "2026-01-01" }, { delay: "1s" });
      return messageId;
    }`,
  "ok-handlers": `${HANDLERS} implementTasks(taskora, { emailSend, report, count, wallPaint, loose });`,
  "ok-handler-options": `${HANDLERS} implementTasks(taskora, { emailSend: { handler: emailSend, concurrency: 5 }, report, count: { handler: count, onCancel: ({ n }) => void n }, wallPaint, loose });`,
  "ok-items": `${CLIENT}
    const items: TaskItem[] = [{ name: "email.send", data: { to: "a@b.co" } }, { name: "report", data: { day: "2026-01-01" }, options: { delay: "1s" } }];
    export const stored = dispatchItems(tasks, items);
    export const one = (item: TaskItem): string => dispatchItem(tasks, item).id;`,
  "ok-without-data": `${CLIENT} void [tasks.loose.dispatch(), tasks.loose.dispatch(1, { delay: "1s" }), tasks.loose.step()];`,
  "data-missing": `${CLIENT} void tasks.emailSend.dispatch();`,
  "wrong-item": `${CLIENT} void dispatchItem(tasks, { name: "email.send", data: { day: "2026-01-01" } });`,
  "unknown-item": `${CLIENT} void dispatchItem(tasks, { name: "email.sent", data: { to: "a@b.co" } });`,
  "wrong-payload": `${CLIENT} void tasks.emailSend.dispatch({ to: 1 });`,
  "missing-field": `${CLIENT} void tasks.emailSend.dispatch({});`,
  "unknown-field": `${CLIENT} void tasks.emailSend.dispatch({ to: "a@b.co", subjekt: "" });`,
  "wrong-enum": `${CLIENT} void tasks.emailSend.dispatch({ to: "a@b.co", locale: "fr" });`,
  "payload-instead-of-input": `${CLIENT} void tasks.report.dispatch({ day: new Date() });`,
  "wrong-result": `${CLIENT} export const id: Promise<number> = tasks.emailSend.dispatch({ to: "" }).result.then((r) => r.messageId);`,
  "unknown-task": `${CLIENT} void tasks.emailSent.dispatch({ to: "a@b.co" });`,
  "missing-handler": `${HANDLERS} void emailSend; implementTasks(taskora, { report, count, wallPaint, loose });`,
  "unknown-handler": `${HANDLERS} implementTasks(taskora, { emailSend, report, count, other: emailSend, wallPaint, loose });`,
  "swapped-handlers": `${HANDLERS} implementTasks(taskora, { emailSend: report, report: emailSend, count, wallPaint, loose });`,
  "wrong-return": `${HANDLERS} export const wrong: EmailSendHandler = async () => ({ messageId: 1 }); void [emailSend, report, count, wallPaint, loose, implementTasks, taskora];`,
  "item-instead-of-items": `${HANDLERS} export const wrong: CountHandler = (item) => item.n; void [emailSend, report, count, wallPaint, loose, implementTasks, taskora];`,
  "items-of-no-batch": `${HANDLERS} export const wrong: ReportHandler = async (_, ctx) => ({ pages: ctx.items.length }); void [emailSend, report, count, wallPaint, loose, implementTasks, taskora];`,
  "input-instead-of-payload": `${HANDLERS} export const wrong: ReportHandler = async (input) => ({ pages: input.day.length }); void [emailSend, report, count, wallPaint, loose, implementTasks, taskora];`,
};

let project: TempProject;
let errors: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  project = tempProject({
    "taskora.config.ts": FULL_CONFIG,
    "contracts/email.ts": EMAIL,
    "contracts/report.ts": REPORT,
    "contracts/count.ts": COUNT,
    "contracts/paint.ts": PAINT,
    "contracts/colour.ts": COLOUR,
    "contracts/loose.ts": LOOSE,
    "tsconfig.json": '{ "compilerOptions": { "module": "NodeNext" } }',
    ...Object.fromEntries(Object.entries(USES).map(([name, text]) => [`uses/${name}.ts`, text])),
  });
  await generate({ cwd: project.dir });
  errors = compileProject(project);
});

afterAll(() => project.dispose());

describe("emitted code", () => {
  it("compiles under the strictest options", () => {
    const emitted = [...errors].filter(([path]) => !path.startsWith("uses/"));
    expect(emitted.length).toBeGreaterThan(8);
    expect(emitted.filter(([, messages]) => messages.length > 0)).toEqual([]);
  });

  it.each(Object.keys(USES).filter((name) => name.startsWith("ok-")))("lets %s compile", (name) => {
    expect(errors.get(`uses/${name}.ts`)).toEqual([]);
  });

  it.each<[name: string, says: readonly string[]]>([
    ["data-missing", ["Expected 1-2 arguments, but got 0."]],
    [
      "wrong-item",
      [
        [
          `Argument of type '{ name: "email.send"; data: { day: string; }; }' is not assignable to parameter of type 'TaskItem'.`,
          "  Types of property 'data' are incompatible.",
          "    Object literal may only specify known properties, and 'day' does not exist in type 'EmailSendInput'.",
        ].join("\n"),
      ],
    ],
    ["items-of-no-batch", ["Property 'items' does not exist on type 'JobContext<never>'."]],
    [
      "unknown-item",
      [
        `Type '"email.sent"' is not assignable to type '"count" | "email.send" | "loose" | "wall.paint" | "report"'. Did you mean '"email.send"'?`,
      ],
    ],
    ["wrong-payload", ["Type 'number' is not assignable to type 'string'."]],
    [
      "missing-field",
      [
        [
          "Argument of type '{}' is not assignable to parameter of type 'EmailSendInput'.",
          "  Property 'to' is missing in type '{}' but required in type 'EmailSendInput'.",
        ].join("\n"),
      ],
    ],
    [
      "unknown-field",
      [
        "Object literal may only specify known properties, and 'subjekt' does not exist in type 'EmailSendInput'.",
      ],
    ],
    ["wrong-enum", [`Type '"fr"' is not assignable to type '"en" | "de" | undefined'.`]],
    ["payload-instead-of-input", ["Type 'Date' is not assignable to type 'string'."]],
    [
      "wrong-result",
      [
        [
          "Type 'Promise<string | number>' is not assignable to type 'Promise<number>'.",
          "  Type 'string | number' is not assignable to type 'number'.",
          "    Type 'string' is not assignable to type 'number'.",
        ].join("\n"),
      ],
    ],
    [
      "unknown-task",
      ["Property 'emailSent' does not exist on type 'TaskClients'. Did you mean 'emailSend'?"],
    ],
    [
      "missing-handler",
      [
        [
          "Argument of type '{ report: ReportHandler; count: CountHandler; wallPaint: WallPaintHandler; loose: LooseHandler; }' is not assignable to parameter of type 'TaskHandlers'.",
          "  Property 'emailSend' is missing in type '{ report: ReportHandler; count: CountHandler; wallPaint: WallPaintHandler; loose: LooseHandler; }' but required in type 'TaskHandlers'.",
        ].join("\n"),
      ],
    ],
    [
      "unknown-handler",
      [
        "Object literal may only specify known properties, and 'other' does not exist in type 'TaskHandlers'.",
      ],
    ],
    [
      "swapped-handlers",
      [
        [
          "Type 'ReportHandler' is not assignable to type 'HandlerEntry<EmailSendPayload, EmailSendReturn>'.",
          "  Type 'ReportHandler' is not assignable to type 'Handler<EmailSendPayload, EmailSendReturn, never>'.",
          "    Types of parameters 'data' and 'data' are incompatible.",
          "      Property 'day' is missing in type 'EmailSendPayload' but required in type '{ day: Date; }'.",
        ].join("\n"),
        [
          "Type 'EmailSendHandler' is not assignable to type 'HandlerEntry<{ day: Date; }, ReportReturn>'.",
          "  Type 'EmailSendHandler' is not assignable to type 'Handler<{ day: Date; }, ReportReturn, never>'.",
          "    Types of parameters 'data' and 'data' are incompatible.",
          "      Type '{ day: Date; }' is missing the following properties from type 'EmailSendPayload': to, locale",
        ].join("\n"),
      ],
    ],
    [
      "wrong-return",
      [
        [
          "Type 'Promise<{ messageId: number; }>' is not assignable to type 'EmailSendReturn | Promise<EmailSendReturn>'.",
          "  Type 'Promise<{ messageId: number; }>' is not assignable to type 'Promise<EmailSendReturn>'.",
          "    Type '{ messageId: number; }' is not assignable to type 'EmailSendReturn'.",
          "      Types of property 'messageId' are incompatible.",
          "        Type 'number' is not assignable to type 'string'.",
        ].join("\n"),
      ],
    ],
    ["item-instead-of-items", ["Property 'n' does not exist on type 'readonly CountInput[]'."]],
    ["input-instead-of-payload", ["Property 'length' does not exist on type 'Date'."]],
  ])("does not let %s compile, and says why", (name, says) => {
    expect(errors.get(`uses/${name}.ts`)?.map(sortUnions)).toEqual(says.map(sortUnions));
  });
});
