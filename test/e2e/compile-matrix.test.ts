import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { runNode, type TempProject, tempProject } from "../codegen/support/temp-project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Packages that hold a compiler; 7 is run by its command, as all of them are here. */
const COMPILERS = ["typescript-5.4", "typescript", "typescript-6.0", "typescript-7.0"] as const;

interface ModuleSystem {
  readonly type: "module" | "commonjs";
  readonly options: object;
  /** What cannot be combined: TypeScript has no verbatim form of an import in CommonJS. */
  readonly without?: readonly string[];
}

const MODULES: Readonly<Record<string, ModuleSystem>> = {
  nodenext: { type: "module", options: { module: "nodenext" } },
  bundler: { type: "module", options: { module: "esnext", moduleResolution: "bundler" } },
  CommonJS: {
    type: "commonjs",
    options: { module: "node16" },
    without: ["verbatimModuleSyntax"],
  },
};

const FLAGS = [
  "exactOptionalPropertyTypes",
  "verbatimModuleSyntax",
  "isolatedModules",
  "noUncheckedIndexedAccess",
  "noImplicitOverride",
  "noPropertyAccessFromIndexSignature",
  "noUnusedLocals",
  "noUnusedParameters",
];

/** A wrong payload must be refused, which also proves that the compiler looked at the generated types. */
const USE = `import type { EmailSendInput } from "./tasks.gen/index.js";
// @ts-expect-error the contract asks for more than this
export const incomplete: EmailSendInput = { to: "ada@example.com" };
`;

/** Client packages for both module systems, for `require` and for `import`. */
const PACKAGES = { "@acme/tasks": "both", "@acme/required": "cjs", "@acme/imported": "esm" } as const;

/** A service with an app of its own, whose declarations may be another file than those the package sees. */
function useOf(...names: readonly (keyof typeof PACKAGES)[]): string {
  const parts = names.map(
    (name, index) => `import { createClient as create${index} } from ${JSON.stringify(name)};
const tasks${index} = create${index}(app);
export const job${index} = tasks${index}.emailSend.job("x");
export const either${index}: JobHandle<{ readonly messageId: string; readonly accepted: readonly string[] }> = job${index};
export const limits${index} = chain(tasks${index}.emailSend.step(mail), tasks${index}.emailSend.step(mail));
// @ts-expect-error the contract asks for more than this
void tasks${index}.emailSend.dispatch({ to: "ada@example.com" });
`,
  );
  return `import { createTaskora, type JobHandle } from "taskora";
import { chain } from "taskora/workflow";
import { memoryAdapter } from "taskora/memory";
const app = createTaskora({ adapter: memoryAdapter() });
const mail = { to: "ada@example.com", subject: "Hello", text: "Good morning." };
${parts.join("")}`;
}

/** What the packages register in the module system of the service. */
const REGISTERED = `export const registered: JobHandle<{ readonly messageId: string }> = app.jobs.handle({ task: "email.send", id: "x" });
`;

const projects = new Map<string, TempProject>();

const FOLDERS = ["client", "js", "worker", "service"];

function tsconfig(
  { options, without = [] }: ModuleSystem,
  flags: readonly string[],
  include: readonly string[] = FOLDERS,
): string {
  const on = flags.filter((flag) => !without.includes(flag)).map((flag) => [flag, true]);
  return JSON.stringify({
    compilerOptions: {
      target: "es2022",
      lib: ["es2023", "esnext.disposable", "dom"],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      ...options,
      ...Object.fromEntries(on),
    },
    include,
  });
}

/** For those who publish what they generate: declarations file by file, and no library newer than es2022. */
function declared(system: ModuleSystem): string {
  const { compilerOptions } = JSON.parse(tsconfig(system, FLAGS)) as { readonly compilerOptions: object };
  const own = { declaration: true, isolatedDeclarations: true, skipLibCheck: false, lib: ["es2022", "dom"] };
  return JSON.stringify({
    compilerOptions: { ...compilerOptions, ...own },
    include: ["client/tasks.gen", "worker"],
  });
}

/** The contracts of this repository with every kind of code made from them, against the built package. */
async function createProject(system: ModuleSystem): Promise<TempProject> {
  const project = tempProject({
    "package.json": JSON.stringify({ type: system.type }),
    "tsconfig.json": tsconfig(system, FLAGS),
    "tsconfig.plain.json": tsconfig(system, []),
    "tsconfig.declared.json": declared(system),
    "client/use.ts": USE,
    "service/use.ts": `${useOf("@acme/tasks", "@acme/required")}${REGISTERED}`,
    "mixed/use.ts": useOf("@acme/imported"),
    "js/use.ts": 'export { createClient } from "./tasks.gen/index.js";\n',
  });
  const linked = join(project.dir, "node_modules/taskora");
  rmSync(linked, { recursive: true });
  symlinkSync(repository, linked);
  symlinkSync(join(repository, "contracts"), join(project.dir, "contracts"));
  await generate({
    cwd: project.dir,
    config: {
      contracts: "contracts/*.ts",
      outputs: [
        { kind: "client", dir: "client/tasks.gen", register: true },
        { kind: "client", dir: "js/tasks.gen", target: "js", register: true },
        { kind: "handlers", dir: "worker/tasks.gen", stubs: "worker/handlers", register: true },
        ...Object.entries(PACKAGES).map(([name, format]) => ({
          kind: "package" as const,
          dir: `packages/${format}`,
          name,
          format,
          register: true,
        })),
      ],
    },
  });
  mkdirSync(join(project.dir, "node_modules/@acme"));
  for (const [name, format] of Object.entries(PACKAGES)) {
    symlinkSync(join(project.dir, "packages", format), join(project.dir, "node_modules", name));
  }
  return project;
}

beforeAll(async () => {
  if (!existsSync(join(repository, "dist/index.d.ts")))
    throw new Error("There is no dist/. Run npm run build.");
  for (const [name, system] of Object.entries(MODULES)) projects.set(name, await createProject(system));
}, 120_000);

afterAll(() => {
  for (const project of projects.values()) project.dispose();
});

async function compile(compiler: string, module: string, config: string): Promise<string> {
  const project = projects.get(module);
  if (project === undefined) throw new Error(`no project for ${module}`);
  const tsc = join(repository, "node_modules", compiler, "bin/tsc");
  const { stdout, stderr } = await runNode([tsc, "-p", config], project.dir);
  return `${stdout}${stderr}`;
}

/** All kinds of modules with the newest compiler, which is the quickest, and with the oldest; one with those between. */
const modulesOf = (compiler: string) =>
  compiler === COMPILERS[0] || compiler === COMPILERS.at(-1) ? Object.keys(MODULES) : ["nodenext"];

const ALL = COMPILERS.flatMap((compiler) => modulesOf(compiler).map((module) => ({ compiler, module })));

describe("emitted code", () => {
  it.each(ALL)("type-checks with $compiler, $module, and every strict flag", async ({ compiler, module }) => {
    expect(await compile(compiler, module, "tsconfig.json")).toBe("");
  });

  it.each(["typescript-5.4", "typescript-7.0"] as const)(
    "type-checks with %s without them",
    async (compiler) => {
      expect(await compile(compiler, "nodenext", "tsconfig.plain.json")).toBe("");
    },
  );

  it.each(["typescript", "typescript-7.0"] as const)(
    "type-checks with %s, isolatedDeclarations, lib es2022 and without skipLibCheck",
    async (compiler) => {
      for (const module of modulesOf(compiler)) {
        const errors = (await compile(compiler, module, "tsconfig.declared.json")).split("\n");
        // A contract is what zod infers, which such a project keeps in another one.
        expect(errors.filter((error) => error !== "" && !error.startsWith("contracts/"))).toEqual([]);
      }
    },
    120_000,
  );

  it("lets an app that was required use a client package that is imported", async () => {
    const project = projects.get("CommonJS");
    const required: ModuleSystem = {
      type: "commonjs",
      options: { module: "nodenext" },
      without: ["verbatimModuleSyntax"],
    };
    project?.write({ "tsconfig.mixed.json": tsconfig(required, FLAGS, ["mixed"]) });
    expect(await compile("typescript", "CommonJS", "tsconfig.mixed.json")).toBe("");
  });
});
