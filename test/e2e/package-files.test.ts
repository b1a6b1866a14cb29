import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode } from "../codegen/support/temp-project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(repository, path), "utf8");

describe("the package", () => {
  it("says where it comes from", () => {
    const { homepage, repository: source, bugs } = JSON.parse(read("package.json"));
    expect([homepage, source.url, bugs.url].every((url) => url.includes("github.com/taskora/taskora"))).toBe(
      true,
    );
  });

  it("repeats the licence of every package that is bundled", () => {
    const licenses = read("dist/THIRD-PARTY-LICENSES.txt");
    for (const name of ["commander", "croner", "picocolors", "tinyglobby", "fdir", "picomatch"]) {
      const license = read(`node_modules/${name}/LICENSE`).trim();
      expect(licenses).toContain(`\n${name} `);
      expect(licenses).toContain(license);
    }
  });
});

describe("taskora/config", () => {
  it.each(["js", "cjs"])("loads no package and next to nothing else as .%s", (kind) => {
    const reached = new Map<string, string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      const text = read(path);
      reached.set(path, text);
      const imported =
        /^(?:import|export)\b[^;]*?from\s*"([^"]+)"|^import "([^"]+)"|^var .* = require\('([^']+)'\)/gm;
      for (const [, ...names] of text.matchAll(imported)) {
        const name = names.find((each) => each !== undefined) ?? "";
        if (name.startsWith(".")) follow(join(path, "..", name));
        else expect(name).toMatch(/^(node:|path$|url$)/);
      }
    };
    follow(`dist/config/index.${kind}`);
    expect([...reached.values()].join("").length).toBeLessThan(10_000);
  });
});

describe("the declarations of the package", () => {
  const dir = mkdtempSync(join(tmpdir(), "taskora-types-"));
  const entries = Object.keys(JSON.parse(read("package.json")).exports).filter(
    (name) => !name.endsWith(".json"),
  );

  beforeAll(() => {
    mkdirSync(join(dir, "node_modules"));
    symlinkSync(repository, join(dir, "node_modules/taskora"));
    symlinkSync(join(repository, "node_modules/zod"), join(dir, "node_modules/zod"));
    const imports = entries.map((entry, n) => `import * as e${n} from "${entry.replace(".", "taskora")}";`);
    const use = `export const all = [${entries.map((_, n) => `e${n}`).join(", ")}];`;
    for (const file of ["all.mts", "all.cts"]) writeFileSync(join(dir, file), [...imports, use].join("\n"));
    const compilerOptions = {
      ...{ target: "es2022", lib: ["es2022", "dom"], module: "nodenext", types: [], noEmit: true },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    };
    writeFileSync(
      join(dir, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["all.mts", "all.cts"] }),
    );
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("share what they share under its own name, which messages of the compiler then say", () => {
    const files = readdirSync(join(repository, "dist")).filter((file) => /\.d\.c?ts$/.test(file));
    const shortened = files.filter((file) => {
      const lists = read(`dist/${file}`).match(/^export (?:type )?\{[^}]*\};/gm) ?? [];
      return !file.startsWith("index.d.") && lists.some((list) => list.includes(" as "));
    });
    expect(files.length).toBeGreaterThan(10);
    expect(shortened).toEqual([]);
  });

  it.each(["typescript-5.4", "typescript", "typescript-7.0"])(
    "compile with lib es2022 and without skipLibCheck under %s",
    async (compiler) => {
      const { stdout, code } = await runNode(
        [join(repository, "node_modules", compiler, "bin/tsc"), "-p", "."],
        dir,
      );
      expect(stdout).toBe("");
      expect(code).toBe(0);
    },
    60_000,
  );
});

describe("what an editor shows of a definition", () => {
  const files = readdirSync(join(repository, "dist"), { recursive: true, encoding: "utf8" });
  const maps = files.filter((file) => /\.d\.c?ts\.map$/.test(file));

  it("is in the package", () => {
    const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: repository,
      encoding: "utf8",
    });
    const [{ files: packed }] = JSON.parse(stdout) as [
      { readonly files: readonly { readonly path: string }[] },
    ];
    const paths = new Set(packed.map(({ path }) => path));
    const sources = maps.flatMap((file) => {
      const { sources } = JSON.parse(read(`dist/${file}`)) as { readonly sources: readonly string[] };
      return sources.map((source) => join("dist", file, "..", source));
    });
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((path) => !paths.has(path))).toEqual([]);
    expect(packed.some(({ path }) => path.includes("node_modules") || path.endsWith(".test.ts"))).toBe(false);
  }, 60_000);

  it("is the source: of a function, of a method and of an option", async () => {
    const dir = mkdtempSync(join(tmpdir(), "taskora-definitions-"));
    mkdirSync(join(dir, "node_modules"));
    symlinkSync(repository, join(dir, "node_modules/taskora"));
    const compilerOptions = { module: "nodenext", target: "es2022", strict: true, types: [] };
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
    const text = `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
const app = createTaskora({ adapter: memoryAdapter(), maxPayloadBytes: 10 });
void app.jobs.list({});
`;
    const path = join(dir, "use.ts");
    writeFileSync(path, text);
    const found = await definitions(path, [
      "createTaskora({",
      "memoryAdapter()",
      "maxPayloadBytes",
      "list({",
    ]);
    rmSync(dir, { recursive: true, force: true });
    expect(found).toEqual([
      "src/app/app.ts: createTaskora",
      "src/memory/memory-adapter.ts: memoryAdapter",
      "src/app/options.ts: maxPayloadBytes",
      "src/app/operate/jobs.ts: list",
    ]);
  }, 60_000);
});

/** Where an editor goes from the first place of each text in a file: the file of this repository, and the name there. */
async function definitions(path: string, texts: readonly string[]): Promise<readonly string[]> {
  const content = readFileSync(path, "utf8");
  const server = spawn(process.execPath, [
    join(repository, "node_modules/typescript/lib/tsserver.js"),
    "--disableAutomaticTypingAcquisition",
  ]);
  let seq = 0;
  const send = (command: string, args: object) =>
    server.stdin.write(`${JSON.stringify({ seq: ++seq, type: "request", command, arguments: args })}\n`);
  send("open", { file: path });
  const asked = texts.map((text) => {
    const before = content.slice(0, content.lastIndexOf(text)).split("\n");
    send("definition", { file: path, line: before.length, offset: (before.at(-1) ?? "").length + 1 });
    return seq;
  });
  const answers = new Map<number, string>();
  for await (const line of createInterface({ input: server.stdout })) {
    if (!line.startsWith("{")) continue;
    const message = JSON.parse(line) as {
      readonly type: string;
      readonly request_seq: number;
      readonly body?: readonly { readonly file: string; readonly start: { line: number; offset: number } }[];
    };
    if (message.type !== "response" || !asked.includes(message.request_seq)) continue;
    const [first] = message.body ?? [];
    const there =
      first === undefined ? "" : readFileSync(first.file, "utf8").split("\n")[first.start.line - 1];
    const name = /^\w+/.exec(there?.slice((first?.start.offset ?? 1) - 1) ?? "")?.[0];
    answers.set(message.request_seq, `${relative(realpathSync(repository), first?.file ?? "")}: ${name}`);
    if (answers.size === asked.length) break;
  }
  server.kill();
  return asked.map((each) => answers.get(each) ?? "nowhere");
}
