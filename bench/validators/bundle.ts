import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What to bundle, and whether taskora's own code is part of it. */
export interface BundleOptions {
  readonly source: string;
  readonly resolveDir?: string;
  readonly minify: boolean;
  readonly runtime: "inside" | "outside";
}

const ENTRIES = ["generated"];

/** Bundles a TypeScript module for Node, as a service's build would. */
export async function bundle(options: BundleOptions): Promise<string> {
  const entry = (name: string): string => fileURLToPath(new URL(`../../src/${name}`, import.meta.url));
  const alias = Object.fromEntries(ENTRIES.map((name) => [`taskora/${name}`, entry(`${name}/index.ts`)]));
  const result = await build({
    stdin: {
      contents: options.source,
      loader: "ts",
      resolveDir: options.resolveDir ?? fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    minify: options.minify,
    ...(options.runtime === "inside" ? { alias } : { external: ["taskora", "taskora/*"] }),
  });
  return result.outputFiles[0]?.text ?? "";
}

/** Bytes after gzip at its usual level. */
export function weigh(text: string): number {
  return gzipSync(text).length;
}
