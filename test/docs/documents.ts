import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type MarkdownFile, parseMarkdown } from "./markdown.js";

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Every document a reader may start from: the ones at the top, all of `docs`, and those of the examples. */
export function readDocuments(): readonly MarkdownFile[] {
  const top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter((name) =>
    existsSync(join(PROJECT, name)),
  );
  const files = [...top, ...markdownIn("docs"), ...markdownIn("examples")];
  return files.map((document) => parseMarkdown(document, readFileSync(join(PROJECT, document), "utf8")));
}

function markdownIn(folder: string): string[] {
  if (!existsSync(join(PROJECT, folder))) return [];
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name).split(sep).join("/"))
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules/"))
    .sort();
}

/** Where a link of a document leads, relative to the project, and the anchor in it; undefined for the web. */
export function linkTarget(
  document: string,
  link: string,
): { readonly path: string; readonly anchor: string | undefined } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : relative(PROJECT, join(PROJECT, dirname(document), path));
  return { path: target.split(sep).join("/"), anchor };
}
