import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** The tests of one area, as `run.ts` names them. */
const tests = JSON.parse(process.env.MUTATION_TESTS ?? "{}") as { include?: string[]; exclude?: string[] };

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: tests.include ?? [],
    exclude: [...(base.test?.exclude ?? []), ...(tests.exclude ?? [])],
  },
});
