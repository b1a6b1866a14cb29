import { describe, expect, it } from "vitest";
import { globBase } from "../../codegen/config-folders.js";
import { resolveConfig } from "../../codegen/resolve-config.js";
import type { ResolvedConfig } from "../../codegen/resolved-config.js";

const client = { kind: "client", dir: "src/tasks.gen" };

function problem(config: unknown): string {
  const result = resolveConfig(config, { root: "/project", configFile: "/project/taskora.config.ts" });
  return "finding" in result ? result.finding.message : "accepted";
}

function resolved(config: unknown): ResolvedConfig {
  const result = resolveConfig(config, { root: "/project", configFile: undefined });
  if ("finding" in result) throw new Error(result.finding.message);
  return result.config;
}

describe("resolveConfig", () => {
  it("fills in the defaults and makes paths absolute", () => {
    const config = resolved({
      contracts: "contracts/*.ts",
      outputs: [{ ...client, kind: "handlers", stubs: "src/handlers" }],
    });
    expect(config).toEqual({
      root: "/project",
      configFile: undefined,
      contracts: ["contracts/*.ts"],
      lockDir: "/project/.taskora/contracts",
      policy: "workers-first",
      lint: {},
      store: undefined,
      loadTimeoutMs: 30_000,
      outputs: [
        {
          kind: "handlers",
          dir: "/project/src/tasks.gen",
          stubs: "/project/src/handlers",
          target: "ts",
          format: "auto",
          packageFormat: "both",
          validators: "auto",
          register: false,
          title: undefined,
          version: undefined,
          tasks: ["*"],
          importExtension: "auto",
          adopt: false,
        },
      ],
    });
  });

  it.each([
    [
      "no object",
      undefined,
      "expected the config to be an object, got undefined. Export it with export default defineConfig({ … }).",
    ],
    [
      "a store that is no url, without repeating it",
      { contracts: "a", outputs: [client], store: "secret@host" },
      "expected store to be a redis://, rediss://, redis+unix:// or postgres:// url, or pglite:FOLDER.",
    ],
    [
      "an unknown key of a store",
      { contracts: "a", outputs: [client], store: { url: "redis://host", prefx: "a" } },
      'unknown key "prefx" in store. Did you mean "prefix"?',
    ],
    [
      "no contracts",
      { outputs: [client] },
      'expected contracts to be a list of texts such as ["contracts/**/*.ts"], got undefined.',
    ],
    [
      "no outputs",
      { contracts: "c/*.ts", outputs: [] },
      "expected outputs to be a list with at least one { kind, dir }, got [].",
    ],
    [
      "an unknown key",
      { contracts: "c/*.ts", output: [client] },
      'unknown key "output" in the config. Did you mean "outputs"?',
    ],
    [
      "an unknown key of an output",
      { contracts: "c/*.ts", outputs: [{ ...client, stub: "x" }] },
      'unknown key "stub" in outputs[0]. Known keys: kind, dir, tasks, adopt, importExtension, validators, register, target, format.',
    ],
    [
      "an unknown kind",
      { contracts: "c/*.ts", outputs: [{ kind: "clients", dir: "x" }] },
      'expected outputs[0].kind to be "client", "handlers", "package", "json-schema", "asyncapi" or "markdown", got "clients". Did you mean "client"?',
    ],
    [
      "a bad time",
      { contracts: "c/*.ts", outputs: [client], loadTimeout: "fast" },
      /expected loadTimeout to be milliseconds/,
    ],
    [
      "the project root",
      { contracts: "c/*.ts", outputs: [{ ...client, dir: "." }] },
      /holds the whole project/,
    ],
    [
      "a folder above it",
      { contracts: "c/*.ts", outputs: [{ ...client, dir: ".." }] },
      /holds the whole project/,
    ],
    [
      "the contracts folder",
      { contracts: "c/**/*.ts", outputs: [{ ...client, dir: "c" }] },
      /share a folder/,
    ],
    ["a folder in it", { contracts: "c/**/*.ts", outputs: [{ ...client, dir: "c/gen" }] }, /share a folder/],
    [
      "overlapping outputs",
      { contracts: "c/*.ts", outputs: [client, { kind: "handlers", dir: "src/tasks.gen/worker" }] },
      /outputs\[1\].dir and outputs\[0\].dir overlap/,
    ],
    [
      "handlers among generated files",
      { contracts: "c/*.ts", outputs: [{ kind: "handlers", dir: "gen", stubs: "gen/handlers" }] },
      /handlers are yours/,
    ],
  ])("refuses %s", (_title, config, message) => {
    if (typeof message === "string") expect(problem(config)).toBe(message);
    else expect(problem(config)).toMatch(message);
  });

  it("lets contracts lie anywhere beside the output folder", () => {
    expect(problem({ contracts: "**/*.contract.ts", outputs: [client] })).toBe("accepted");
  });
});

describe("globBase", () => {
  it.each([
    ["contracts/**/*.ts", "contracts"],
    ["a/b/{c,d}/*.ts", "a/b"],
    ["**/*.contract.ts", "."],
    ["contracts/email.ts", "contracts"],
  ])("finds the fixed part of %s", (pattern, base) => {
    expect(globBase(pattern)).toBe(base);
  });
});
