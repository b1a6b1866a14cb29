import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/taskora-test/", import.meta.url));

/**
 * The binary of another major version of Node, from the npm package `node`. The first test that asks for one
 * installs it, into a folder of its own below `node_modules`, so that `npm ci` of the project stays light.
 *
 * @throws when it is not there and cannot be installed, with what npm said
 */
export function otherNode(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(CACHE, `node-${major}`);
  if (!existsSync(folder)) install(major, folder);
  return join(folder, "node_modules/node/bin/node");
}

/** Two runs may install at once: each into a draft of its own, and the first to be done is kept. */
function install(major: number, folder: string): void {
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, "draft-"));
  try {
    writeFileSync(join(draft, "package.json"), '{ "private": true }\n');
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts=false"];
    execFileSync("npm", ["install", `node@${major}`, ...flags], {
      cwd: draft,
      encoding: "utf8",
      stdio: "pipe",
    });
    execFileSync(join(draft, "node_modules/node/bin/node"), ["--version"]);
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (error) {
    throw new Error(
      `This test runs on Node ${major}, and npm could not install the package node@${major}. ` +
        `It needs a package registry once; then ${folder} holds it.\n${String((error as Error).message)}`,
      { cause: error },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
