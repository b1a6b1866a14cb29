import type { ConfigSummary, ProjectOptions } from "./load/load-project.js";

/**
 * Reads the config of a project in a fresh process, and no contract.
 *
 * @throws {CodegenError} `CONFIG_NOT_FOUND`, `CONFIG_INVALID`, `CONFIG_THREW`, or `DEPENDENCY_MISSING` without tsx
 */
export async function readConfig(options: ProjectOptions = {}): Promise<ConfigSummary> {
  const { loadConfig } = await import("./load/load-project.js");
  return loadConfig(options);
}
