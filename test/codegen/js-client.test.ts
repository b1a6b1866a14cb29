import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { type Editor, openEditor } from "./support/editor.js";
import { runNode, type TempProject, tempProject } from "./support/temp-project.js";

const EMAIL = `import { defineTask } from "taskora/contract";
import * as z from "zod";
import { address } from "./address.js";

/** Sends one mail. */
export const sendEmail = defineTask({
  name: "email.send",
  input: z.object({ to: address, meta: z.object({ tag: z.string() }).optional() }),
  output: z.object({ messageId: z.string() }),
});
`;
const ADDRESS = 'import * as z from "zod";\nexport const address = z.object({\n  mail: z.email(),\n});\n';

const MAIN = `import { createTaskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { createClient } from "./tasks.gen/index.js";
const tasks = createClient(createTaskora({ adapter: memoryAdapter({ store: createMemoryStore() }) }));
export const job = await tasks.emailSend.dispatch({ to: { mail: "a@b.co" }, meta: { tag: "x" } });
`;

let project: TempProject;

beforeAll(async () => {
  project = tempProject({
    "contracts/email.ts": EMAIL,
    "contracts/address.ts": ADDRESS,
    "src/main.ts": MAIN,
    "old/package.json": "{}",
    "tsconfig.json": JSON.stringify({
      compilerOptions: { module: "nodenext", target: "es2022", strict: true, skipLibCheck: true, types: [] },
      include: ["src"],
    }),
  });
  await generate({
    cwd: project.dir,
    config: {
      contracts: "contracts/*.ts",
      outputs: [
        { kind: "client", dir: "src/tasks.gen", target: "js" },
        { kind: "client", dir: "old/tasks.gen", target: "js" },
        { kind: "client", dir: "asked/tasks.gen", target: "js", format: "cjs" },
      ],
    },
  });
});

afterAll(() => project.dispose());

/** Where an editor lands that goes to the definition of a word: `file:line text`. */
async function landing(editor: Editor, word: string): Promise<string> {
  const place = await editor.definition(MAIN.indexOf(word, MAIN.indexOf("tasks.emailSend")));
  if (place === undefined) return "nowhere";
  const line = readFileSync(place.file, "utf8").split("\n")[place.start.line - 1];
  return `${place.file.slice(project.dir.length + 1)}:${place.start.line} ${line?.slice(place.start.offset - 1)}`;
}

describe("a client as JavaScript", () => {
  it("leads an editor from a method and from payload keys to the contract", async () => {
    const editor = openEditor(join(project.dir, "src/main.ts"), MAIN);
    try {
      expect(await editor.problems()).toEqual([]);
      expect(await landing(editor, "emailSend")).toMatch(/^contracts\/email\.ts:6 .*defineTask\(\{/);
      expect(await landing(editor, "to:")).toMatch(/^contracts\/email\.ts:8 to: address,/);
      expect(await landing(editor, "tag:")).toMatch(/^contracts\/email\.ts:8 tag: z\.string/);
      expect(await landing(editor, "mail:")).toBe("contracts/address.ts:3 mail: z.email(),");
    } finally {
      editor.close();
    }
  });

  it("follows the module format of the nearest package.json, or the one asked for", () => {
    expect(project.read("src/tasks.gen/index.js")).toContain("export function createClient");
    expect(project.read("old/tasks.gen/index.js")).toContain("exports.createClient = createClient");
    expect(project.read("asked/tasks.gen/index.js")).toContain("exports.createClient = createClient");
    expect(project.read("asked/tasks.gen/package.json")).toBe('{ "type": "commonjs" }\n');
    expect(project.has("old/tasks.gen/package.json")).toBe(false);
  });

  it("dispatches without a build", async () => {
    project.write({
      "src/run.mjs": `${MAIN}console.log(job.task ?? "sent");
const refused = await tasks.emailSend.dispatch({ to: { mail: "nobody" } }).catch((error) => error);
console.log(refused.code, JSON.stringify(refused.issues));
process.exit(0);\n`,
    });
    const loader = join(process.cwd(), "node_modules/tsx/dist/loader.mjs");
    const result = await runNode(["--import", loader, "src/run.mjs"], project.dir);
    expect(result.stderr).toBe("");
    expect(result.stdout).toContain(
      '[{"path":["to","mail"],"message":"must be a valid email","kind":"invalid_format"}]',
    );
  });
});
