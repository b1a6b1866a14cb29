import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check, generate } from "../../codegen/generate.js";
import { compileProject } from "./support/compile-project.js";
import { runNode, type TempProject, tempProject } from "./support/temp-project.js";

/** What a package of contracts holds once it is built. */
const PACKAGE = {
  "package.json": '{ "name": "@acme/contracts", "type": "module", "exports": { "./*": "./dist/*" } }',
  "dist/email.js": `import { defineTask } from "taskora/contract";
import * as z from "zod";
/** Sends one mail. */
export const sendEmail = defineTask({
  name: "email.send",
  input: z.object({ to: z.email() }),
  output: z.object({ sent: z.boolean() }),
});
`,
  "dist/email.d.ts": `import type { TaskContract } from "taskora/contract";
import type * as z from "zod";
export declare const sendEmail: TaskContract<
  "email.send",
  z.ZodObject<{ to: z.ZodEmail }>,
  z.ZodObject<{ sent: z.ZodBoolean }>
>;
`,
};

const CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["node_modules/@acme/contracts/dist/*.js"],
  outputs: [
    { kind: "handlers", dir: "src/tasks.gen", stubs: "src/handlers" },
    { kind: "client", dir: "src/client" },
  ],
});
`;

const HANDLER = `import type { EmailSendHandler } from "../tasks.gen/index.js";
export const emailSend: EmailSendHandler = async ({ to }) => ({ sent: to.includes("@") });
`;

const MAIN = `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createClient } from "./client/index.js";
import { emailSend } from "./handlers/email-send.js";
import { implementTasks } from "./tasks.gen/index.js";
const taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
implementTasks(taskora, { emailSend });
await taskora.start();
const job = await createClient(taskora).emailSend.dispatch({ to: "ada@example.com" });
console.log(JSON.stringify(await job.result));
await taskora.close();
`;

let project: TempProject;

beforeAll(() => {
  const installed = Object.entries(PACKAGE).map(([path, text]) => [
    `node_modules/@acme/contracts/${path}`,
    text,
  ]);
  project = tempProject({ "taskora.config.ts": CONFIG, ...Object.fromEntries(installed) });
});

afterAll(() => project.dispose());

describe("a worker in another repository than its contracts", { timeout: 120_000 }, () => {
  it("is generated from the package that holds them", async () => {
    await generate({ cwd: project.dir });
    project.write({ "src/handlers/email-send.ts": HANDLER, "src/main.ts": MAIN });
    expect((await check({ cwd: project.dir })).findings).toEqual([]);
    expect(project.read("src/tasks.gen/tasks/email-send.ts")).toContain(
      'from "../../../node_modules/@acme/contracts/dist/email.js"',
    );
  });

  it("type-checks, and runs", async () => {
    expect([...compileProject(project)].filter(([, messages]) => messages.length > 0)).toEqual([]);
    const loader = join(process.cwd(), "node_modules/tsx/dist/loader.mjs");
    const { stdout, stderr } = await runNode(["--import", loader, "src/main.ts"], project.dir);
    expect({ stdout, stderr }).toEqual({ stdout: '{"sent":true}\n', stderr: "" });
  });

  it("is not made from packages that no pattern names", async () => {
    const everywhere = CONFIG.replace("node_modules/@acme/contracts/dist/*.js", "**/*.js");
    project.write({ "wide.config.ts": everywhere });
    const { findings } = await check({ cwd: project.dir, configFile: "wide.config.ts" });
    expect(findings.map(({ code }) => code)).toEqual(["CONFIG_NO_CONTRACTS"]);
  });
});
