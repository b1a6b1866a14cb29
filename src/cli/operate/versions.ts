import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Packages whose version decides how taskora behaves. */
const PACKAGES = ["taskora", "zod", "ioredis", "pg", "@electric-sql/pglite", "@opentelemetry/api"] as const;

/** Versions of Node and of those packages, as programs of a folder get them; what is not installed is left out. */
export function versionsIn(folder: string): Readonly<Record<string, string>> {
  const installed = PACKAGES.flatMap((name) => {
    const version = versionOf(name, folder);
    return version === undefined ? [] : [[name, version] as const];
  });
  return { node: process.versions.node, ...Object.fromEntries(installed) };
}

/** Its manifest is looked for in the folders that Node would look in: many packages do not let theirs be imported. */
function versionOf(name: string, folder: string): string | undefined {
  const folders = createRequire(join(folder, "package.json")).resolve.paths(name) ?? [];
  for (const modules of folders) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
      const version = (manifest as { readonly version?: unknown }).version;
      return typeof version === "string" ? version : undefined;
    } catch {
      // It is not in this folder.
    }
  }
  return undefined;
}
