/**
 * Compares printed validators with zod's `safeParse` in one run, and weighs what a producer of three tasks ships.
 * Run it with `npx tsx bench/validators/run.ts`; it fails when a target is missed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { printValidator } from "../../codegen/emit/validator/print-validator.js";
import { irFromZod } from "../../codegen/from-zod.js";
import { bundle, weigh } from "./bundle.js";
import { type Subject, subjects } from "./schemas.js";

const TARGETS = { valid: 3, invalid: 5, bundleBytes: 6 * 1024 };
const ROUNDS = 15;
const ROUND_MS = 60;

type Parse = (value: unknown) => unknown;

/** Printed text as the module a service would load. */
async function load(subject: Subject): Promise<Parse> {
  const made = irFromZod(subject.schema, { side: "input", taskName: "bench" });
  if (!("schema" in made)) throw new Error(made.issues.map((issue) => issue.message).join("\n"));
  const printed = printValidator(made.schema, { name: "validate", mode: "output" });
  if (printed.reason !== undefined) throw new Error(printed.reason);
  const dir = mkdtempSync(join(tmpdir(), "taskora-bench-"));
  try {
    const source = `import { check, type Issues, type Validator } from "taskora/generated";\n${printed.text}`;
    const file = join(dir, "validate.mjs");
    writeFileSync(file, await bundle({ source, minify: false, runtime: "inside" }));
    const module: { readonly validate: Parse } = await import(pathToFileURL(file).href);
    return module.validate;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Nanoseconds per call in one round. */
function time(parse: Parse, value: unknown): number {
  const startedAt = performance.now();
  let calls = 0;
  do {
    for (let repeat = 0; repeat < 50; repeat++) parse(value);
    calls += 50;
  } while (performance.now() - startedAt < ROUND_MS);
  return ((performance.now() - startedAt) / calls) * 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Both take turns, so that a busy moment of the machine meets both. */
function compare(
  value: unknown,
  zod: Parse,
  printed: Parse,
): { readonly zod: number; readonly printed: number } {
  const zodTimes: number[] = [];
  const printedTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    zodTimes.push(time(zod, value));
    printedTimes.push(time(printed, value));
  }
  return { zod: median(zodTimes.slice(3)), printed: median(printedTimes.slice(3)) };
}

async function main(): Promise<void> {
  const missed: string[] = [];
  for (const [name, subject] of Object.entries(subjects)) {
    const printed = await load(subject);
    for (const kind of ["valid", "invalid"] as const) {
      const result = compare(subject[kind], (value) => subject.schema.safeParse(value), printed);
      const ratio = result.zod / result.printed;
      const text = `${name}, ${kind}: zod ${result.zod.toFixed(0)} ns, printed ${result.printed.toFixed(0)} ns, ${ratio.toFixed(1)} times`;
      process.stdout.write(`${text} (target ${TARGETS[kind]})\n`);
      if (ratio < TARGETS[kind]) missed.push(text);
    }
  }
  const source = readFileSync(
    new URL("../../examples/shop/producer/tasks.gen/index.ts", import.meta.url),
    "utf8",
  );
  const resolveDir = new URL("../../examples/shop/producer/tasks.gen/", import.meta.url).pathname;
  for (const runtime of ["outside", "inside"] as const) {
    const bytes = weigh(await bundle({ source, resolveDir, minify: true, runtime }));
    process.stdout.write(`producer of three tasks, minified, gzip, runtime ${runtime}: ${bytes} bytes\n`);
    if (runtime === "outside" && bytes >= TARGETS.bundleBytes) missed.push(`bundle of ${bytes} bytes`);
  }
  for (const text of missed) process.stderr.write(`missed: ${text}\n`);
  if (missed.length > 0) process.exitCode = 1;
}

await main();
