import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CodegenError } from "../../codegen/finding.js";
import { check, generate } from "../../codegen/generate.js";
import { normalForm } from "../../codegen/write/normal-form.js";
import { contractText, type TempProject, tempProject } from "./support/temp-project.js";

const biome = fileURLToPath(new URL("../../node_modules/.bin/biome", import.meta.url));

const INPUT = `z.object({
  kind: z.enum(["${"a".repeat(40)}", "${"b".repeat(40)}", "it's", '27"', "a\\\\b"]),
  size: z.number().max(1e21).min(-0.5e-7),
  "odd-key": z.union([z.object({ a: z.string().default("x") }), z.array(z.string().max(3)), z.null()]),
  text: z.string().trim().max(200).regex(/^[a-z"']+$/),
  many: z.record(z.string(), z.discriminatedUnion("t", [z.object({ t: z.literal(1) }), z.object({ t: z.literal(2) })])),
})`;

/** Marks that formatters write in other ways. */
const DESCRIPTION =
  "Uses *stars* and __bars__.\n\n* one\n* two\n\n1. first\n2. second\n\nA title\n===\n\n***\n\n| a | b |\n|---|---|\n| 1 | a_b |";

const CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/*.ts"],
  outputs: [
    { kind: "client", dir: "client" },
    { kind: "client", dir: "js", target: "js" },
    { kind: "handlers", dir: "worker" },
    { kind: "markdown", dir: "reference" },
    { kind: "asyncapi", dir: "api" },
  ],
});
`;

let project: TempProject;

beforeAll(async () => {
  project = tempProject({
    "taskora.config.ts": CONFIG,
    "contracts/a.ts": contractText({
      name: "a.b",
      exportName: "ab",
      input: INPUT,
      rest: `timeout: "30s", description: ${JSON.stringify(DESCRIPTION)}`,
    }),
  });
  await generate({ cwd: project.dir });
});

afterAll(() => project.dispose());

const FOLDERS = ["client", "js", "worker", "reference", "api"];

/** What an editor does that formats on save, with settings far from those of the generator. */
async function formatAll(): Promise<number> {
  let changed = 0;
  for (const [path, text] of FOLDERS.flatMap((folder) => Object.entries(project.files(folder)))) {
    if (!/\.(ts|js|json|md)$/.test(path) || path.endsWith(".taskora.json")) continue;
    const formatted = await format(text, {
      filepath: path,
      singleQuote: true,
      semi: false,
      tabWidth: 4,
      printWidth: 60,
      trailingComma: "all",
    });
    if (formatted !== text) changed += 1;
    expect(normalForm(formatted, path), path).toBe(normalForm(text, path));
    project.write({ [path]: formatted });
  }
  return changed;
}

describe("generated files that a formatter went over", () => {
  it("count as they are, and are not written again", async () => {
    expect(await formatAll()).toBeGreaterThan(8);
    expect((await check({ cwd: project.dir })).findings).toEqual([]);
    expect((await generate({ cwd: project.dir })).changes).toEqual([]);
  });

  it("may be rewritten when the contract changes", async () => {
    const changed = contractText({ name: "a.b", exportName: "ab", input: INPUT.replace("200", "100") });
    project.write({ "contracts/a.ts": changed });
    expect((await generate({ cwd: project.dir })).changes.length).toBeGreaterThan(4);
    expect(project.read("client/validators/a-b.ts")).toContain("> 100");
  });

  it("are left alone by biome", async () => {
    const config = {
      formatter: { indentStyle: "tab", lineWidth: 60 },
      javascript: { formatter: { quoteStyle: "single" } },
    };
    project.write({ "biome.json": JSON.stringify(config) });
    const before = project.files("client");
    execFileSync(biome, ["format", "--write", join(project.dir, "client")], {
      cwd: project.dir,
      stdio: "ignore",
    });
    expect(project.files("client/tasks")).toEqual(
      Object.fromEntries(Object.entries(before).filter(([path]) => path.startsWith("client/tasks"))),
    );
    expect((await check({ cwd: project.dir })).findings).toEqual([]);
  });

  it.each([
    ["client/index.ts", "createClient"],
    ["reference/tasks.md", "Payload"],
  ])("still show an edit of a word: %s", async (path, word) => {
    const before = project.read(path);
    project.write({ [path]: before.replace(word, "other") });
    const error = await generate({ cwd: project.dir }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CodegenError);
    expect((error as CodegenError).findings.map(({ code }) => code)).toEqual(["OUTPUT_EDITED"]);
    project.write({ [path]: before });
  });
});
