import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Writes a generated file, or only looks; gives its path when it differed. */
export function keepText(mode: "write" | "check", path: string, text: string): readonly string[] {
  const stored = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (stored === text) return [];
  if (mode === "write") writeFileSync(path, text);
  return [path];
}
