import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TempProject, tempProject } from "../codegen/support/temp-project.js";
import { sharedRedis } from "../support/redis-server.js";
import { PROJECT } from "./documents.js";
import { type CodeBlock, flagValue, parseMarkdown } from "./markdown.js";
import { typeCheck } from "./type-check.js";

const DOCUMENT = "docs/getting-started.md";
const { blocks } = parseMarkdown(DOCUMENT, readFileSync(join(PROJECT, DOCUMENT), "utf8"));
const parts = blocks.flatMap((block) => {
  const path = flagValue(block, "project");
  return path === undefined ? [] : [{ block, path }];
});

/** Follows the page: a fresh project, `init`, `generate`, then the files as they are printed. */
describe("the getting started page", { timeout: 120_000 }, () => {
  let project: TempProject;

  beforeAll(async () => {
    project = tempProject();
    expect(await project.taskora("init", "--yes")).toMatchObject({ code: 0 });
    expect(await project.taskora("generate")).toMatchObject({ code: 0 });
  });

  afterAll(() => project.dispose());

  it("shows the contract that init creates", () => {
    expect(project.read("contracts/email.ts").trim()).toBe(textOf("contracts/email.ts"));
  });

  it("names what generate writes", () => {
    for (const path of ["src/tasks.gen/index.ts", "src/worker/tasks.gen/index.ts"]) {
      expect(project.has(path)).toBe(true);
    }
    expect(project.has("src/worker/handlers/email-send.ts")).toBe(true);
    expect(project.has(".taskora/contracts/email.send.json")).toBe(true);
  });

  it("has files that compile and run", async () => {
    project.write(Object.fromEntries(parts.map(({ path, block }) => [path, `${block.text}\n`])));
    expect(typeCheck(parts.map((part) => asFile(project, part)))).toEqual([]);
    expect(await run(project, "src/main.ts").output).toMatch(/^sent as \S+@example\.com\n$/);
  });

  it("has two services that meet in Redis", async () => {
    const { url } = await sharedRedis();
    const worker = run(project, "src/worker/main.ts", url);
    try {
      expect(await run(project, "src/api.ts", url).output).toMatch(/^sent as \S+@example\.com\n$/);
    } finally {
      worker.stop();
    }
    expect(await worker.output).toBe("");
  });
});

function textOf(path: string): string {
  return parts.find((part) => part.path === path)?.block.text ?? `no block for ${path}`;
}

function asFile(project: TempProject, part: { readonly block: CodeBlock; readonly path: string }) {
  const { block, path } = part;
  return {
    block,
    path: join(project.dir, path),
    lines: block.text.split("\n").map((_, n) => block.line + n),
  };
}

/** Runs a file of the project; `output` is what it printed, and rejects when it ends otherwise than with 0. */
function run(project: TempProject, path: string, redisUrl = "") {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const child = spawn(process.execPath, ["--import", tsx, path], {
    cwd: project.dir,
    env: { ...process.env, REDIS_URL: redisUrl },
  });
  let printed = "";
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const output = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${path} ended with ${code}: ${complaints}`));
    });
  });
  return { output, stop: () => child.kill("SIGTERM") };
}
