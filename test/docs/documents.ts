import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type MarkdownFile, parseMarkdown } from "./markdown.js";

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Where the files of the main branch can be read: links of pages that are shown outside of the repository begin so. */
export const PUBLISHED = "https://github.com/taskora/taskora/blob/main/";

/** Every document a reader may start from: the ones at the top, all of `docs`, and those of the examples. */
export function readDocuments(): readonly MarkdownFile[] {
  const top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].filter((name) =>
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
  const isOwn = link.startsWith(PUBLISHED);
  if (/^[a-z]+:/.test(link) && !isOwn) return undefined;
  const [path = "", anchor] = link.replace(PUBLISHED, "").split("#");
  const folder = isOwn ? "." : dirname(document);
  const target = path === "" ? document : relative(PROJECT, join(PROJECT, folder, path));
  return { path: target.split(sep).join("/"), anchor };
}
