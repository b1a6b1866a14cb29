import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ModuleFormat } from "../config.js";
import { nearest } from "./module-style.js";
import type { JsFormat } from "./transpile.js";

/** The format of `.js` files in a folder, and whether the folder must say so itself. */
export interface FolderFormat {
  readonly format: JsFormat;
  /** A package.json for the folder, where the one above it says otherwise. */
  readonly manifest: string | undefined;
}

/** Decides by the nearest package.json above a folder, unless a format is asked for. */
export function folderFormat(dir: string, asked: ModuleFormat): FolderFormat {
  const above = formatAbove(dirname(dir));
  if (asked === "auto" || asked === above) return { format: above, manifest: undefined };
  const type = asked === "esm" ? "module" : "commonjs";
  return { format: asked, manifest: `{ "type": "${type}" }\n` };
}

function formatAbove(dir: string): JsFormat {
  const file = nearest(dir, "package.json");
  if (file === undefined) return "cjs";
  const { type } = JSON.parse(readFileSync(file, "utf8")) as { readonly type?: unknown };
  return type === "module" ? "esm" : "cjs";
}
