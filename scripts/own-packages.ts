import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs the packages of a folder that has a package.json of its own, unless they are there: what one test needs should not
 * weigh on `npm ci` of the project.
 *
 * @param then commands of those packages that make what is installed ready
 * @throws {Error} with what npm said
 */
export function installOwnPackages(folder: string, then: readonly (readonly string[])[] = []): void {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, "package-lock.json")).mtimeMs
  )
    return;
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
      // Prisma looks for an engine that its client does without.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
    });
  run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
  for (const [name = "", ...args] of then) run(join(folder, "node_modules/.bin", name), args);
}
