import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generate } from "../../codegen/generate.js";
import { configText, DEFAULT_ANSWERS, SAMPLE_CONTRACT } from "../../src/cli/sample-files.js";
import { PROJECT } from "./documents.js";
import { type CodeBlock, flagValue } from "./markdown.js";

/** A block as a file that can be compiled and run. */
export interface BlockFile {
  readonly block: CodeBlock;
  readonly path: string;
  /** For each line of the file, the line of the document it comes from. */
  readonly lines: readonly number[];
}

/** Where the files of this process are written; a `fixtures` folder, which linters and compilers pass over. */
const FOLDER = join(PROJECT, "test", "docs", "fixtures", `blocks-${process.pid}`);

/** What every document may import beside the package: a contract and what the generator makes of it. */
const SHARED = {
  contracts: "contracts",
  "producer/tasks.gen": "src/tasks.gen",
  "worker/tasks.gen": "src/worker/tasks.gen",
  "worker/handlers": "src/worker/handlers",
};

/** Generates what {@link SHARED} names, from the files that `taskora init` creates. */
export async function generateShared(): Promise<void> {
  const project = join(FOLDER, "shared");
  mkdirSync(join(project, "contracts"), { recursive: true });
  writeFileSync(join(project, "taskora.config.ts"), configText(DEFAULT_ANSWERS));
  writeFileSync(join(project, "contracts", "email.ts"), SAMPLE_CONTRACT);
  await generate({ cwd: project });
}

/**
 * Writes every block to a file. Blocks of one document share a folder, so that one marked `file=name.ts` can be
 * imported by the next. Other blocks are fragments: they follow the document's setup, in a scope of their own.
 */
export function writeBlocks(blocks: readonly CodeBlock[]): readonly BlockFile[] {
  const files = blocks.map((block, index) => composeBlock(block, index));
  for (const folder of new Set(blocks.map(folderOf))) linkShared(folder);
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return files;
}

/** Deletes what {@link writeBlocks} wrote. */
export function removeBlocks(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

function folderOf({ document }: CodeBlock): string {
  return join(FOLDER, document.replace(/\.md$/, "").replaceAll("/", "-"));
}

function linkShared(folder: string): void {
  for (const [name, target] of Object.entries(SHARED)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    symlinkSync(join(FOLDER, "shared", target), join(folder, name), "dir");
  }
}

function composeBlock(block: CodeBlock, index: number): BlockFile & { readonly text: string } {
  const file = flagValue(block, "file");
  const path = join(folderOf(block), file ?? join(sideOf(block), `block-${index}-line-${block.line}.ts`));
  const isWhole = file !== undefined || block.flags.includes("alone") || /^export /m.test(block.text);
  const parts = isWhole ? [piece(block.text, block.line)] : fragmentParts(block);
  const lines = parts.flatMap((part) => part.lines);
  return { block, path, lines, text: parts.map((part) => part.text).join("\n") };
}

/** A block that imports generated code belongs beside it: to the producer or to the worker. */
function sideOf({ text }: CodeBlock): string {
  if (/from "\.\.\/tasks\.gen\//.test(text)) return "worker/blocks";
  if (!/from "\.\/tasks\.gen\//.test(text)) return ".";
  return text.includes("createClient") ? "producer" : "worker";
}

interface Piece {
  readonly text: string;
  readonly lines: readonly number[];
}

function piece(text: string, line: number): Piece {
  return { text, lines: text.split("\n").map((_, index) => line + index) };
}

/** Imports must stand at the top, so a fragment's are taken out of it; blank lines keep the others in place. */
function fragmentParts({ text, line, setup }: CodeBlock): Piece[] {
  const statement = /^import\s[^;]*;$/gm;
  const imports = (text.match(statement) ?? []).join(" ").replace(/\s+/g, " ");
  const rest = text.replace(statement, (found) => found.replace(/[^\n]/g, ""));
  return [
    piece(imports, line),
    piece(setup.before, setup.line),
    piece("{", line),
    piece(rest, line),
    piece("}", line),
    piece(setup.after, setup.line),
    piece("export {};", line),
  ];
}
