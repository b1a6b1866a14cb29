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
  // What starts the command line, and what draws thousands of pairs for each run.
  "test/codegen/diff/{diff-command,live,random-pairs}.test.ts",
];

export const AREAS: Readonly<Record<string, Area>> = {
  core: {
    mutate: ["src/core/**/*.ts", GENERATED],
    tests: [
      "test/unit/{core,schedules,telemetry}/**/*.test.ts",
      "test/unit/schema/contract-gap.test.ts",
      "test/unit/app/{contract-keys,deduplication,dispatch-many,filters,handle-outcomes,jobs,lanes,logger}.test.ts",
      "test/unit/app/{odd-options,precedence,registry,workflows,wrong-arguments}.test.ts",
      "test/unit/worker/{error-causes,middleware,odd-errors,odd-logs}.test.ts",
      "test/adapters/memory.test.ts",
    ],
  },
  schema: {
    mutate: ["src/schema/**/*.ts", GENERATED],
    tests: [
      "test/unit/schema/**/*.test.ts",
      "test/codegen/{interpreter-parity,from-zod,presence}.test.ts",
      "test/codegen/zod-suite/*.test.ts",
    ],
  },
  worker: { mutate: ["src/worker/**/*.ts"], tests: BEHAVIOUR },
  app: {
    mutate: ["src/app/**/*.ts"],
    tests: [
      ...BEHAVIOUR,
      "test/unit/telemetry/**/*.test.ts",
      "test/telemetry/{logging,opentelemetry,prometheus}.test.ts",
      "test/board/redaction.test.ts",
    ],
  },
  memory: {
    mutate: ["src/memory/**/*.ts"],
    tests: ["test/adapters/memory.test.ts", "test/unit/memory/**/*.test.ts"],
  },
  diff: { mutate: ["codegen/diff/**/*.ts"], tests: ["test/codegen/diff/**/*.test.ts"] },
  validator: {
    mutate: ["codegen/emit/validator/**/*.ts"],
    tests: ["test/codegen/validators/**/*.test.ts", "test/codegen/zod-suite/*.test.ts"],
  },
};
