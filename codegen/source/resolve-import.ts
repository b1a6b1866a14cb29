import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readCompilerOptions } from "../emit/tsconfig.js";

/** The file of the project an import means: a relative one, or an alias of the nearest tsconfig.json. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return fileOf(resolve(dirname(from), specifier));
  const config = nearestConfig(dirname(from));
  if (config === undefined) return undefined;
  const { paths, baseUrl } = readCompilerOptions(config);
  if (typeof paths !== "object" || paths === null) return undefined;
  const base = resolve(dirname(config), typeof baseUrl === "string" ? baseUrl : ".");
  for (const [pattern, targets] of Object.entries(paths)) {
    const matched = matchAlias(pattern, specifier);
    if (matched === undefined || !Array.isArray(targets)) continue;
    for (const target of targets) {
      const file = fileOf(
        resolve(
          base,
          String(target).replace("*", () => matched),
        ),
      );
      if (file !== undefined) return file;
    }
  }
  return undefined;
}

/** What stands for the star of a pattern; undefined when it does not match. */
function matchAlias(pattern: string, specifier: string): string | undefined {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === specifier ? "" : undefined;
  const isMatch = specifier.startsWith(before) && specifier.endsWith(after);
  return isMatch ? specifier.slice(before.length, specifier.length - after.length) : undefined;
}

/** Whichever extension it is written with. */
function fileOf(base: string): string | undefined {
  const bare = base.replace(/\.[cm]?js$/, "");
  const candidates = [base, `${bare}.ts`, `${bare}.mts`, `${bare}.cts`, `${bare}.tsx`, `${base}/index.ts`];
  return candidates.find((candidate) => /\.[cm]?[jt]sx?$/.test(candidate) && existsSync(candidate));
}

function nearestConfig(dir: string): string | undefined {
  const file = join(dir, "tsconfig.json");
  if (existsSync(file)) return file;
  const parent = dirname(dir);
  return parent === dir ? undefined : nearestConfig(parent);
}
