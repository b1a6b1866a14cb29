import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The argument of a process that is started before there is anything to load. */
export const WAIT = "--wait";

/** Loads what every contract imports, then waits for the parent to name the request file. */
export async function waitForRequest(): Promise<string> {
  const request = new Promise<string>((resolve) => {
    process.once("disconnect", () => process.exit(0));
    process.once("message", (message: { readonly requestFile: string }) => resolve(message.requestFile));
  });
  await preloadZod(process.cwd());
  return await request;
}

async function preloadZod(root: string): Promise<void> {
  const manifest = findManifest(root);
  if (manifest === undefined) return;
  const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly exports?: { readonly "."?: { readonly import?: unknown } };
  };
  const entry = exports?.["."]?.import;
  if (typeof entry === "string") await import(pathToFileURL(join(manifest, "..", entry)).href);
}

function findManifest(root: string): string | undefined {
  try {
    return createRequire(join(root, "package.json")).resolve("zod/package.json");
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return undefined;
    throw error;
  }
}
