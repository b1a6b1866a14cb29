import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
const entries = ["adapter", "contract", "generated", "redis", "memory", "testing", "codegen"];

export default defineConfig({
  resolve: {
    alias: [
      ...entries.map((name) => ({ find: `taskora/${name}`, replacement: source(`${name}/index.ts`) })),
      { find: /^taskora$/, replacement: source("index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "test/**/fixtures/**"],
    // Tests wait more than they compute: for processes, servers and leases.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/summary-reporter.ts"],
  },
});
