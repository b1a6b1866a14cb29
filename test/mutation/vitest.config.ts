import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** The tests of one area, as `run.ts` names them. */
const tests = JSON.parse(process.env.MUTATION_TESTS ?? "{}") as {
  include?: string[];
  exclude?: string[];
  testTimeoutMs?: number;
};

const { projects: _projects, ...test } = base.test ?? {};

export default defineConfig({
  ...base,
  test: {
    ...test,
    // Each change starts the tests anew, and most of that would be loading the modules for one file after the other.
    isolate: false,
    testTimeout: tests.testTimeoutMs ?? test.testTimeout ?? 0,
    hookTimeout: tests.testTimeoutMs ?? test.hookTimeout ?? 0,
    include: tests.include ?? [],
    exclude: ["**/node_modules/**", ...(tests.exclude ?? [])],
  },
});
