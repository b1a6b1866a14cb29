import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { canonicalJsonText } from "../canonical-json.js";
import { errorFinding, type Finding } from "../finding.js";
import { normalForm } from "./normal-form.js";

/** Lists the files of an output folder that belong to the generator, with a hash of what it wrote. */
export const MANIFEST_NAME = ".taskora.json";

const FORMAT = 1;

/** Path relative to the output folder (with `/`) → hash of its text. */
export type Manifest = ReadonlyMap<string, string>;

/** Hash of a text, the same for every way to format it, and for both kinds of line ends, since git may change them. */
export function hashText(text: string, file: string): string {
  const form = normalForm(text, file);
  const hash = hashes.get(form) ?? createHash("sha256").update(form).digest("hex").slice(0, 16);
  if (hashes.size >= MAX_HASHES) hashes.clear();
  hashes.set(form, hash);
  return hash;
}

/** A watcher asks for the same texts after each change. */
const hashes = new Map<string, string>();
const MAX_HASHES = 5_000;

/**
 * Writes a manifest; the same files give the same bytes.
 *
 * @param config the config that asks for the folder, from there; undefined when a program does
 */
export function manifestText(files: ReadonlyMap<string, string>, config: string | undefined): string {
  const hashes = Object.fromEntries([...files].map(([path, text]) => [path, hashText(text, path)]));
  return canonicalJsonText({ generator: "taskora", format: FORMAT, config, files: hashes });
}

/** The config that asked for a folder when it was last written, absolute; undefined when nobody knows. */
export function configOfFolder(dir: string): string | undefined {
  const value = parseJson(readFileSync(join(dir, MANIFEST_NAME), "utf8")) as
    | { readonly generator?: unknown; readonly config?: unknown }
    | undefined;
  if (value?.generator !== "taskora" || typeof value.config !== "string") return undefined;
  return resolve(dir, value.config);
}

/** Reads the manifest of a folder; `missing` when it has none. */
export function readManifest(
  dir: string,
): { readonly manifest: Manifest } | { readonly finding: Finding } | "missing" {
  const file = join(dir, MANIFEST_NAME);
  if (!existsSync(file)) return "missing";
  const text = readFileSync(file, "utf8");
  if (/^<{7} /m.test(text)) {
    return {
      finding: errorFinding("LOCK_CONFLICT", {
        message: "The manifest of an output folder holds merge markers.",
        hint: `Take either side (git checkout --ours -- ${MANIFEST_NAME}) and run taskora generate --overwrite.`,
        at: { file, line: text.slice(0, text.search(/^<{7} /m)).split("\n").length, column: 1 },
      }),
    };
  }
  const manifest = parseManifest(text);
  if (manifest !== undefined) return { manifest };
  return {
    finding: errorFinding("LOCK_CORRUPT", {
      message:
        "The manifest of an output folder cannot be read, so it is unknown which files are the generator's.",
      hint: "Restore it from version control, or delete the output folder and run taskora generate.",
      at: { file, line: 1, column: 1 },
    }),
  };
}

function parseManifest(text: string): Manifest | undefined {
  const value = parseJson(text) as { readonly format?: unknown; readonly files?: unknown } | undefined;
  if (value?.format !== FORMAT || typeof value.files !== "object" || value.files === null) return undefined;
  const entries = Object.entries(value.files);
  return entries.every(isSafeEntry) ? new Map(entries) : undefined;
}

/** A manifest decides what is deleted, so it must not name anything outside its folder. */
function isSafeEntry(entry: [string, unknown]): entry is [string, string] {
  const [path, hash] = entry;
  return typeof hash === "string" && !isAbsolute(path) && !path.split(/[\\/]/).includes("..");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
