/**
 * `npm run mutation -- AREA [--only GLOB] [--sample N] [--seed S] [--patience SECONDS]`: changes the code of an area in
 * thousands of small ways, one at a time, and says which of them no test notices. With `--sample` that many stretches of
 * four lines, drawn evenly by the seed, stand for all of it. A test that takes longer than the patience hangs, so a busy
 * machine needs more of it.
 *
 * Stryker is installed into this folder when it is first needed. Tests run on the memory adapter alone. The scripts of
 * Redis, which Stryker cannot read, are changed by hand-written edits: `npm run mutation -- lua [NUMBER…]`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { globSync } from "tinyglobby";
import { AREAS, type Area, LEFT_OUT } from "./areas.js";
import { tryLuaEdits } from "./lua.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(ROOT, ".vitest/mutation");
const STRETCH_LINES = 4;

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      concurrency: { type: "string", default: "1" },
      patience: { type: "string", default: "30" },
    },
  });
  const [name = "", ...numbers] = positionals;
  if (name === "lua") {
    process.exitCode = await tryLuaEdits(numbers.length === 0 ? undefined : new Set(numbers.map(Number)));
    return;
  }
  const area = AREAS[name];
  if (area === undefined) {
    process.stderr.write(`Which area? ${Object.keys(AREAS).join(", ")}, lua\n`);
    process.exitCode = 2;
    return;
  }
  const files = globSync([...(values.only ?? area.mutate)], { cwd: ROOT }).sort();
  const mutate =
    values.sample === undefined ? files : stretches(files, Number(values.sample), Number(values.seed));
  const patienceMs = Number(values.patience) * 1000;
  run(name, area, { mutate, concurrency: Number(values.concurrency), patienceMs });
  print(name, JSON.parse(readFileSync(join(OUT, `${name}.json`), "utf8")) as Report);
}

/** `file:from-to`, drawn without repetition from all stretches of the files. */
function stretches(files: readonly string[], count: number, seed: number): string[] {
  const all = files.flatMap((file) => {
    const lines = readFileSync(join(ROOT, file), "utf8").split("\n").length;
    return Array.from({ length: Math.ceil(lines / STRETCH_LINES) }, (_, n) => {
      return `${file}:${n * STRETCH_LINES + 1}-${(n + 1) * STRETCH_LINES}`;
    });
  });
  const next = randomFrom(seed);
  const drawn: string[] = [];
  while (drawn.length < count && all.length > 0)
    drawn.push(...all.splice(Math.floor(next() * all.length), 1));
  return drawn.sort();
}

/** Numbers in [0, 1) that are the same for the same seed (a linear congruential generator, as in Numerical Recipes). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Extent {
  readonly mutate: readonly string[];
  readonly concurrency: number;
  readonly patienceMs: number;
}

function run(name: string, { tests }: Area, { patienceMs, ...extent }: Extent): void {
  if (!existsSync(join(FOLDER, "node_modules"))) {
    execFileSync("npm", ["ci", "--legacy-peer-deps"], { cwd: FOLDER, stdio: "inherit" });
  }
  mkdirSync(OUT, { recursive: true });
  const config = join(OUT, `${name}.config.json`);
  writeFileSync(
    config,
    JSON.stringify({
      ...COMMON,
      ...extent,
      // What never ends is found by counting; a busy machine is no reason to call a change noticed.
      timeoutMS: 2 * patienceMs,
      jsonReporter: { fileName: join(OUT, `${name}.json`) },
    }),
  );
  const stryker = join(FOLDER, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const env = {
    ...process.env,
    MUTATION_TESTS: JSON.stringify({ include: tests, exclude: LEFT_OUT, patienceMs }),
    TEST_STORES: "memory",
  };
  const { status } = spawnSync(process.execPath, [stryker, "run", config], {
    cwd: ROOT,
    env,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`Stryker ended with ${status}.`);
}

const COMMON = {
  packageManager: "npm",
  testRunner: "vitest",
  plugins: [join(FOLDER, "node_modules/@stryker-mutator/vitest-runner/dist/src/index.js")],
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  coverageAnalysis: "perTest",
  // What runs when a module is loaded would need all tests, for each of its mutants.
  ignoreStatic: true,
  // Texts are for people; what they must say is looked at where it matters.
  mutator: { excludedMutations: ["StringLiteral"] },
  reporters: ["progress-append-only", "json"],
  tempDirName: ".vitest/stryker",
  ignorePatterns: ["/bench", "/dist", "/examples", "/.vitest"],
};

/** The share of noticed mutants, then each that survived, by file. */
function print(name: string, { files }: Report): void {
  const mutants = Object.entries(files).flatMap(([file, { mutants: own }]) =>
    own.map((mutant) => ({ file, ...mutant })),
  );
  const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const alive = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  for (const { file, location, mutatorName, replacement = "" } of alive) {
    const text = replacement.replaceAll(/\s+/g, " ").slice(0, 80);
    process.stdout.write(
      `${file}:${location.start.line}:${location.start.column} ${mutatorName} → ${text}\n`,
    );
  }
  const share = ((100 * killed) / (killed + alive.length)).toFixed(1);
  process.stdout.write(
    `${name}: ${killed} of ${killed + alive.length} noticed (${share} %), ${count("NoCoverage")} of the rest run by no test\n`,
  );
}

await main();
