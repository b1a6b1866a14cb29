import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { contractText, runNode, type TempProject, tempProject } from "../codegen/support/temp-project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** One side of an application, which each module system compiles and runs as it is. */
const SIDE = `import { createTaskora, isTaskoraError, JobFailedError, OptionError, type TaskClient, TaskoraError, UnrecoverableError } from "taskora";
import { chain, type WorkflowPart } from "taskora/workflow";
import type { Adapter } from "taskora/adapter";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter, type MemoryStore } from "taskora/memory";
import { createTestApp, type TestedApp } from "taskora/testing";

class Fatal extends UnrecoverableError {}

export const contract = defineTask({ name: "later" });

export function makeApp(adapter: Adapter) {
  const app = createTaskora({ adapter, logger: false, defaults: { retry: { attempts: 3, delay: 1 } } });
  const add = app.task("add", (n: number) => n + 1);
  const fail = app.task("fail", (reason: string) => {
    throw new Fatal(reason);
  });
  return { app, add, fail };
}

export function makeStore() {
  return createMemoryStore();
}

export function over(store: MemoryStore) {
  return memoryAdapter({ store });
}

export function chained(add: TaskClient<number, number>): WorkflowPart<unknown, number> {
  return chain(add.step(1), add, add.nextStep());
}

export function longer(part: WorkflowPart<unknown, number>, add: TaskClient<number, number>) {
  return chain(part, add);
}

export async function tested(app: TestedApp, add: TaskClient<number, number>): Promise<number> {
  await using test = createTestApp({ from: app });
  return await test.runJob(add, 5);
}

/** Which class and code an error of the other build has here. */
export function seen(error: unknown): readonly unknown[] {
  return [
    error instanceof TaskoraError,
    error instanceof OptionError,
    error instanceof JobFailedError,
    error instanceof UnrecoverableError,
    error instanceof Fatal,
    isTaskoraError(error, "OPTION_INVALID") ? error.option : undefined,
    isTaskoraError(error, "JOB_FAILED") ? error.attempt : undefined,
    isTaskoraError(error, "TIMEOUT"),
  ];
}

export function wrong(): unknown {
  try {
    return createTaskora({ adapter: memoryAdapter(), maxPayloadBytes: -1 });
  } catch (error) {
    return error;
  }
}

export function fatal(): Error {
  return new Fatal("gone");
}
`;

/** What an application does whose parts are of both kinds; `own` is the side of the app, `other` the other one. */
const SCENES = `
  const said: unknown[] = [];
  const store = other.makeStore();
  const { app, add, fail } = own.makeApp(own.over(store));
  await app.start();
  said.push(await app.workflow(other.chained(add)).result);
  said.push(await app.workflow(other.longer(own.chained(add), add)).result);
  said.push(await other.makeApp(other.over(store)).add.dispatch(7).result);
  said.push((await app.register(other.contract).dispatch(1, { delay: "1h" })).task);
  const failure = await fail.dispatch("never").result.catch((error: unknown) => error);
  said.push(other.seen(failure), other.seen(own.wrong()), other.seen(own.fatal()), own.seen(own.fatal()));
  const again = own.makeApp(other.over(other.makeStore()));
  said.push(await other.tested(again.app, again.add));
  await app.close();
`;

const SAID = [
  ...[4, 5, 8, "later"],
  [true, false, true, false, false, null, 1, false],
  [true, true, false, false, false, "maxPayloadBytes", null, false],
  [true, false, false, true, false, null, null, false],
  [true, false, false, true, true, null, null, false],
  6,
];

const CLIENT = `
  const made = own.makeApp(own.over(own.makeStore()));
  implementTasks(made.app, { greet: ({ name }) => name.length });
  await made.app.start();
  console.log(JSON.stringify([...said, await createClient(made.app).greet.dispatch({ name: "Ada" }).result]));
  await made.app.close();
`;

const MAINS: Readonly<Record<string, string>> = {
  "esm-app.mts": `import * as own from "./side.mjs";
import * as other from "./other.cjs";
${SCENES}
console.log(JSON.stringify(said));`,
  "cjs-app.mts": `import * as own from "./other.cjs";
import * as other from "./side.mjs";
import { createClient } from "./client/index.js";
import { implementTasks } from "./worker/index.js";
${SCENES}${CLIENT}`,
  "from-cjs.cts": `import own = require("./other.cjs");
async function main(): Promise<void> {
  const other = await import("./side.mjs");
${SCENES}
  console.log(JSON.stringify(said));
}
void main();`,
};

let project: TempProject;

beforeAll(async () => {
  project = tempProject({
    "package.json": JSON.stringify({ type: "module" }),
    "side.mts": SIDE,
    "other.cts": SIDE,
    ...MAINS,
    "contracts/greet.ts": contractText({
      ...{ name: "greet", exportName: "greet" },
      ...{ input: "z.object({ name: z.string() })", output: "z.number()" },
    }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        ...{ target: "es2022", module: "nodenext", lib: ["es2023", "esnext.disposable", "dom"] },
        ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] },
      },
      include: ["*.mts", "*.cts"],
    }),
  });
  rmSync(join(project.dir, "node_modules/taskora"), { recursive: true });
  symlinkSync(repository, join(project.dir, "node_modules/taskora"));
  await generate({
    cwd: project.dir,
    config: {
      contracts: "contracts/*.ts",
      outputs: [
        { kind: "client", dir: "client" },
        { kind: "handlers", dir: "worker" },
      ],
    },
  });
}, 60_000);

afterAll(() => project.dispose());

describe("an application of both module systems", () => {
  it.each(["typescript-5.4", "typescript-7.0", "typescript"])(
    "compiles with %s",
    async (compiler) => {
      const tsc = join(repository, "node_modules", compiler, "bin/tsc");
      expect((await runNode([tsc, "-p", "."], project.dir)).stdout).toBe("");
    },
    60_000,
  );

  it.each(Object.keys(MAINS))("runs from %s", async (file) => {
    const { stdout, stderr } = await runNode([file.replace("ts", "js")], project.dir);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual(file === "cjs-app.mts" ? [...SAID, 3] : SAID);
  });
});

describe("the declarations of the package", () => {
  it("hold no class that only itself is assignable to", () => {
    const files = readdirSync(join(repository, "dist"), { recursive: true, encoding: "utf8" });
    const declarations = files.filter((file) => /\.d\.c?ts$/.test(file));
    expect(declarations.length).toBeGreaterThan(10);
    const nominal = declarations.filter((file) =>
      /#private|^\s*(private|protected) (?!static|constructor)/m.test(
        readFileSync(join(repository, "dist", file), "utf8"),
      ),
    );
    expect(nominal).toEqual([]);
  });
});
