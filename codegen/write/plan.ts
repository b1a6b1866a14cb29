import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { errorFinding, type Finding } from "../finding.js";
import { hashText, MANIFEST_NAME, type Manifest, manifestText, readManifest } from "./manifest.js";
import { normalForm } from "./normal-form.js";
import { textDiff } from "./text-diff.js";

/** One thing to do to the disk. Nothing is done by planning it. */
export type Change =
  | { readonly action: "create" | "update"; readonly path: string; readonly text: string }
  | { readonly action: "delete"; readonly path: string };

/** What to do, what already is as it should be, and what forbids doing it. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly unchanged: number;
  readonly findings: readonly Finding[];
}

/** An output folder as it should be. */
export interface DesiredFolder {
  readonly dir: string;
  /** The config that asks for it, absolute. */
  readonly configFile?: string | undefined;
  /** Paths relative to `dir`, with `/`. */
  readonly files: ReadonlyMap<string, string>;
  /** Take over what is there although no manifest says it is the generator's. */
  readonly adopt: boolean;
  /** Overwrite files that were edited by hand. */
  readonly overwrite: boolean;
}

/** Joins plans; all of it is done, or nothing. */
export function joinPlans(plans: readonly Plan[]): Plan {
  return {
    changes: plans.flatMap((plan) => plan.changes),
    unchanged: plans.reduce((sum, plan) => sum + plan.unchanged, 0),
    findings: plans.flatMap((plan) => plan.findings),
  };
}

/** Compares an output folder with what it should hold. Files the manifest does not name are left alone. */
export function planFolder(folder: DesiredFolder): Plan {
  const read = readManifest(folder.dir);
  if (read !== "missing" && "finding" in read) return blocked(read.finding);
  const manifest: Manifest = read === "missing" ? new Map() : read.manifest;
  const strangers = read === "missing" && !folder.adopt ? filesIn(folder.dir) : [];
  if (strangers.length > 0) return blocked(foreignFolder(folder.dir, strangers));
  const plans = [...folder.files].map(([path, text]) => planOwned({ folder, manifest, path, text }));
  for (const path of manifest.keys()) {
    if (!folder.files.has(path)) plans.push(planRemoved({ folder, manifest, path }));
  }
  return joinPlans([
    ...plans,
    planText(join(folder.dir, MANIFEST_NAME), manifestText(folder.files, configFrom(folder))),
  ]);
}

function configFrom({ dir, configFile }: DesiredFolder): string | undefined {
  return configFile === undefined ? undefined : relative(dir, configFile).split(sep).join("/");
}

/** Plans a file whose former content does not matter, such as a lock. */
export function planText(path: string, text: string): Plan {
  const onDisk = readIfPresent(path);
  if (onDisk === undefined) return one({ action: "create", path, text });
  return isSame(path, onDisk, text) ? nothing() : one({ action: "update", path, text });
}

/** Plans a file that is created once and is the user's from then on. */
export function planOnce(path: string, text: string): Plan {
  return existsSync(path) ? nothing() : one({ action: "create", path, text });
}

/** Plans the removal of a file. */
export function planDelete(path: string): Plan {
  return existsSync(path) ? one({ action: "delete", path }) : nothing();
}

interface OwnedFile {
  readonly folder: DesiredFolder;
  readonly manifest: Manifest;
  readonly path: string;
}

function planOwned(file: OwnedFile & { readonly text: string }): Plan {
  const { folder, manifest, text } = file;
  const path = join(folder.dir, file.path);
  const onDisk = readIfPresent(path);
  if (onDisk === undefined) return one({ action: "create", path, text });
  if (isSame(path, onDisk, text)) return nothing();
  const known = manifest.get(file.path);
  const isOurs =
    known === hashText(onDisk, path) || folder.overwrite || (known === undefined && folder.adopt);
  if (isOurs) return one({ action: "update", path, text });
  return blocked(known === undefined ? foreignFile(path) : editedFile(path, textDiff(text, onDisk)));
}

function planRemoved(file: OwnedFile): Plan {
  const path = join(file.folder.dir, file.path);
  const onDisk = readIfPresent(path);
  if (onDisk === undefined) return nothing();
  const isOurs = file.manifest.get(file.path) === hashText(onDisk, path) || file.folder.overwrite;
  return isOurs ? one({ action: "delete", path }) : blocked(editedFile(path, "this file would be deleted"));
}

function editedFile(path: string, details: string): Finding {
  return errorFinding("OUTPUT_EDITED", {
    message:
      "A generated file was edited by hand, and the edit (marked +) would be lost. Nothing was written.",
    hint: "Move the edit to the contract or to a file of yours, then run taskora generate --overwrite.",
    at: { file: path, line: firstChangedLine(details), column: 1 },
    details,
  });
}

function firstChangedLine(diff: string): number {
  return Number(/^@@ line (\d+)/.exec(diff)?.[1] ?? 1);
}

function foreignFile(path: string): Finding {
  return errorFinding("OUTPUT_FOREIGN", {
    message:
      "A file that the generator did not write is where a generated file belongs. Nothing was written.",
    hint: "Move it away, or set adopt: true on this output to let the generator replace it. Then run taskora generate again.",
    at: { file: path, line: 1, column: 1 },
  });
}

function foreignFolder(dir: string, files: readonly string[]): Finding {
  const shown = files.slice(0, 5);
  if (files.length > shown.length) shown.push(`and ${files.length - shown.length} more`);
  return errorFinding("OUTPUT_FOREIGN", {
    message: `The output folder ${dir} holds files that the generator did not write. Nothing was written.`,
    hint: "Name an empty folder, or set adopt: true on this output. Then run taskora generate again.",
    details: shown.join("\n"),
  });
}

/** Files that only keep a folder alive, or that a file manager leaves behind. */
const NOBODYS_FILES = new Set([".gitkeep", ".keep", ".gitignore", ".DS_Store"]);

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !NOBODYS_FILES.has(entry.name))
    .map((entry) => entry.name);
}

/** A file that a formatter went over is as it should be: writing it again would only start a quarrel. */
function isSame(path: string, a: string, b: string): boolean {
  return a === b || normalForm(a, path) === normalForm(b, path);
}

function readIfPresent(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function nothing(): Plan {
  return { changes: [], unchanged: 1, findings: [] };
}

function one(change: Change): Plan {
  return { changes: [change], unchanged: 0, findings: [] };
}

function blocked(finding: Finding): Plan {
  return { changes: [], unchanged: 0, findings: [finding] };
}
