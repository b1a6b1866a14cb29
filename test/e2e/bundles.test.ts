import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const SERVICE = `import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
const app = createTaskora({ adapter: redisAdapter({ url: process.env.REDIS_URL, prefix: process.env.PREFIX }), logger: false });
const add = app.task("add", (n) => n + 1);
async function main() {
  await app.start();
  console.log(await add.dispatch(1).result);
  await app.close();
}
main().catch((error) => console.log(error.code, error.message));
`;

describe("a service that is bundled into one file", () => {
  const dir = mkdtempSync(join(tmpdir(), "taskora-bundle-"));

  beforeAll(() => {
    mkdirSync(join(dir, "node_modules"));
    symlinkSync(repository, join(dir, "node_modules/taskora"));
    symlinkSync(join(repository, "node_modules/ioredis"), join(dir, "node_modules/ioredis"));
    writeFileSync(join(dir, "service.js"), SERVICE);
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  async function run(format: "esm" | "cjs", external: string[] = []): Promise<string> {
    const outfile = join(dir, format === "esm" ? "out.mjs" : "out.cjs");
    const entryPoints = [join(dir, "service.js")];
    await build({
      entryPoints,
      outfile,
      format,
      external,
      bundle: true,
      platform: "node",
      logLevel: "silent",
    });
    const env = { ...process.env, REDIS_URL: (await sharedRedis()).url, PREFIX: uniquePrefix() };
    return spawnSync(process.execPath, [outfile], { env, encoding: "utf8" }).stdout;
  }

  it("works as CommonJS, and as an ES module that leaves ioredis out", async () => {
    expect(await run("cjs")).toBe("2\n");
    expect(await run("esm", ["ioredis"])).toBe("2\n");
  });

  it("names the cause as an ES module with ioredis inside", async () => {
    const said = await run("esm");
    expect(said).toMatch(/^DEPENDENCY_MISSING .+ It was bundled into an ES module/);
    expect(said).toContain("--external:ioredis");
  });
});
