import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the taskora package this code runs from: a checkout, or `node_modules/taskora`. */
export function taskoraDir(): string {
  const start = realpathSync(fileURLToPath(import.meta.url));
  for (let dir = dirname(start); dir !== dirname(dir); dir = dirname(dir)) {
    const manifest = join(dir, "package.json");
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
    if (name === "taskora") return dir;
  }
  return dirname(start);
}

/** Whether this code runs from its TypeScript sources instead of a build. */
export function runsFromSource(): boolean {
  return fileURLToPath(import.meta.url).endsWith(".ts");
}

/** The entry file of a package as seen from the first of some folders that has it. */
export function resolvePackage(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const found = tryResolve(name, folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tryResolve(name: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, "package.json")).resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
