import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check, generate } from "../../codegen/generate.js";
import { compileProject } from "./support/compile-project.js";
import { type Editor, openEditor } from "./support/editor.js";
import { contractText, type TempProject, tempProject } from "./support/temp-project.js";

const CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/**/*.ts"],
  outputs: [
    { kind: "client", dir: "producer/tasks.gen", register: true },
    { kind: "handlers", dir: "worker/tasks.gen", register: true },
    { kind: "client", dir: "js/tasks.gen", target: "js", tasks: ["email.*"], register: true },
    { kind: "package", dir: "pack", name: "@acme/tasks", register: true },
    { kind: "client", dir: "plain/tasks.gen" },
  ],
});
`;
const EMAIL = contractText({
  name: "email.send",
  exportName: "sendEmail",
  input: 'z.object({ to: z.email(), locale: z.enum(["en", "de"]).default("en") })',
  output: "z.object({ messageId: z.string() })",
});
/** The handler's side has a date, jobs and results have text. */
const REPORT = contractText({
  name: "report",
  exportName: "report",
  input: "z.object({ day: z.string().transform((text) => new Date(text)) })",
  output: "z.object({ pages: z.number() })",
});

const DECLARED = `declare module "taskora" {
  interface Register {
    readonly "email.send": { readonly data: EmailSendInput; readonly result: EmailSendResult };
    readonly "report": { readonly data: ReportInput; readonly result: ReportResult };
  }
}
`;

/** Each name is written where the editor is asked for it. */
const PLACES: Readonly<Record<string, string>> = {
  "tasks.get": 'app.tasks.get("NAME")',
  "tasks.handle": 'app.tasks.handle("NAME")',
  "jobs.count": 'app.jobs.count({ task: "NAME" })',
  "jobs.list": 'app.jobs.list({ task: "NAME" })',
  "jobs.list of some": 'app.jobs.list({ task: ["NAME"] })',
  "jobs.get": 'app.jobs.get({ task: "NAME", id: "1" })',
  "jobs.handle": 'app.jobs.handle({ task: "NAME", id: "1" })',
  "jobs.cancel": 'app.jobs.cancel({ task: "NAME", id: "1" })',
  "jobs.byKey": 'app.jobs.byKey({ task: "NAME", key: "k" })',
  "jobs.removeAll": 'app.jobs.removeAll({ task: "NAME" })',
  "workers.list": 'app.workers.list({ task: "NAME" })',
  "schedules.upsert": 'app.schedules.upsert("s", { every: "1h", task: "NAME" })',
  schedule: 'app.schedule("s", { every: "1h", task: "NAME" })',
  on: 'app.on("failed", () => undefined, { task: "NAME" })',
  once: 'app.once("failed", { task: "NAME" })',
  start: 'app.start({ tasks: ["NAME"] })',
};

const READ = `import type { Taskora } from "taskora";
import "../producer/tasks.gen/index.js";
import "../worker/tasks.gen/index.js";
export async function read(app: Taskora): Promise<readonly string[]> {
  const mail = await app.jobs.get({ task: "email.send", id: "1" });
  const report = await app.jobs.get({ task: "report", id: "1" });
  const { messageId } = await app.jobs.handle({ task: "email.send", id: "1" }).result;
  return [mail?.data?.to ?? "", report?.data?.day ?? "", messageId];
}
`;

const WRITE = `import type { Taskora } from "taskora";
import "../producer/tasks.gen/index.js";
declare const app: Taskora;
${Object.values(PLACES)
  .map((place) => `void ${place.replace("NAME", "")};`)
  .join("\n")}
`;

let project: TempProject;

beforeAll(async () => {
  project = tempProject({
    "taskora.config.ts": CONFIG,
    "contracts/email.ts": EMAIL,
    "contracts/report.ts": REPORT,
    "tsconfig.json": '{ "compilerOptions": { "module": "NodeNext", "strict": true, "types": [] } }',
    "uses/read.ts": READ,
    "uses/write.ts": WRITE,
  });
  await generate({ cwd: project.dir });
});

afterAll(() => project.dispose());

describe("an output with register", () => {
  it.each(["producer/tasks.gen/index.ts", "worker/tasks.gen/index.ts"])(
    "declares its tasks in %s",
    (file) => {
      expect(project.read(file)).toContain(DECLARED);
    },
  );

  it.each(["js/tasks.gen/index.d.ts", "pack/index.d.ts", "pack/cjs/index.d.ts"])(
    "declares them in %s too, of its own tasks",
    (file) => {
      const text = project.read(file);
      expect(text).toContain('declare module "taskora" {');
      expect(text).toContain('readonly "email.send"');
      expect(text.includes('readonly "report"')).toBe(!file.startsWith("js/"));
    },
  );

  it("declares nothing unless it is asked to", () => {
    expect(project.read("plain/tasks.gen/index.ts")).not.toContain("declare module");
  });

  it("adds up with others of one program, those of the same tasks too", () => {
    const problems = [...compileProject(project)].filter(([path]) => !path.startsWith("taskora.config"));
    expect(problems.filter(([, messages]) => messages.length > 0)).toEqual([]);
  });

  it("changes no lock, and is not stale", async () => {
    expect((await check({ cwd: project.dir })).findings).toEqual([]);
    expect(JSON.stringify(project.files(".taskora"))).not.toContain("register");
  });
});

describe("an editor", () => {
  let editor: Editor;

  beforeAll(() => {
    editor = openEditor(join(project.dir, "uses/write.ts"), WRITE);
  });
  afterAll(() => editor.close());

  it.each(Object.entries(PLACES))("completes the names of tasks in %s", async (_, place) => {
    const line = WRITE.indexOf(`void ${place.replace("NAME", "")};`);
    const at = line + "void ".length + place.indexOf("NAME");
    // An editor may propose the empty name too that is written already.
    const names = (await editor.completions(at)).filter((name) => name !== "");
    expect(names).toEqual(["email.send", "report"]);
  });
});
