import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suggest } from "../src/core/suggest.js";
import type { EmitTask } from "./emit/emitted-task.js";
import { errorFinding, type Finding, type SourcePosition } from "./finding.js";

/** A handler type that one of the user's files imports. */
export interface HandlerUse {
  /** `EmailSend` for `EmailSendHandler`. */
  readonly typeName: string;
  readonly at: SourcePosition;
}

const IMPORT = /import\s+(?:type\s+)?\{([^}]*)\}\s*from\s*["'](\.[^"']*)["']/g;
const HANDLER_NAME = /\b([A-Z][A-Za-z0-9]*)Handler\b/g;

/**
 * Finds which generated handler types the files of a folder import, wherever the user moved them inside it.
 * Files are read for their text only.
 */
export function findHandlerUses(folder: string, generatedDir: string): HandlerUse[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return files.flatMap((file) => usesIn(file, readFileSync(file, "utf8"), generatedDir));
}

function usesIn(file: string, text: string, generatedDir: string): HandlerUse[] {
  const uses: HandlerUse[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const [, names = "", from = ""] = match;
    if (!isInside(join(file, "..", from), generatedDir)) continue;
    for (const name of names.matchAll(HANDLER_NAME)) {
      const offset = match.index + match[0].indexOf("{") + 1 + name.index;
      uses.push({ typeName: name[1] ?? "", at: positionAt(file, text, offset) });
    }
  }
  return uses;
}

function isInside(path: string, dir: string): boolean {
  const inner = relative(dir, path);
  return inner === "" || !inner.startsWith("..");
}

function positionAt(file: string, text: string, offset: number): SourcePosition {
  const before = text.slice(0, offset).split("\n");
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** What a handlers folder of the user looks like against the tasks there are. */
export interface HandlerFolder {
  readonly root: string;
  readonly stubs: string;
  readonly generatedDir: string;
  readonly tasks: readonly EmitTask[];
}

/** Tasks without a handler file, and handler files whose task is gone. */
export function findHandlerProblems(folder: HandlerFolder): Finding[] {
  const uses = findHandlerUses(folder.stubs, folder.generatedDir);
  const used = new Set(uses.map((use) => use.typeName));
  const known = new Set(folder.tasks.map((task) => task.typeName));
  const missing = folder.tasks.filter((task) => !used.has(task.typeName));
  const orphans = uses.filter((use) => !known.has(use.typeName));
  return [
    ...missing.map((task) => missingHandler(task, folder)),
    ...orphans.map((use) => orphanedHandler(use, missing)),
  ];
}

function missingHandler(task: EmitTask, folder: HandlerFolder): Finding {
  const { name } = task.contract.data;
  return errorFinding("HANDLER_MISSING", {
    task: name,
    message:
      `${name} has no handler: no file in ${relative(folder.root, folder.stubs)} imports ${task.typeName}Handler, ` +
      "so its jobs would stay in the queue.",
    hint: `Run taskora generate to create ${relative(folder.root, join(folder.stubs, `${task.fileName}.ts`))}, and fill it in.`,
    at: task.contract.definedAt,
  });
}

function orphanedHandler(use: HandlerUse, missing: readonly EmitTask[]): Finding {
  const names = missing.map((task) => task.typeName);
  const near = suggest(use.typeName, names) ?? (names.length === 1 ? names[0] : undefined);
  const target = missing.find((task) => task.typeName === near);
  const renamed =
    target === undefined
      ? "If its task was renamed, give the new one the old name as an alias and run taskora sync; else delete the file, or restore the contract."
      : `Was it renamed to ${target.contract.data.name}? Then import ${target.typeName}Handler and export ${target.key}.`;
  return errorFinding("HANDLER_ORPHANED", {
    message: `A handler file imports ${use.typeName}Handler, but there is no such task any more.`,
    hint: `${renamed} Then run taskora check again.`,
    at: use.at,
  });
}
