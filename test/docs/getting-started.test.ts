import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedRedis } from "../support/redis-server.js";
import { PROJECT } from "./documents.js";
import { type CodeBlock, flagValue, parseMarkdown } from "./markdown.js";

const DOCUMENT = "docs/getting-started.md";
const { blocks } = parseMarkdown(DOCUMENT, readFileSync(join(PROJECT, DOCUMENT), "utf8"));

/** What a reader sets up before the first command: nothing, or what the next npm may do by itself. */
const SETUPS = [
  { title: "CommonJS, TypeScript 5.9", packageType: "commonjs", typescript: "typescript" },
  { title: "ES modules, TypeScript 7.0", packageType: "module", typescript: "typescript-7.0" },
] as const;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Follows the page from its first line to its last, in an empty folder, with the built package and nothing it does not name. */
describe.each(SETUPS)("the getting started page, $title", { timeout: 240_000 }, (setup) => {
  const dir = mkdtempSync(join(tmpdir(), "taskora-start-"));
  const running: ChildProcess[] = [];

  beforeAll(() => {
    if (!existsSync(join(PROJECT, "dist/index.js"))) throw new Error("There is no dist/. Run npm run build.");
  });

  afterAll(() => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  });

  it("leads from an empty folder to two services that meet in Redis", async () => {
    const { url } = await sharedRedis();
    const env = { ...process.env, REDIS_URL: url, NO_COLOR: "1" };
    let last: Ended = { code: 0, stdout: "", stderr: "" };
    for (const block of blocks) {
      const path = flagValue(block, "project");
      if (path !== undefined) write(path, block);
      else if (block.flags.includes("run")) expect(last.stdout).toMatch(promised(block));
      else if (block.language === "sh") {
        for (const line of block.text.split("\n")) last = await follow(line, env);
      }
    }
    expect(last.stdout).toMatch(/^sent as \S+@example\.com\n$/);
  });

  /** What init creates is shown as it is; other files are the reader's to write. */
  function write(path: string, block: CodeBlock): void {
    const file = join(dir, path);
    if (/^(contracts|src\/worker)\//.test(path)) expect(readFileSync(file, "utf8").trim()).toBe(block.text);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${block.text}\n`);
  }

  async function follow(line: string, env: NodeJS.ProcessEnv): Promise<Ended> {
    const [program, command, ...rest] = line.trim().split(/\s+/);
    if (program === "npm" && command === "install")
      return install(rest.filter((word) => !word.startsWith("-")));
    if (program === "npm") return initialise(env);
    // A worker stays until the reader stops it.
    const isService = rest.join(" ").includes("worker/main");
    const ended = run(binary(command ?? ""), rest, env);
    if (isService) return { code: 0, stdout: "", stderr: "" };
    const result = await ended;
    expect(result, line).toMatchObject({ code: 0 });
    return result;
  }

  async function initialise(env: NodeJS.ProcessEnv): Promise<Ended> {
    const ended = await run("npm", ["init", "-y"], env);
    expect(ended).toMatchObject({ code: 0 });
    const manifest = join(dir, "package.json");
    const text = { ...JSON.parse(readFileSync(manifest, "utf8")), type: setup.packageType };
    writeFileSync(manifest, JSON.stringify(text));
    return ended;
  }

  /** As npm would, from what this checkout has, and taskora as it is packed. */
  function install(names: readonly string[]): Ended {
    const modules = join(dir, "node_modules");
    for (const name of names) {
      const target = join(modules, name);
      mkdirSync(dirname(target), { recursive: true });
      if (name === "taskora") {
        cpSync(join(PROJECT, "dist"), join(target, "dist"), { recursive: true });
        cpSync(join(PROJECT, "package.json"), join(target, "package.json"));
      } else {
        const source = name === "typescript" ? setup.typescript : name;
        symlinkSync(join(PROJECT, "node_modules", source), target);
      }
    }
    return { code: 0, stdout: "", stderr: "" };
  }

  /** The program of a package that is installed here, as npx finds it. */
  function binary(name: string): string {
    const owner = name === "tsc" ? "typescript" : name;
    const manifest = JSON.parse(readFileSync(join(dir, "node_modules", owner, "package.json"), "utf8"));
    const path = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[name];
    return join(dir, "node_modules", owner, path);
  }

  function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
    const isScript = program.startsWith(dir);
    const child = spawn(isScript ? process.execPath : program, isScript ? [program, ...args] : args, {
      cwd: dir,
      env,
    });
    running.push(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  }
});

/** What the page says is printed, whatever the id and the version of the day are. */
function promised(block: CodeBlock): RegExp {
  const text = block.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    `^${text.replace(/sent as \w+/, "sent as [\\w-]+").replace(/\d+\\\.\d+\\\.\d+/, "\\S+")}\n$`,
  );
}
