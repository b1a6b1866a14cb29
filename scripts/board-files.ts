/**
 * Builds the pages of the board and writes them into a module of `taskora/board`, so that no file has to be found at run time.
 * Run: `npm run build:board`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { FILES } from "../src/board/assets/files.generated.js";
import { installOwnPackages } from "./own-packages.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Where the pages are written, and built. */
export const PAGES = join(ROOT, "board-ui");
const MODULE = join(ROOT, "src/board/assets/files.generated.ts");

/** Packages whose code is in what a browser loads. */
const INSIDE = ["preact", "@preact/signals", "@preact/signals-core", "vite"];
const HEAD =
  "/** The pages of the board, as board-ui builds them: name → type and gzipped bytes in base64. Written by npm run build:board. */\n";
const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** Builds the pages; gives what a browser may load by its name below the board. */
export function buildPages(): ReadonlyMap<string, Buffer> {
  installOwnPackages(PAGES);
  execFileSync(process.execPath, ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], {
    ...{ cwd: PAGES, stdio: "pipe" },
    env: { ...process.env, NODE_ENV: "production" },
  });
  const folder = join(PAGES, "dist");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map(
      (path) =>
        [
          path
            .slice(folder.length + 1)
            .split(sep)
            .join("/"),
          readFileSync(path),
        ] as const,
    );
  return new Map(
    [...files, ["assets/licenses.txt", licenses()] as const].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What the compiler says of the pages. The library, whose types they use, passes it by its own settings: without a browser. */
export function typeErrors(): readonly string[] {
  const compiler = join(ROOT, "node_modules/typescript-7.0/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "--noEmit", "--pretty", "false"], {
    ...{ cwd: PAGES, encoding: "utf8" },
  });
  return stdout.split("\n").filter((line) => line !== "" && !/^(\.\.\/src\/|\s)/.test(line));
}

/** Text of the licences of what is inside, which they ask to be repeated. */
function licenses(): Buffer {
  const texts = INSIDE.map((name) => {
    const folder = join(PAGES, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    // Vite's own file repeats those of all it bundles; of its code only the loader of pages is inside.
    const [text = ""] = readFileSync(join(folder, file ?? "LICENSE"), "utf8").split("# Licenses of bundled");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return Buffer.from(texts.join(`\n${"-".repeat(80)}\n\n`));
}

function moduleOf(files: ReadonlyMap<string, Buffer>): string {
  const lines = [...files].map(([name, bytes]) => {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (type === undefined) throw new Error(`board-ui builds ${name}, of which no type is known.`);
    const gzip = gzipSync(bytes, { level: 9 }).toString("base64");
    return `  ${JSON.stringify(name)}: { type: ${JSON.stringify(type)}, gzip: ${JSON.stringify(gzip)} },\n`;
  });
  const type = "Readonly<Record<string, { readonly type: string; readonly gzip: string }>>";
  return `${HEAD}export const FILES: ${type} = {\n${lines.join("")}};\n`;
}

/** Names of files of which the module holds other bytes than were built. What packs them may differ from machine to machine. */
export function staleFiles(built: ReadonlyMap<string, Buffer>): readonly string[] {
  const names = new Set([...built.keys(), ...Object.keys(FILES)]);
  return [...names].filter((name) => {
    const { gzip } = FILES[name] ?? {};
    const bytes = built.get(name);
    return (
      gzip === undefined || bytes === undefined || !gunzipSync(Buffer.from(gzip, "base64")).equals(bytes)
    );
  });
}

/** Writes the module anew, or only looks, where the packages of the pages are installed; a test of the board always looks. */
export async function runBoardFiles(mode: "write" | "check"): Promise<readonly string[]> {
  if (!existsSync(join(PAGES, "node_modules"))) return [];
  const built = buildPages();
  if (staleFiles(built).length === 0) return [];
  if (mode === "write") writeFileSync(MODULE, moduleOf(built));
  return ["src/board/assets/files.generated.ts"];
}

if (pathToFileURL(process.argv[1] ?? "").href === import.meta.url) {
  const built = buildPages();
  if (staleFiles(built).length > 0) writeFileSync(MODULE, moduleOf(built));
}
