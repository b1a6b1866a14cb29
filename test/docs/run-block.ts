import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { vi } from "vitest";
import type { BlockFile } from "./block-files.js";

/** What a block says it prints, and what it printed. */
export interface RunReport {
  readonly promised: readonly string[];
  readonly printed: readonly string[];
}

/** Runs a block as a module. `console.log(…); // → text` is a promise that this call prints `text`. */
export async function runBlock({ path, block }: BlockFile): Promise<RunReport> {
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    printed.push(values.map(asText).join(" "));
  });
  const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    log.mockRestore();
    info.mockRestore();
  }
  return { promised: promisesOf(block.text), printed };
}

function promisesOf(text: string): string[] {
  return [...text.matchAll(/\/\/ → (.*)$/gm)].map((match) => (match[1] ?? "").trim());
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}
