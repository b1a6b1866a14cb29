import { dirname, isAbsolute, relative } from "node:path";
import { aFunction, anything, someText } from "../../src/core/checks.js";
import { type Check, optionSet } from "../../src/core/options.js";
import type { JsonValue } from "../../src/schema/ir.js";
import type { TaskoraConfig } from "../config.js";
import { CodegenError, errorFinding, type Finding, type SourcePosition, throwOnErrors } from "../finding.js";
import { identifierClashes, taskIdentifiers } from "../identifiers.js";
import type { ResolvedConfig } from "../resolved-config.js";
import { importChain, packageChain } from "../source/import-chain.js";
import { requireCompiler } from "../source/parse.js";
import { placeInSchema } from "../source/place-in-schema.js";
import { SourceIndex } from "../source/source-index.js";
import { findDifferences, findDuplicates, findUnexported, findZodVersions } from "./check-contracts.js";
import { findConfig } from "./find-config.js";
import type { Incremental } from "./project-memory.js";
import type {
  ContractData,
  ContractExport,
  ContractProblem,
  LoadedContract,
  LoadReport,
  LoadRequest,
  Probe,
  ProbeAnswer,
} from "./protocol.js";
import { runChild } from "./run-child.js";

/** One contract of the project, ready to be printed. */
export interface ProjectContract {
  readonly data: ContractData;
  readonly source: ContractExport;
  readonly definedAt: SourcePosition;
  /** The doc comment above the contract. */
  readonly doc: string | undefined;
  readonly zodVersion: string | undefined;
}

/** The config and every contract, checked. Contracts are sorted by name. */
export interface Project {
  readonly config: ResolvedConfig;
  readonly contractFiles: readonly string[];
  readonly contracts: readonly ProjectContract[];
  readonly warnings: readonly Finding[];
}

/** Which project to load. */
export interface ProjectOptions {
  /** Where to look for the config, default the current folder. */
  readonly cwd?: string | undefined;
  /** The config file, instead of looking for one. */
  readonly configFile?: string | undefined;
  /** A config made by a program; its paths are relative to `cwd`. */
  readonly config?: TaskoraConfig | undefined;
  /** Gets what contract modules print while they are loaded. Default: it is dropped. */
  readonly onPrint?: ((text: string) => void) | undefined;
}

/** How {@link ProjectOptions} are read. A config is looked at when it is resolved. */
export const PROJECT_SHAPE = {
  cwd: someText,
  configFile: someText,
  config: anything,
  onPrint: aFunction(),
} satisfies { readonly [Key in keyof Required<ProjectOptions>]: Check<unknown> };

/**
 * Loads the config and all contracts in a fresh process and checks them as a whole.
 *
 * @throws {CodegenError} with everything that is wrong
 */
export async function loadProject(options: ProjectOptions = {}, incremental?: Incremental): Promise<Project> {
  requireCompiler();
  const part = incremental === undefined ? undefined : await loadPart(options, incremental);
  const report = part?.report ?? (await load(options));
  const project = await checkReport(report, options);
  incremental?.memory.remember(report, part?.only);
  return project;
}

interface LoadedPart {
  readonly report: LoadReport;
  readonly only: readonly string[];
}

/** Loads what changed and joins it with what is remembered; undefined when that cannot be told apart. */
async function loadPart(
  options: ProjectOptions,
  { memory, changed, standby }: Incremental,
): Promise<LoadedPart | undefined> {
  const only = memory.affected(changed);
  const config = memory.report?.config;
  if (only === undefined || config === undefined) return undefined;
  const onPrint = options.onPrint ?? (() => undefined);
  const request = { root: config.root, part: { only, config } };
  const part = await runChild({ request, onPrint, ...(standby === undefined ? {} : { standby }) });
  const report = memory.join(part, only);
  return report === undefined ? undefined : { report, only };
}

async function checkReport(report: LoadReport, options: ProjectOptions): Promise<Project> {
  const sources = new SourceIndex();
  const { config } = report;
  if (config === undefined) throw new CodegenError(report.findings);
  const findings = [
    ...report.findings.map((finding) => expandChain(finding)),
    ...emptyFindings(report, config),
  ];
  throwOnErrors(findings);
  const problems = report.problems.map((problem) => placeProblem(problem, report, sources));
  findings.push(...problems, ...checkWhole(report.contracts));
  throwOnErrors(findings);
  if (report.readsChance) throwOnErrors(await findChance(report, options, sources));
  return {
    config,
    contractFiles: report.contractFiles,
    contracts: report.contracts.map((contract) => describe(contract, sources)).sort(byName),
    warnings: findings,
  };
}

/**
 * Runs values through the live schemas of a project's contracts, in a fresh process.
 *
 * @returns one answer per probe
 * @throws {CodegenError} when the contracts cannot be loaded
 */
export async function probeProject(
  options: ProjectOptions,
  probes: readonly Probe[],
): Promise<readonly ProbeAnswer[]> {
  const report = await load(options, probes);
  throwOnErrors(report.findings);
  return report.answers ?? [];
}

function load(options: ProjectOptions, probes: readonly Probe[] = []): Promise<LoadReport> {
  return runLoad(options, { probes });
}

function runLoad(
  options: ProjectOptions,
  wanted: Pick<LoadRequest, "probes" | "configOnly">,
): Promise<LoadReport> {
  const cwd = options.cwd ?? process.cwd();
  const onPrint = options.onPrint ?? (() => undefined);
  if (options.config !== undefined) {
    const config = options.config as unknown as JsonValue;
    return runChild({ request: { root: cwd, config, ...wanted }, onPrint });
  }
  const { configFile } = options;
  const file = findConfig({ cwd, ...(configFile === undefined ? {} : { configFile }) });
  return runChild({ request: { root: dirname(file), configFile: file, ...wanted }, onPrint });
}

/** What a config says of the project as a whole. Paths are absolute. */
export interface ConfigSummary {
  /** Undefined for a config that a program passed. */
  readonly configFile: string | undefined;
  /** Folder that paths and patterns of the config are relative to. */
  readonly root: string;
  /** Patterns of the contract files. */
  readonly contracts: readonly string[];
  /** Where the lock is kept. */
  readonly lockDir: string;
  /** Folders of generated handler types. */
  readonly handlerDirs: readonly string[];
  /** The store that commands look at. */
  readonly store: { readonly url: string; readonly prefix?: string } | undefined;
}

const READ_CONFIG = optionSet(PROJECT_SHAPE);

/** See `readConfig`, which loads this when it is called. */
export async function loadConfig(options: ProjectOptions): Promise<ConfigSummary> {
  READ_CONFIG.read(options, "readConfig()");
  const { config, findings } = await runLoad(options, { configOnly: true });
  if (config === undefined) throw new CodegenError(findings);
  const { configFile, root, contracts, lockDir, store, outputs } = config;
  const handlerDirs = outputs.filter(({ kind }) => kind === "handlers").map(({ dir }) => dir);
  return { configFile, root, contracts, lockDir, handlerDirs, store };
}

function emptyFindings(report: LoadReport, config: ResolvedConfig): Finding[] {
  if (report.contractFiles.length === 0) {
    return [
      errorFinding("CONFIG_NO_CONTRACTS", {
        message: `No file below ${config.root} matches ${config.contracts.join(", ")}.`,
        hint: "Correct contracts in the config, or create a sample with taskora init.",
      }),
    ];
  }
  if (report.contracts.length > 0 || report.findings.length > 0) return [];
  return [
    errorFinding("CONTRACT_NONE", {
      message: `${report.contractFiles.length} contract files were loaded, and none exports a contract.`,
      hint: 'Write export const sendEmail = defineTask({ name: "email.send", … }) in one of them, and run taskora generate again.',
      details: report.contractFiles.map((file) => relative(config.root, file)).join("\n"),
    }),
  ];
}

function checkWhole(contracts: readonly LoadedContract[]): Finding[] {
  const duplicates = findDuplicates(contracts);
  const clashes = duplicates.length > 0 ? [] : clashFindings(contracts);
  return [...findUnexported(contracts), ...duplicates, ...clashes, ...findZodVersions(contracts)];
}

function clashFindings(contracts: readonly LoadedContract[]): Finding[] {
  const byTask = new Map(contracts.map((contract) => [contract.data.name, contract]));
  return identifierClashes([...byTask.keys()]).map((names) => {
    const identifier = taskIdentifiers(names[0] ?? "").camel;
    const places = names.flatMap((name) => {
      const at = byTask.get(name)?.definedAt;
      return at === undefined ? [] : [{ label: name, at }];
    });
    const last = places.at(-1);
    return errorFinding("IDENTIFIER_CLASH", {
      message: `${names.map((name) => `"${name}"`).join(" and ")} both become ${identifier} in generated code.`,
      hint: "Rename one of them and run taskora generate again.",
      ...(last === undefined ? {} : { at: last.at, also: places.slice(0, -1) }),
    });
  });
}

function placeProblem(problem: ContractProblem, report: LoadReport, sources: SourceIndex): Finding {
  const { task, code, message, hint } = problem;
  const definedAt = report.contracts.find((contract) => contract.data.name === task)?.definedAt;
  return errorFinding(code, {
    task,
    message,
    hint: `${hint} Then run taskora generate again.`.trim(),
    ...placeInSchema(problem, { definedAt, sources }),
  });
}

async function findChance(
  report: LoadReport,
  options: ProjectOptions,
  sources: SourceIndex,
): Promise<Finding[]> {
  const second = await load(options);
  return findDifferences(report.contracts, second.contracts).map(({ contract, path, values }) => {
    const { definedAt, data } = contract;
    const call = definedAt === undefined ? undefined : sources.callAt(definedAt);
    const keys = path.filter((key) => !["root", "properties", "node", "inner", "value"].includes(key));
    const at = call === undefined ? definedAt : sources.locate(call, keys);
    return errorFinding("CONTRACT_NOT_DETERMINISTIC", {
      task: data.name,
      message:
        `The contract ${data.name} came out differently when it was loaded twice (${values}). ` +
        "A value is computed while the file loads, so producers and workers would not agree.",
      hint: "Pass a function instead, such as .default(() => crypto.randomUUID()), or a fixed value. Then run taskora generate again.",
      ...(at === undefined ? {} : { at }),
    });
  });
}

/** The process that loads knows both ends of the way; the modules between them are found in the sources. */
function expandChain(finding: Finding): Finding {
  const [from, to] = finding.importChain ?? [];
  if (from === undefined || to === undefined) return finding;
  if (isAbsolute(to)) return { ...finding, importChain: importChain(from, to) ?? [from, to] };
  const way = packageChain(from, to);
  return way === undefined ? finding : { ...finding, at: way.at, importChain: [...way.files, to] };
}

/** A contract that was not loaded again is the same object in the next run, and so is all that is printed of it. */
const described = new WeakMap<LoadedContract, ProjectContract>();

function describe(contract: LoadedContract, sources: SourceIndex): ProjectContract {
  const known = described.get(contract) ?? describeNow(contract, sources);
  described.set(contract, known);
  return known;
}

function describeNow(contract: LoadedContract, sources: SourceIndex): ProjectContract {
  const [source] = contract.exports;
  if (source === undefined) throw new Error(`${contract.data.name} has no export`);
  const ownExport = contract.exports.find((candidate) => candidate.file === contract.definedAt?.file);
  const definedAt = contract.definedAt ?? { file: source.file, line: 1, column: 1 };
  const doc = contract.doc ?? sources.docAt(definedAt);
  return {
    data: contract.data,
    source: ownExport ?? source,
    definedAt,
    doc: doc === "" ? undefined : doc,
    zodVersion: contract.zodVersion,
  };
}

function byName(a: ProjectContract, b: ProjectContract): number {
  return a.data.name < b.data.name ? -1 : 1;
}
