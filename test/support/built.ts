import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where the packages of the checkout are found; by process, so that nobody reads what another writes. */
const FOLDER = join(ROOT, "node_modules/.cache/taskora-test", `built-${process.pid}`);

/** CommonJS packages inside of an ES module call `require` for what Node has built in. */
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** One ES module for the oldest Node that runs it. */
export const MODULE_OF_NODE = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
} satisfies BuildOptions;

const COMMON = {
  ...MODULE_OF_NODE,
  absWorkingDir: ROOT,
  splitting: true,
  banner: { js: REQUIRE },
} satisfies BuildOptions;

const PACKAGES = ["ioredis", "pg", "@electric-sql/pglite", "zod"];

const built = new Map<string, string>();

process.once("exit", () => rmSync(FOLDER, { recursive: true, force: true }));

/** Builds once per process: one that compiles hundreds of modules takes longer to start than most tests take to run. */
function once(name: string, options: BuildOptions): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  const outdir = join(FOLDER, name);
  buildSync({ ...COMMON, outdir, ...options });
  built.set(name, outdir);
  return outdir;
}

/** The file to start for `test/support/programs/<name>.ts`, with this checkout's sources inside. */
export function builtProgram(name: string): string {
  const entry = `test/support/programs/${name}.ts`;
  return join(once(name, { entryPoints: [entry], external: PACKAGES, sourcemap: "inline" }), `${name}.js`);
}

/** The file to start for a script of an example, with this checkout's sources inside: all of its folder are built together. */
export function builtExample(folder: string, script: string): string {
  const scripts = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".ts"));
  const entryPoints = scripts.map((name) => `${folder}/${name}`);
  const built = once(folder.replaceAll("/", "-"), { entryPoints, external: PACKAGES });
  return join(built, script.replace(/\.ts$/, ".js"));
}

/**
 * A folder with this checkout's command line, the process that loads contracts and what contracts import, laid out as
 * in the package.
 */
export function builtPackage(): string {
  const dir = once("node_modules/taskora", {
    entryPoints: {
      "dist/cli/main": "src/cli/main.ts",
      "dist/cli/dev-preload": "src/cli/dev/preload.ts",
      "dist/codegen/child": "codegen/load/child.ts",
      "dist/memory/index": "src/memory/index.ts",
      "dist/adapter/index": "src/adapter/index.ts",
      "dist/index": "src/index.ts",
      "dist/contract/index": "src/contract/index.ts",
      "dist/config/index": "src/config/index.ts",
      "dist/redis/index": "src/redis/index.ts",
      "dist/postgres/index": "src/postgres/index.ts",
      "dist/prometheus/index": "src/prometheus/index.ts",
      "dist/board/index": "src/board/index.ts",
    },
    chunkNames: "dist/[name]-[hash]",
    external: ["ioredis", "pg", "@electric-sql/pglite", "zod", "ts-morph", "tsx", "taskora", "taskora/*"],
  });
  writeManifest(dir);
  return dir;
}

/** Makes a folder whose entries are built into `dist` the package. */
export function writeManifest(folder: string): void {
  const exports = { ".": "./dist/index.js", "./*": "./dist/*/index.js" };
  const manifest = { name: "taskora", version: "0.0.0", type: "module", exports };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
}
