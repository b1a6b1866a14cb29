import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** The tests of one area, as `run.ts` names them. */
const {
  include = [],
  exclude = [],
  patienceMs = 0,
} = JSON.parse(process.env.MUTATION_TESTS ?? "{}") as {
  include?: string[];
  exclude?: string[];
  patienceMs?: number;
};

const { projects: _projects, ...test } = base.test ?? {};

export default defineConfig({
  ...base,
  test: {
    ...test,
    // Each change starts the tests anew, and most of that would be loading the modules for one file after the other.
    isolate: false,
    include,
    exclude: ["**/node_modules/**", ...exclude],
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
  },
});
