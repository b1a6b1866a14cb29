import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ENTRIES } from "./scripts/entries.js";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
const NO_TESTS = ["**/node_modules/**", "dist/**", "test/**/fixtures/**"];

/** Tests that count what is open in their process, change its clock, or register something there. */
const ALONE = [
  "async-context",
  "clock-steps",
  "closing",
  "connections",
  "deadlines",
  "fake-timers",
  "opentelemetry",
  "pending-job",
  "process",
  "signal",
];

/** Tests of Redis that cut no link and count nothing. */
const PLAIN_REDIS = [
  "access-rights",
  "body-codec",
  "build-lua",
  "job-record",
  "keys",
  "per-task",
  "redis-options",
  "redis-reader",
  "reply-reader",
  "schedule-names",
  "script-budget",
  "store-errors",
  "stored-form",
  "wire",
];

/** Files that share a process and the modules in it, since loading those takes longer than most of these tests. */
const TOGETHER = [
  "test/codegen/**/*.test.ts",
  "test/board/**/!(browser).test.ts",
  "test/e2e/{cli,cli-package,command-line,completion,client-package,compile-matrix,generated-code,loader,package-files}.test.ts",
  `test/unit/{app,cli,core,memory,postgres,schedules,schema,testing,worker}/**/!(${ALONE.join("|")}).test.ts`,
  `test/unit/redis/{${PLAIN_REDIS.join(",")}}.test.ts`,
];

/** Files whose subject a cluster changes: they run there as well. */
const ON_CLUSTER = [
  "cancel",
  "due-times",
  "events",
  "handle-outcomes",
  "lanes",
  "limits",
  "pools",
  "schedules",
  "workflows",
];

/** Files that run on PostgreSQL as well; others ask for what its adapter declines, or wait for what it does more slowly. */
const ON_POSTGRES = [
  "cancel",
  "deduplication",
  "filters",
  "handle-outcomes",
  "jobs",
  "schedules",
  "workflows",
];

export default defineConfig({
  resolve: {
    alias: [
      ...ENTRIES.map((name) => ({ find: `taskora/${name}`, replacement: source(`${name}/index.ts`) })),
      { find: /^taskora$/, replacement: source("index.ts") },
      // Installed when a test first asks for it, by scripts/pglite.ts.
      {
        find: "@electric-sql/pglite",
        replacement: fileURLToPath(
          new URL("scripts/pglite/node_modules/@electric-sql/pglite/dist/index.js", import.meta.url),
        ),
      },
    ],
  },
  test: {
    // Tests wait more than they compute: for processes, servers and leases.
    maxWorkers: "100%",
    maxConcurrency: 8,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ["./test/support/after-file.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    projects: [
      {
        extends: true,
        test: { name: "alone", include: ["test/**/*.test.ts"], exclude: [...NO_TESTS, ...TOGETHER] },
      },
      {
        extends: true,
        test: { name: "together", include: TOGETHER, exclude: NO_TESTS, isolate: false },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: [`test/unit/app/{${ON_CLUSTER.join(",")}}.test.ts`],
          env: { TEST_STORES: "cluster" },
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "postgres",
          include: [`test/unit/app/{${ON_POSTGRES.join(",")}}.test.ts`],
          env: { TEST_STORES: "postgres" },
          isolate: false,
        },
      },
    ],
  },
});
