import { defineConfig } from "tsup";
import { bundledLicenses } from "./scripts/bundled-licenses.js";

const entries = [
  "adapter",
  "contract",
  "workflow",
  "generated",
  "redis",
  "postgres",
  "memory",
  "testing",
  "codegen",
];
const external = ["ioredis", "pg", "zod", "ts-morph", "tsx"];

/** The command line and the process that loads contracts run on their own: ESM, with what they use inside. */
const programs = { "cli/main": "src/cli/main.ts", "codegen/child": "codegen/load/child.ts" };

/** CommonJS packages inside an ESM bundle call `require` for what Node has built in. */
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** Shared, since several builds write into one folder. */
const licenses = bundledLicenses("dist/THIRD-PARTY-LICENSES.txt");

export default defineConfig([
  {
    entry: {
      index: "src/index.ts",
      ...Object.fromEntries(entries.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
    },
    format: ["esm", "cjs"],
    // `await using` works with whatever `lib` a project has.
    dts: { banner: '/// <reference lib="esnext.disposable" />', compilerOptions: { stripInternal: true } },
    // Both builds start together, so this one must not sweep away what the other has written.
    clean: ["!cli/**", "!codegen/child.js", "!programs/**", "!THIRD-PARTY-LICENSES.txt"],
    shims: true,
    splitting: true,
    target: "node20",
    external,
    esbuildPlugins: [licenses],
  },
  {
    entry: programs,
    format: ["esm"],
    dts: false,
    clean: false,
    splitting: true,
    target: "node20",
    external: [...external, /^taskora\//],
    banner: { js: REQUIRE },
    esbuildPlugins: [licenses],
    esbuildOptions(options) {
      options.chunkNames = "programs/[name]-[hash]";
    },
  },
]);
