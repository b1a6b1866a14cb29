import { dirname, relative } from "node:path";
import { globSync } from "tinyglobby";
import { type Finding, warningFinding } from "./finding.js";
import type { ResolvedConfig } from "./resolved-config.js";
import { configOfFolder, MANIFEST_NAME } from "./write/manifest.js";

/** Folders that this config once asked for and does not name any more: nobody keeps them up to date. */
export function leftFolders({ root, configFile, outputs }: ResolvedConfig): Finding[] {
  if (configFile === undefined) return [];
  const named = new Set(outputs.map((output) => output.dir));
  const manifests = globSync(`**/${MANIFEST_NAME}`, {
    cwd: root,
    absolute: true,
    dot: true,
    ignore: ["**/node_modules/**", "**/.git/**"],
  });
  return manifests
    .map((file) => dirname(file))
    .filter((dir) => !named.has(dir) && configOfFolder(dir) === configFile)
    .sort()
    .map((dir) =>
      warningFinding("OUTPUT_LEFT", {
        message: `${relative(root, dir)} was generated for this config, which names it no more. It is kept as it was, and grows old.`,
        hint: `Delete it when nothing imports it any more (git rm -r ${relative(root, dir)}), or name it as an output again.`,
      }),
    );
}
