/** The frameworks of the examples, and this checkout's taskora beside them. Installed when the first test asks for them. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { installOwnPackages } from "../../scripts/own-packages.js";
import { MODULE_OF_NODE, writeManifest } from "../support/built.js";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where the examples are. */
export const EXAMPLES = join(ROOT, "examples/board");
const MODULES = join(EXAMPLES, "node_modules");

/** What examples and tests import. */
const ENTRIES = ["board", "contract", "fastify", "memory", "nest"];

/** Installs everything once, and puts what the sources are now in the place of what was packed then. */
export function installFrameworks(): void {
  installOwnPackages(EXAMPLES);
  const folder = join(MODULES, "taskora");
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  buildSync({
    ...MODULE_OF_NODE,
    absWorkingDir: ROOT,
    splitting: true,
    entryPoints: {
      index: "src/index.ts",
      ...Object.fromEntries(ENTRIES.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
    },
    outdir: join(folder, "dist"),
    external: ["ioredis", "pg", "zod", "@nestjs/*"],
  });
  writeManifest(folder);
}

/** Makes an ES module of `fixtures/<name>.ts` where it finds the packages of the examples. */
export function builtFixture(name: string): string {
  const outfile = join(MODULES, `.built/${name}.mjs`);
  buildSync({
    ...MODULE_OF_NODE,
    absWorkingDir: join(ROOT, "test/frameworks/fixtures"),
    packages: "external",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    entryPoints: [`${name}.ts`],
    outfile,
  });
  return outfile;
}

/** The programs of Node are compiled once, all together, so that a start takes as long as its packages take to load. */
export function buildExamples(folders: readonly string[]): void {
  for (const folder of folders) {
    buildSync({
      ...MODULE_OF_NODE,
      absWorkingDir: join(EXAMPLES, folder),
      packages: "external",
      entryPoints: ["main.ts"],
      outfile: `node_modules/.built/main.mjs`,
    });
  }
}

/** The program that a package ships for this machine, in a package of its own. */
export function binaryOf(scope: "@oven" | "@deno", name: string): string {
  const found = readdirSync(join(MODULES, scope))
    .map((each) => join(MODULES, scope, each, name))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no package of ${scope} has ${name}`);
  return found;
}
