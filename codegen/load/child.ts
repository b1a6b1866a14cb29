/**
 * Runs in a fresh process with tsx: loads the config and every contract module, one after the other, and writes
 * down what they define. Nothing of the user's runs in the generator's own process.
 *
 * Life: read the request → load the config → load each contract module, noting which → look at what is left
 * open → compile → write the result → exit. However it ends, the result file says why.
 */

import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { globSync } from "tinyglobby";
import type { Finding, SourcePosition } from "../finding.js";
import { resolveConfig } from "../resolve-config.js";
import type { ResolvedConfig } from "../resolved-config.js";
import { firstMatch, literalPattern } from "../source/find-text.js";
import { answerProbes } from "./answer-probes.js";
import { type CollectedContract, collectContracts } from "./collect-contracts.js";
import { describeContract } from "./describe-contract.js";
import { type LoadSite, loadErrorFinding } from "./load-errors.js";
import type { ContractProblem, LoadedContract, LoadReport, LoadRequest } from "./protocol.js";
import { exitFinding, sideEffectFinding, stuckFinding, uniqueByPlace } from "./runtime-findings.js";
import { WAIT, waitForRequest } from "./wait-for-request.js";
import { watchChance } from "./watch-chance.js";
import { type SideEffect, watchSideEffects } from "./watch-side-effects.js";

Error.stackTraceLimit = 60;

const [, , argument = ""] = process.argv;
const requestFile = argument === WAIT ? await waitForRequest() : argument;
const request = JSON.parse(readFileSync(requestFile, "utf8")) as LoadRequest;
const EMPTY: LoadReport = {
  contractFiles: [],
  contracts: [],
  problems: [],
  findings: [],
  readsChance: false,
};

/** One line per module; the last one is the module being loaded. */
const progress = openSync(request.progressFile, "a");

let loading = "";
let reported = false;

function report(part: Partial<LoadReport>): void {
  reported = true;
  writeFileSync(request.resultFile, JSON.stringify({ ...EMPTY, ...part }));
}

function enter(file: string): void {
  loading = file;
  writeSync(progress, `${file}\n`);
}

function site(): LoadSite {
  return { root: request.root, file: loading, role: "contract" };
}

/** The event loop is empty while a module still awaits: that await never ends. */
process.on("beforeExit", () => {
  if (!reported) report({ findings: [stuckFinding(site())] });
});

process.on("exit", (code) => {
  if (!reported) report({ findings: [exitFinding(site(), code)] });
});

/** Errors outside the import itself: a rejected promise, an `error` event of a socket. */
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    report({ findings: [loadErrorFinding(error, site())] });
    process.exit(0);
  });
}

async function loadConfig(): Promise<ResolvedConfig | undefined> {
  const { root, configFile } = request;
  let value: unknown = request.config;
  if (configFile !== undefined) {
    enter(configFile);
    try {
      const exports = (await import(pathToFileURL(configFile).href)) as { default?: unknown };
      value = unwrapDefault(exports);
    } catch (error) {
      report({ findings: [loadErrorFinding(error, { root, file: configFile, role: "config" })] });
      return undefined;
    }
  }
  const result = resolveConfig(value, { root, configFile });
  if ("config" in result) return result.config;
  const at = configFile === undefined ? undefined : keyPosition(configFile, result.key);
  report({ findings: [at === undefined ? result.finding : { ...result.finding, at }] });
  return undefined;
}

/** A TypeScript file in a CommonJS package has its exports one level down. */
function unwrapDefault(exports: { default?: unknown }): unknown {
  const value = exports.default;
  const isWrapped =
    typeof value === "object" && value !== null && "__esModule" in value && "default" in value;
  return isWrapped ? value.default : value;
}

function keyPosition(file: string, key: string | undefined): SourcePosition {
  const pattern =
    key === undefined ? /export default/ : new RegExp(`(?<![\\w$])["']?${literalPattern(key)}["']?\\s*:`);
  return firstMatch(file, pattern) ?? { file, line: 1, column: 1 };
}

function findContractFiles(config: ResolvedConfig): string[] {
  const generated = config.outputs.map((output) => `${output.dir}/**`);
  const ignore = ["**/*.d.{ts,mts,cts}", ...generated];
  const find = (patterns: readonly string[], ignored: readonly string[]) =>
    globSync([...patterns], { cwd: config.root, absolute: true, onlyFiles: true, ignore: [...ignored] });
  // Packages are searched only by a pattern that names one.
  const inPackages = config.contracts.filter((pattern) => NAMES_PACKAGE.test(pattern));
  const own = config.contracts.filter((pattern) => !NAMES_PACKAGE.test(pattern));
  const except = own.filter((pattern) => pattern.startsWith("!"));
  const files = [
    ...(own.length > except.length ? find(own, [...ignore, "**/node_modules/**"]) : []),
    ...(inPackages.length > 0 ? find([...inPackages, ...except], ignore) : []),
  ];
  return [...new Set(files)].sort();
}

const NAMES_PACKAGE = /(?:^|\/)node_modules\/[^*]/;

interface LoadedModules {
  readonly contracts: readonly CollectedContract[];
  readonly effects: readonly SideEffect[];
  readonly findings: readonly Finding[];
}

async function loadModules(config: ResolvedConfig, files: readonly string[]): Promise<LoadedModules> {
  const effects = watchSideEffects();
  const collected = collectContracts();
  const findings: Finding[] = [];
  for (const file of files) {
    enter(file);
    effects.entering(file);
    try {
      const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      collected.addModule(file, moduleExports(exports));
    } catch (error) {
      findings.push(loadErrorFinding(error, { root: config.root, file, role: "contract" }));
    }
  }
  return { contracts: collected.all(), effects: await effects.finish(), findings };
}

function moduleExports(exports: Record<string, unknown>): Record<string, unknown> {
  const inner = unwrapDefault(exports);
  const isCommonJs = inner !== exports.default || "module.exports" in exports;
  if (!isCommonJs) return exports;
  const { "module.exports": _whole, default: whole, ...named } = exports;
  return typeof whole === "object" && whole !== null && "__esModule" in whole
    ? { ...named, ...whole }
    : exports;
}

/** The config says how long loading may take, and only the parent can enforce it. */
function tellTimeout(loadTimeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) return resolve();
    process.send({ loadTimeoutMs }, undefined, undefined, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}

async function main(): Promise<void> {
  const config = request.part?.config ?? (await loadConfig());
  if (config === undefined) return;
  if (request.configOnly === true) return report({ config });
  await tellTimeout(config.loadTimeoutMs);
  const contractFiles = findContractFiles(config);
  const chance = watchChance();
  const only = request.part === undefined ? undefined : new Set(request.part.only);
  const wanted = only === undefined ? contractFiles : contractFiles.filter((file) => only.has(file));
  const modules = await loadModules(config, wanted);
  chance.stop();
  const problems: ContractProblem[] = [];
  const contracts: LoadedContract[] = modules.contracts.map(({ contract, ...place }) => {
    const described = describeContract(contract);
    problems.push(...described.problems);
    return { ...place, data: described.data, zodVersion: described.zodVersion };
  });
  const answers = await answerProbes(
    request.probes ?? [],
    modules.contracts.map(({ contract }) => contract),
  );
  const effects = uniqueByPlace(modules.effects.map((effect) => sideEffectFinding(effect, config.root)));
  report({
    config,
    contractFiles,
    contracts,
    problems,
    findings: [...modules.findings, ...effects],
    readsChance: chance.wasRead(),
    answers,
  });
}

await main();
process.exit(0);
