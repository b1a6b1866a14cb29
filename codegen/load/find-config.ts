import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { CodegenError, errorFinding } from "../finding.js";

/** Names a config may have, in the order they are looked for. */
export const CONFIG_NAMES = [
  "taskora.config.ts",
  "taskora.config.mts",
  "taskora.config.js",
  "taskora.config.mjs",
];

/**
 * Finds the config: the given file, or the nearest one at or above a folder.
 *
 * @throws {CodegenError} `CONFIG_NOT_FOUND`, saying where it looked
 */
export function findConfig(options: { readonly cwd: string; readonly configFile?: string }): string {
  if (options.configFile !== undefined) {
    const file = resolve(options.cwd, options.configFile);
    if (existsSync(file)) return file;
    throw notFound(`There is no config at ${relative(options.cwd, file) || file}.`, "");
  }
  const looked: string[] = [];
  for (let dir = resolve(options.cwd); ; dir = dirname(dir)) {
    looked.push(dir);
    const name = CONFIG_NAMES.find((candidate) => existsSync(join(dir, candidate)));
    if (name !== undefined) return join(dir, name);
    const isTop = dir === dirname(dir) || existsSync(join(dir, ".git"));
    if (isTop) break;
  }
  throw notFound("There is no taskora.config.ts in this folder or above it.", looked.join("\n"));
}

function notFound(message: string, looked: string): CodegenError {
  return new CodegenError([
    errorFinding("CONFIG_NOT_FOUND", {
      message,
      hint: "Create one with taskora init, or name one with --config.",
      ...(looked === "" ? {} : { details: `looked in\n${looked}` }),
    }),
  ]);
}
