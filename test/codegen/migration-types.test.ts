import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { compileProject } from "./support/compile-project.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

const INPUTS = {
  1: 'z.object({ to: z.string(), locale: z.string().default("en") })',
  2: "z.object({ to: z.array(z.string()), locale: z.string() })",
  3: "z.object({ to: z.array(z.string()), locale: z.string(), urgent: z.boolean().default(false) })",
} as const;

function contract(version: keyof typeof INPUTS): string {
  const shared = { name: "email.send", exportName: "sendEmail", input: INPUTS[version] };
  return contractText({ ...shared, rest: `version: ${version}` });
}

const HEAD = `
import { defineTask, into, migrations } from "taskora/contract";
import * as z from "zod";
import type { EmailSendHandler, EmailSendMigrations, EmailSendV1, EmailSendV2 } from "../worker/tasks.gen/index.js";
const second = ${INPUTS[2]};
const input = ${INPUTS[3]};
const contract = { name: "email.send", version: 3, input } as const;
declare const taskora: import("taskora").Taskora;
declare const handler: EmailSendHandler;
export const all = [defineTask, into, migrations, second, contract, taskora, handler];
export type All = [EmailSendMigrations, EmailSendV1, EmailSendV2];
`;

/** File → what it does; `ok` files compile, the others do not. */
const USES: Readonly<Record<string, string>> = {
  "ok-steps": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({
    1: ({ to, locale }) => ({ to: [to], locale }),
    2: async (old) => old,
  }) });`,
  "ok-beside-a-handler": `taskora.implement(contract, { handler: () => undefined, migrate: migrations<EmailSendMigrations>({
    1: ({ to, locale }) => ({ to: [to.toUpperCase()], locale }),
    2: (old) => ({ ...old, urgent: old.to.length > 1 }),
  }) });`,
  "ok-with-a-version-nobody-recorded": `export const task = defineTask({ ...contract, version: 4, migrate: {
    ...migrations<EmailSendMigrations>({ 1: ({ to, locale }) => ({ to: [to], locale }), 2: (old) => old }),
    3: (payload: unknown) => payload,
  } });`,
  "ok-into": `export const task = defineTask({ ...contract, migrate: {
    1: into(second, ({ to, locale }: EmailSendV1) => ({ to: [to], locale })),
    2: into(input, async (old: EmailSendV2) => old),
  } });`,
  "missing-step": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({ 2: (old) => old }) });`,
  "wrong-read": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({
    1: (old) => ({ to: [old.recipient], locale: "en" }), 2: (old) => old,
  }) });`,
  "wrong-result": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({
    1: ({ to, locale }) => ({ to, locale }), 2: (old) => old,
  }) });`,
  "wrong-last-result": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({
    1: ({ to, locale }) => ({ to: [to], locale }), 2: () => ({ to: [] }),
  }) });`,
  "step-that-is-none": `export const task = defineTask({ ...contract, migrate: migrations<EmailSendMigrations>({
    1: ({ to, locale }) => ({ to: [to], locale }), 2: (old) => old, 7: (old) => old,
  }) });`,
  "into-wrong-result": `export const task = defineTask({ ...contract, migrate: {
    1: into(second, ({ to }: EmailSendV1) => ({ to })),
  } });`,
  "into-wrong-read": `export const task = defineTask({ ...contract, migrate: {
    1: into(second, ({ recipient, locale }: EmailSendV1) => ({ to: [recipient], locale })),
  } });`,
};

describe("the steps of a migration", () => {
  let project: TempProject;
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    project = tempProject({
      "taskora.config.ts": FULL_CONFIG,
      "tsconfig.json": '{ "compilerOptions": { "module": "NodeNext" } }',
    });
    for (const version of [1, 2, 3] as const) {
      project.write({ "contracts/email.ts": contract(version) });
      await generate({ cwd: project.dir });
    }
    project.write(
      Object.fromEntries(Object.entries(USES).map(([name, text]) => [`uses/${name}.ts`, HEAD + text])),
    );
    errors = compileProject(project);
  });

  afterAll(() => project.dispose());

  it.each(Object.keys(USES).filter((name) => name.startsWith("ok-")))("let %s compile", (name) => {
    expect(errors.get(`uses/${name}.ts`)).toEqual([]);
  });

  it.each([
    ["missing-step", /Property '1' is missing/],
    ["wrong-read", /Property 'recipient' does not exist on type 'EmailSendV1'/],
    ["wrong-result", /Type 'string' is not assignable to type 'string\[\]'/],
    ["wrong-last-result", /Property 'locale' is missing/],
    ["step-that-is-none", /'7' does not exist in type 'EmailSendMigrations'|implicitly has an 'any' type/],
    ["into-wrong-result", /Type 'string' is not assignable to type 'string\[\]'|'locale' is missing/],
    ["into-wrong-read", /Property 'recipient' does not exist on type 'EmailSendV1'/],
  ])("do not let %s compile", (name, message) => {
    expect(errors.get(`uses/${name}.ts`)?.join("\n")).toMatch(message);
  });
});

describe("a contract that imports the types of its older versions", () => {
  it("is generated, although they are generated from it", async () => {
    const project = tempProject({ "taskora.config.ts": FULL_CONFIG, "contracts/email.ts": contract(1) });
    await generate({ cwd: project.dir });
    project.write({
      "contracts/email.ts": contract(2)
        .replace(
          '{ defineTask } from "taskora/contract";',
          `{ defineTask, migrations } from "taskora/contract";
import type { EmailSendMigrations } from "../worker/tasks.gen/index.js";`,
        )
        .replace(
          "version: 2,",
          "version: 2,\n  migrate: migrations<EmailSendMigrations>({ 1: ({ to, locale }) => ({ to: [to], locale }) }),",
        ),
    });
    await generate({ cwd: project.dir });
    expect((await generate({ cwd: project.dir })).changes).toEqual([]);
    expect(compileProject(project).get("contracts/email.ts")).toEqual([]);
    project.dispose();
  });
});
