import { defineConfig } from "tsup";

const entries = ["contract", "generated", "redis", "memory", "testing", "codegen"];

export default defineConfig([
  {
    entry: {
      index: "src/index.ts",
      ...Object.fromEntries(entries.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
    },
    format: ["esm", "cjs"],
    dts: true,
    clean: true,
    splitting: true,
    target: "node20",
    external: ["ioredis", "zod", "ts-morph", "tsx"],
  },
]);
