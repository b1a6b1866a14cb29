/** What is mutated together, and the tests that should notice. */
export interface Area {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

const BEHAVIOUR = ["test/unit/{app,worker,schedules,testing}/**/*.test.ts", "test/unit/core/**/*.test.ts"];
const GENERATED = "!src/**/*.generated.ts";

/** Left out: tests of processes, which start programs of their own, and those that hold a promise against a clock. */
export const LEFT_OUT = [
  "test/unit/app/{process,closing,connections}.test.ts",
  "test/unit/worker/clock-steps.test.ts",
];

export const AREAS: Readonly<Record<string, Area>> = {
  core: {
    mutate: ["src/core/**/*.ts", "src/schema/**/*.ts", GENERATED],
    tests: [
      ...BEHAVIOUR,
      "test/adapters/memory.test.ts",
      "test/codegen/{interpreter-parity,validators/parity}.test.ts",
    ],
  },
  worker: { mutate: ["src/worker/**/*.ts"], tests: BEHAVIOUR },
  app: { mutate: ["src/app/**/*.ts"], tests: BEHAVIOUR },
  memory: {
    mutate: ["src/memory/**/*.ts"],
    tests: ["test/adapters/memory.test.ts", "test/unit/memory/**/*.test.ts", "test/unit/app/**/*.test.ts"],
  },
  diff: { mutate: ["codegen/diff/**/*.ts"], tests: ["test/codegen/diff/**/*.test.ts"] },
  validator: {
    mutate: ["codegen/emit/validator/**/*.ts"],
    tests: ["test/codegen/validators/**/*.test.ts", "test/codegen/random-schemas.test.ts"],
  },
};
