import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode, type TempProject, tempProject } from "../codegen/support/temp-project.js";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const README = readFileSync(join(REPOSITORY, "examples/shop/README.md"), "utf8");
const BLOCK = /^```ts project=(\S+)\n(.*?)^```$/gms;

/** Path → text, in the order of the page. */
const steps = new Map([...README.matchAll(BLOCK)].map(([, path = "", text = ""]) => [path, text]));

/** Dispatches the new task over the memory adapter, with the code of the page on both sides. */
const TRY_IT = `
import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { invoiceOrder } from "./examples/shop/producer/invoice.js";
import { createClient } from "./examples/shop/producer/tasks.gen/index.js";
import { handlers } from "./examples/shop/worker/handlers.js";
import { implementTasks } from "./examples/shop/worker/tasks.gen/index.js";

const taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
implementTasks(taskora, handlers);
await taskora.start();
console.log(await invoiceOrder(createClient(taskora), "1001"));
await taskora.close();
`;

/** Follows the page in a copy of the shop. */
describe("adding a contract to the shop as its README says", () => {
  let project: TempProject;
  const take = (path: string) => project.write({ [path]: steps.get(path) ?? `no block for ${path}` });

  beforeAll(async () => {
    project = tempProject();
    for (const path of ["contracts", "taskora.config.ts", ".taskora", "examples/shop"]) {
      const isWanted = (file: string) => !file.includes(join("shop", "out"));
      cpSync(join(REPOSITORY, path), join(project.dir, path), { recursive: true, filter: isWanted });
    }
    for (const name of ["sharp", "nodemailer", "@types"]) {
      symlinkSync(join(REPOSITORY, "node_modules", name), join(project.dir, "node_modules", name));
    }
    take("contracts/invoice.ts");
    expect(await project.taskora("generate")).toMatchObject({ code: 0 });
  }, 120_000);

  afterAll(() => project.dispose());

  it("creates the stub and the types that the page names", () => {
    expect(project.read("examples/shop/worker/handlers/invoice-write.ts")).toContain("NotImplementedError");
    expect(project.read("examples/shop/worker/tasks.gen/index.ts")).toContain("InvoiceWriteHandler");
    expect(project.read("examples/shop/producer/tasks.gen/index.ts")).toContain("readonly invoiceWrite");
  });

  it("does not compile until the handler is there", () => {
    const problems = compile(project, ["examples/shop/worker/handlers.ts"]);
    expect(problems).toEqual([expect.stringContaining("Property 'invoiceWrite' is missing")]);
  });

  it("compiles and runs when the page is followed to its end", async () => {
    for (const path of steps.keys()) take(path);
    project.write({ "try-it.ts": TRY_IT });
    expect(compile(project, ["try-it.ts"])).toEqual([]);
    const { stdout, stderr, code } = await runNode(["--import", tsxLoader(), "try-it.ts"], project.dir);
    expect({ stdout, stderr, code }).toEqual({
      stdout: "examples/shop/out/invoices/invoice-1001.txt: 74\n",
      stderr: "",
      code: 0,
    });
    expect(await project.taskora("check")).toMatchObject({ code: 0 });
  }, 120_000);
});

function tsxLoader(): string {
  const main = createRequire(import.meta.url).resolve("tsx/package.json");
  return join(dirname(main), "dist", "loader.mjs");
}

/** Type-checks files of the project with the options of this repository. */
function compile(project: TempProject, paths: readonly string[]): readonly string[] {
  const read = ts.readConfigFile(join(REPOSITORY, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, REPOSITORY);
  const rootNames = paths.map((path) => join(project.dir, path));
  const program = ts.createProgram({ rootNames, options });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}
