import { defineConfig, type Options } from "tsup";
import { bundledLicenses } from "./scripts/bundled-licenses.js";
import { ENTRIES } from "./scripts/entries.js";

const external = [
  ...["ioredis", "pg", "@electric-sql/pglite", "zod", "ts-morph", "tsx", "@opentelemetry/api"],
  ...["@nestjs/common", "@nestjs/core"],
];

/** The command line and the process that loads contracts run on their own: ESM, with what they use inside. */
const programs = {
  "cli/main": "src/cli/main.ts",
  "cli/dev-preload": "src/cli/dev/preload.ts",
  "codegen/child": "codegen/load/child.ts",
};

/** CommonJS packages inside an ESM bundle call `require` for what Node has built in. */
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** The command line has no copy of the generator: it loads the library's own modules, which stand beside it. */
const generator: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "generator",
  setup(build) {
    build.onResolve({ filter: /\/codegen\/commands\.js$/ }, () => ({
      path: "../codegen/commands.js",
      external: true,
    }));
  },
};

const library = {
  index: "src/index.ts",
  ...Object.fromEntries(ENTRIES.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
};

/** Shared, since several builds write into one folder. */
const licenses = bundledLicenses("dist/THIRD-PARTY-LICENSES.txt");

export default defineConfig([
  {
    entry: { ...library, "codegen/commands": "codegen/commands.ts" },
    format: ["esm", "cjs"],
    // `await using` works with whatever `lib` a project has.
    dts: {
      entry: library,
      banner: '/// <reference lib="esnext.disposable" />',
      compilerOptions: { stripInternal: true },
    },
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
    external: [...external, /^taskora(\/|$)/],
    banner: { js: REQUIRE },
    esbuildPlugins: [generator, licenses],
    esbuildOptions(options) {
      options.chunkNames = "programs/[name]-[hash]";
    },
  },
]);
