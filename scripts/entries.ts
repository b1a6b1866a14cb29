/** What the package exports beside its main entry: `taskora/<name>` is `src/<name>/index.ts`. */
export const ENTRIES = [
  "adapter",
  "config",
  "contract",
  "workflow",
  "generated",
  "redis",
  "postgres",
  "memory",
  "testing",
  "otel",
  "prometheus",
  "logging",
  "board",
  "nest",
  "fastify",
  "codegen",
] as const;
