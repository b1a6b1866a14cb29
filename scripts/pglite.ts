/**
 * PGlite for tests and the demo. It is 27 MB, so it has a package.json of its own and is installed when it is first asked for:
 * `npm ci` of the project goes without it.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { installOwnPackages } from "./own-packages.js";

const FOLDER = fileURLToPath(new URL("pglite", import.meta.url));

/** What is imported. */
export const PGLITE_FILE = fileURLToPath(
  new URL("pglite/node_modules/@electric-sql/pglite/dist/index.js", import.meta.url),
);

/** A database in a folder, or in memory. */
export interface Pglite {
  readonly waitReady: Promise<void>;
  query(text: string, values?: unknown[]): Promise<{ readonly rows: Readonly<Record<string, unknown>>[] }>;
  exec(text: string): Promise<unknown>;
  transaction<T>(work: (transaction: Pick<Pglite, "query">) => Promise<T>): Promise<T>;
  onNotification(listener: (channel: string, payload: string) => void): () => void;
  close(): Promise<void>;
}

/** @throws {Error} with what npm said, when it is not installed and cannot be */
export async function loadPglite(): Promise<new (folder?: string) => Pglite> {
  installOwnPackages(FOLDER);
  const { PGlite } = (await import(pathToFileURL(PGLITE_FILE).href)) as {
    PGlite: new (folder?: string) => Pglite;
  };
  return PGlite;
}
