import { relative, resolve } from "node:path";
import { parseDuration } from "../src/core/duration.js";
import { describe } from "../src/core/options.js";
import { suggest } from "../src/core/suggest.js";
import type { ImportExtension, ModuleFormat, PackageFormat } from "./config.js";
import { findRefusedFolder } from "./config-folders.js";
import { DEFAULT_POLICY, type DiffPolicy, POLICIES } from "./diff/judge/policy.js";
import { errorFinding, type Finding } from "./finding.js";
import type { LintOptions, LintRule } from "./lint/lint-options.js";
import { DEFAULT_LOAD_TIMEOUT_MS, type ResolvedConfig, type ResolvedOutput } from "./resolved-config.js";

export type OutputKind = keyof typeof OUTPUT_KEYS;

/** Where a config came from. */
export interface ConfigOrigin {
  readonly root: string;
  readonly configFile: string | undefined;
}

export const DEFAULT_LOCK_DIR = ".taskora/contracts";
const CONFIG_KEYS = ["contracts", "outputs", "lock", "policy", "lint", "store", "loadTimeout"];
const COMMON_KEYS = ["kind", "dir", "tasks", "adopt"] as const;
const DOCUMENT_KEYS = [...COMMON_KEYS, "title", "version"] as const;
const OUTPUT_KEYS = {
  client: [...COMMON_KEYS, "importExtension", "validators", "register", "target", "format"],
  handlers: [...COMMON_KEYS, "importExtension", "validators", "register", "stubs"],
  package: [...COMMON_KEYS, "validators", "register", "name", "version", "format"],
  "json-schema": DOCUMENT_KEYS,
  asyncapi: DOCUMENT_KEYS,
  markdown: DOCUMENT_KEYS,
} as const;
const KINDS = Object.keys(OUTPUT_KEYS);
const EXTENSIONS: readonly ImportExtension[] = ["auto", ".js", ".ts", "none"];
const FORMATS: readonly ModuleFormat[] = ["auto", "esm", "cjs"];
const PACKAGE_FORMATS: readonly PackageFormat[] = ["both", "esm", "cjs"];

/** A part of the config that is wrong; turned into a finding by {@link resolveConfig}. */
class ConfigProblem extends Error {
  /** The key to point at in the config file. */
  readonly key: string | undefined;

  constructor(message: string, key?: string) {
    super(message);
    this.key = key;
  }
}

/**
 * Checks a loaded config and fills in its defaults. The config is `unknown`, since it was written by a user.
 *
 * @returns the config, or what is wrong with it and which key is at fault
 */
export function resolveConfig(
  config: unknown,
  origin: ConfigOrigin,
): { readonly config: ResolvedConfig } | { readonly finding: Finding; readonly key: string | undefined } {
  try {
    return { config: parseConfig(config, origin) };
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error;
    const where = origin.configFile === undefined ? "config" : relative(origin.root, origin.configFile);
    return {
      key: error.key,
      finding: errorFinding("CONFIG_INVALID", {
        message: error.message,
        hint: `Correct ${where} and run taskora generate again.`,
      }),
    };
  }
}

function parseConfig(value: unknown, origin: ConfigOrigin): ResolvedConfig {
  const config = requireObject(value, "the config", "Export it with export default defineConfig({ … }).");
  rejectUnknown(config, CONFIG_KEYS, "the config");
  const contracts = requireTexts(config.contracts, "contracts", 'such as ["contracts/**/*.ts"]');
  if (!Array.isArray(config.outputs) || config.outputs.length === 0) {
    throw new ConfigProblem(
      `expected outputs to be a list with at least one { kind, dir }, got ${describe(config.outputs)}.`,
      "outputs",
    );
  }
  const resolved: ResolvedConfig = {
    root: origin.root,
    configFile: origin.configFile,
    contracts,
    outputs: config.outputs.map((output, index) => parseOutput(output, `outputs[${index}]`, origin.root)),
    lockDir: resolve(origin.root, optionalText(config.lock, "lock") ?? DEFAULT_LOCK_DIR),
    policy: parsePolicy(config.policy),
    lint: parseLint(config.lint),
    store: parseStore(config.store, origin.root),
    loadTimeoutMs: parseTimeout(config.loadTimeout),
  };
  const refused = findRefusedFolder(resolved);
  if (refused !== undefined) throw new ConfigProblem(refused.message, refused.key);
  return resolved;
}

function parsePolicy(value: unknown): DiffPolicy {
  if (value === undefined) return DEFAULT_POLICY;
  const policy = POLICIES.find((candidate) => candidate === value);
  if (policy !== undefined) return policy;
  const near = typeof value === "string" ? suggest(value, POLICIES) : undefined;
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new ConfigProblem(
    `expected policy to be ${POLICIES.map(describe).join(", ")}; got ${describe(value)}.${hint}`,
    "policy",
  );
}

const LINT_NAMES: readonly LintRule[] = ["strict-object", "catch", "loose-object", "coerce", "any"];

function parseLint(value: unknown): LintOptions {
  if (value === undefined) return {};
  const rules = requireObject(value, "lint", 'Write { "strict-object": "off" }.');
  rejectUnknown(rules, LINT_NAMES, "lint");
  const parsed = Object.entries(rules).map(([rule, severity]) => [
    rule,
    parseChoice(severity, `lint.${rule}`, ["error", "warning", "off"] as const),
  ]);
  return Object.fromEntries(parsed) as LintOptions;
}

function parseStore(value: unknown, root: string): ResolvedConfig["store"] {
  if (value === undefined) return undefined;
  if (typeof value === "string") return { url: storeUrl(value, "store", root) };
  const store = requireObject(value, "store", 'Write "redis://localhost:6379", or { url, prefix }.');
  rejectUnknown(store, ["url", "prefix"], "store");
  const prefix = plainText(store.prefix, "store.prefix");
  return { url: storeUrl(store.url, "store.url", root), ...(prefix === undefined ? {} : { prefix }) };
}

/** What was given is not repeated: it may hold a password. */
function storeUrl(value: unknown, path: string, root: string): string {
  if (typeof value === "string" && STORE_URL.test(value)) return value;
  if (typeof value === "string" && /^pglite:./.test(value))
    return `pglite:${resolve(root, value.slice("pglite:".length))}`;
  throw new ConfigProblem(
    `expected ${path} to be a redis://, rediss://, redis+unix:// or postgres:// url, or pglite:FOLDER.`,
    lastKey(path),
  );
}

const STORE_URL = /^(rediss?|redis\+unix|postgres|postgresql):\/\//;

function parseTimeout(value: unknown): number {
  if (value === undefined) return DEFAULT_LOAD_TIMEOUT_MS;
  try {
    return Math.max(1, parseDuration(value as number, "loadTimeout"));
  } catch (error) {
    throw new ConfigProblem(error instanceof Error ? error.message : String(error), "loadTimeout");
  }
}

function parseOutput(value: unknown, path: string, root: string): ResolvedOutput {
  const output = requireObject(value, path, 'Write { kind: "client", dir: "src/tasks.gen" }.');
  const kind = parseKind(output.kind, path);
  rejectUnknown(output, OUTPUT_KEYS[kind], path);
  const dir = optionalText(output.dir, `${path}.dir`);
  if (dir === undefined)
    throw new ConfigProblem(`expected ${path}.dir to be a folder, got nothing.`, "outputs");
  const stubs = optionalText(output.stubs, `${path}.stubs`);
  const title =
    kind === "package" ? packageName(output.name, path) : plainText(output.title, `${path}.title`);
  return {
    kind,
    dir: resolve(root, dir),
    tasks:
      output.tasks === undefined ? ["*"] : requireTexts(output.tasks, `${path}.tasks`, 'such as ["email.*"]'),
    importExtension: parseChoice(output.importExtension ?? "auto", `${path}.importExtension`, EXTENSIONS),
    adopt: parseFlag(output.adopt, `${path}.adopt`),
    stubs: stubs === undefined ? undefined : resolve(root, stubs),
    target: parseChoice(output.target ?? "ts", `${path}.target`, ["ts", "js"]),
    ...parseFormat(output.format, kind, `${path}.format`),
    validators: parseValidators(output.validators, `${path}.validators`),
    register: parseFlag(output.register, `${path}.register`),
    title,
    version: plainText(output.version, `${path}.version`),
  };
}

function parseKind(kind: unknown, path: string): OutputKind {
  if (typeof kind === "string" && Object.hasOwn(OUTPUT_KEYS, kind)) return kind as OutputKind;
  const near = typeof kind === "string" ? suggest(kind, KINDS) : undefined;
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  const known = `${KINDS.slice(0, -1).map(describe).join(", ")} or ${describe(KINDS.at(-1))}`;
  throw new ConfigProblem(`expected ${path}.kind to be ${known}, got ${describe(kind)}.${hint}`, "kind");
}

/** One key, and other choices for a package, which may serve both module systems. */
function parseFormat(
  value: unknown,
  kind: OutputKind,
  path: string,
): Pick<ResolvedOutput, "format" | "packageFormat"> {
  return kind === "package"
    ? { format: "auto", packageFormat: parseChoice(value ?? "both", path, PACKAGE_FORMATS) }
    : { format: parseChoice(value ?? "auto", path, FORMATS), packageFormat: "both" };
}

function parseValidators(value: unknown, path: string): ResolvedOutput["validators"] {
  if (value === undefined) return "auto";
  return parseFlag(value, path) ? "on" : "off";
}

/** @see https://docs.npmjs.com/cli/configuring-npm/package-json#name */
const PACKAGE_NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;

function packageName(value: unknown, path: string): string {
  if (typeof value === "string" && value.length <= 214 && PACKAGE_NAME.test(value)) return value;
  throw new ConfigProblem(
    `expected ${path}.name to be a package name such as "@acme/tasks", got ${describe(value)}.`,
    "name",
  );
}

function plainText(value: unknown, path: string): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw new ConfigProblem(`expected ${path} to be a text, got ${describe(value)}.`, lastKey(path));
}

function parseChoice<Choice>(value: unknown, path: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw new ConfigProblem(
    `expected ${path} to be ${choices.map(describe).join(", ")}; got ${describe(value)}.`,
    lastKey(path),
  );
}

function parseFlag(value: unknown, path: string): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new ConfigProblem(`expected ${path} to be true or false, got ${describe(value)}.`, lastKey(path));
}

function requireObject(value: unknown, path: string, hint: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ConfigProblem(`expected ${path} to be an object, got ${describe(value)}. ${hint}`);
}

function requireTexts(value: unknown, path: string, example: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((item): item is string => typeof item === "string" && item !== "")) {
    return list;
  }
  throw new ConfigProblem(
    `expected ${path} to be a list of texts ${example}, got ${describe(value)}.`,
    lastKey(path),
  );
}

function optionalText(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigProblem(`expected ${path} to be a folder, got ${describe(value)}.`, lastKey(path));
}

function rejectUnknown(value: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = suggest(key, known);
    const hint = near === undefined ? `Known keys: ${known.join(", ")}.` : `Did you mean "${near}"?`;
    throw new ConfigProblem(`unknown key "${key}" in ${path}. ${hint}`, key);
  }
}

function lastKey(path: string): string {
  return path.split(".").at(-1) ?? path;
}
