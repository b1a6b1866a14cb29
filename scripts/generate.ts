/**
 * Writes, or with `--check` verifies, everything in this repository that is generated from something else.
 * Each step says which files differ; a new generator is one more entry in `STEPS`.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { CodegenError } from "../codegen/finding.js";
import { check, generate } from "../codegen/generate.js";
import { runBoardFiles } from "./board-files.js";
import { buildLua } from "./build-lua.js";
import { runErrorDocs } from "./error-docs.js";
import { runFindingDocs } from "./finding-docs.js";
import { runLifecycleDocs } from "./lifecycle-docs.js";
import { runPublicApi } from "./public-api.js";
import { runRuleDocs } from "./rule-docs.js";
import { runStoredForm } from "./stored-form.js";

type Mode = "write" | "check";

/** One generator of the project. */
interface Step {
  readonly name: string;
  /** Writes what differs, or only looks; returns the files that differed, relative to the project. */
  readonly run: (mode: Mode) => Promise<readonly string[]>;
}

const STALE = 4;

const STEPS: readonly Step[] = [
  { name: "contracts", run: runContracts },
  { name: "finding docs", run: runFindingDocs },
  { name: "rule docs", run: runRuleDocs },
  { name: "lua", run: runLua },
  { name: "stored form", run: runStoredForm },
  { name: "lifecycle docs", run: runLifecycleDocs },
  { name: "error docs", run: runErrorDocs },
  { name: "public api", run: runPublicApi },
  { name: "board pages", run: runBoardFiles },
];

async function runContracts(mode: Mode): Promise<readonly string[]> {
  const short = (change: { readonly path: string }): string => relative(process.cwd(), change.path);
  if (mode === "write") return (await generate()).changes.map(short);
  const { stale, findings } = await check();
  const problems = findings.filter(({ severity, code }) => severity === "error" && code !== "OUTPUT_STALE");
  if (problems.length > 0) throw new CodegenError(problems);
  return stale.map(short);
}

/** The Redis scripts as a TypeScript module. */
async function runLua(mode: Mode): Promise<readonly string[]> {
  const { path, text } = buildLua();
  const stored = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (stored === text) return [];
  if (mode === "write") writeFileSync(path, text);
  return [relative(process.cwd(), path)];
}

async function main(mode: Mode): Promise<number> {
  let differing = 0;
  for (const step of STEPS) {
    const files = await step.run(mode);
    differing += files.length;
    const verb = mode === "write" ? "written" : "stale";
    const state = files.length === 0 ? "up to date" : `${files.length} ${verb}`;
    process.stderr.write(`${step.name}: ${state}\n`);
    for (const file of files) process.stdout.write(`${file}\n`);
  }
  if (mode === "write" || differing === 0) return 0;
  process.stderr.write("Run npm run generate and commit what it writes.\n");
  return STALE;
}

process.exitCode = await main(process.argv.includes("--check") ? "check" : "write");
