import { describe, expect, it } from "vitest";

/** What users install: a bundler renames classes that mention themselves, such as to `_TimeoutError`. */
const ENTRIES = ["index", "redis/index", "codegen/index"].flatMap((entry) => [`${entry}.js`, `${entry}.cjs`]);

describe("the errors of the built package", () => {
  it.each(ENTRIES)("are named like their classes: %s", async (file) => {
    const exported: Record<string, unknown> = await built(file);
    const names = Object.keys(exported).filter((name) => /Error$|Request$/.test(name));
    for (const name of names) {
      const made = exported[name];
      if (typeof made !== "function" || !(made.prototype instanceof Error)) continue;
      expect(nameOf(made as new (...args: unknown[]) => Error)).toBe(name);
    }
  });

  it("name the timeout of an attempt", async () => {
    const { TimeoutError } = (await built("index.js")) as typeof import("taskora");
    expect(TimeoutError.ofWait("id", 5).name).toBe("TimeoutError");
  });
});

function built(file: string): Promise<Record<string, unknown>> {
  return import(new URL(`../../dist/${file}`, import.meta.url).href);
}

function nameOf(made: new (...args: unknown[]) => Error): string {
  const details = { issues: [], error: { name: "E", message: "m" }, findings: [] };
  const isList = /CodegenError|ConfigProblem/.test(String(made));
  return new made(isList ? [{ code: "x", message: "m", hint: "" }] : details, details).name;
}
