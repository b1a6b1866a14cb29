/**
 * `npx tsx scripts/zod-suite/record.ts CHECKOUT` runs the tests of a checkout of zod's repository against the zod that is
 * installed here, and records what it says of every value it is asked about: test/codegen/zod-suite/recorded.jsonl.
 * Tests of the checkout that fail, because it is of another version, do not matter; what is recorded comes from ours.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";

const FOLDERS = ["classic", "core"].map((name) => `packages/zod/src/v4/${name}/tests`);
const target = fileURLToPath(new URL("../../test/codegen/zod-suite/recorded.jsonl", import.meta.url));
const zod = dirname(createRequire(import.meta.url).resolve("zod/package.json"));

/** A longer schema or value is a stress test of zod's, and says nothing that a short one does not. */
const MAX_LINE = 4_000;

const [checkout] = process.argv.slice(2);
if (checkout === undefined) throw new Error("usage: npx tsx scripts/zod-suite/record.ts CHECKOUT");

const folder = mkdtempSync(join(tmpdir(), "taskora-zod-suite-"));
const file = join(folder, "lines");
process.env.TASKORA_ZOD_RECORD = file;
writeFileSync(file, "");

/** zod's own functions, seen through the recorder. */
const wrapParse = {
  name: "record-zod",
  enforce: "pre" as const,
  transform(code: string, id: string): string | undefined {
    if (!id.startsWith(zod) || !/\/v4\/classic\/parse\.js$/.test(id)) return undefined;
    return code
      .replace(
        /export const safeParse = (.*);/,
        "const plain = $1;\nexport const safeParse = taskoraRecorded(plain, plain);",
      )
      .replace(
        /export const parse = (.*);/,
        "export const parse = taskoraRecorded($1, (...args) => plain(...args));",
      );
  },
};

try {
  const vitest = await startVitest(
    "test",
    [],
    {
      root: resolve(checkout),
      config: false,
      watch: false,
      silent: true,
      reporters: [],
      include: FOLDERS.map((path) => `${path}/**/*.test.ts`),
      setupFiles: [fileURLToPath(new URL("./recorder.ts", import.meta.url))],
      server: { deps: { inline: [/node_modules\/zod\//] } },
    },
    {
      plugins: [wrapParse],
      server: { fs: { strict: false } },
      resolve: {
        alias: [
          { find: /^zod\/v4$/, replacement: join(zod, "v4/index.js") },
          { find: /^zod$/, replacement: join(zod, "index.js") },
          { find: /^zod\/(.+)$/, replacement: join(zod, "$1/index.js") },
        ],
      },
    },
  );
  await vitest.close();
  writeFileSync(target, collect(readFileSync(file, "utf8")));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Line {
  readonly zod: string;
  readonly schema: unknown;
  readonly payload: unknown;
  readonly accepts: boolean;
  readonly value?: unknown;
  readonly issues?: readonly unknown[];
}

/** One line per schema, sorted, so that a new recording shows what changed. */
function collect(text: string): string {
  const cases = new Map<string, Set<string>>();
  const versions = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "" || line.length > MAX_LINE) continue;
    const { zod: version, schema, ...rest } = JSON.parse(line) as Line;
    versions.add(version);
    const key = JSON.stringify(schema);
    const known = cases.get(key) ?? new Set();
    cases.set(key, known.add(JSON.stringify(rest)));
  }
  const rows = [...cases].map(
    ([schema, known]) => `{"schema":${schema},"cases":[${[...known].sort().join(",")}]}`,
  );
  return `${[JSON.stringify({ zod: [...versions].join(", ") }), ...rows.sort()].join("\n")}\n`;
}
