/** Which file is the worker of a project, and how it is run. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const NAMES = ["main", "index", "worker"] as const;
const ENDINGS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"] as const;
const USUAL = ["src/worker/main", "src/worker/index", "src/worker", "worker/main", "worker/index", "worker"];

/** Places where the worker may be: beside the handlers that are generated, else where most put it. */
export function workerPlaces(root: string, handlerDirs: readonly string[]): readonly string[] {
  const beside = handlerDirs.flatMap((dir) => NAMES.map((name) => join(dirname(dir), name)));
  return [...new Set([...beside, ...USUAL.map((name) => join(root, name))])].flatMap((place) =>
    ENDINGS.map((ending) => place + ending),
  );
}

/** The first of the places where there is a file. */
export function findWorker(places: readonly string[]): string | undefined {
  return places.find((place) => existsSync(place));
}

/** What a file is run with, or what has to be installed for it. */
export type Runner =
  | { readonly args: readonly string[]; readonly missing?: undefined }
  | { readonly args?: undefined; readonly missing: string };

/** JavaScript by Node itself; TypeScript by the tsx of the project, else by Node where it can. */
export function runnerOf(
  file: string,
  root: string,
  hasTypes: boolean = Boolean((process.features as { readonly typescript?: unknown }).typescript),
): Runner {
  if (!/\.[cm]?ts$/.test(file)) return { args: [] };
  try {
    return {
      args: ["--import", pathToFileURL(createRequire(join(root, "package.json")).resolve("tsx")).href],
    };
  } catch {
    if (hasTypes) return { args: [] };
    return {
      missing: `${relative(root, file)} is TypeScript, and this Node cannot run it. Install tsx: npm i -D tsx`,
    };
  }
}
