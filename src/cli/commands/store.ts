import type { TaskoraOptions } from "taskora";
import type { LiveSource } from "../../../codegen/commands.js";

/** The flags of commands that look at a store. */
export interface StoreFlags {
  readonly store?: string;
  readonly prefix?: string;
}

/** A store as it was named, and by whom. */
export interface NamedStore {
  readonly url: string;
  readonly prefix?: string;
  readonly from: "--store" | "TASKORA_STORE" | "the config" | "taskora dev";
}

/** Which store is meant: the flag, else the environment, else the config. */
export function namedStore(
  flags: StoreFlags,
  config: { readonly url: string; readonly prefix?: string } | undefined,
): NamedStore | undefined {
  const prefix = flags.prefix ?? config?.prefix;
  const rest = prefix === undefined ? {} : { prefix };
  const fromEnvironment = process.env.TASKORA_STORE;
  if (flags.store !== undefined) return { url: flags.store, ...rest, from: "--store" };
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    return { url: fromEnvironment, ...rest, from: "TASKORA_STORE" };
  }
  return config === undefined ? undefined : { url: config.url, ...rest, from: "the config" };
}

/** `redis://localhost:6379/2`: what may be shown of a url, which may hold a password. Nodes of a cluster have commas between. */
export function shownUrl(url: string): string {
  if (url.includes(","))
    return url
      .split(",")
      .map((node) => shownUrl(node.trim()))
      .join(",");
  if (url.startsWith("pglite:")) return url;
  if (url.startsWith("dev:")) return "the store of taskora dev";
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
  } catch {
    return "a url that cannot be read";
  }
}

/** Where jobs are read, or why nowhere. */
export type Opened =
  | { readonly status: "open"; readonly source: LiveSource; close(): Promise<void> }
  | { readonly status: "closed"; readonly reason: string };

/** Reads a store and changes nothing in it; the caller closes it. */
export async function openStore(store: NamedStore, deadline: `${number}s`): Promise<Opened> {
  if (!STORE_URL.test(store.url)) return { status: "closed", reason: noStoreAt(store) };
  try {
    const source = await readerOf(store, deadline);
    await source.connect();
    return { status: "open", source, close: () => source.close() };
  } catch (error) {
    return { status: "closed", reason: error instanceof Error ? error.message : String(error) };
  }
}

function noStoreAt({ from }: NamedStore): string {
  return `expected ${from} to hold redis://…, nodes of a cluster with commas between, postgres://… or pglite:FOLDER`;
}

const STORE_URL = /^(rediss?:\/\/|redis\+unix:\/\/|postgres(ql)?:\/\/|pglite:|dev:)/;

interface Reader extends LiveSource {
  connect(): Promise<void>;
  close(): Promise<void>;
}

/** Redis has a reader that needs no right to write. */
async function readerOf(store: NamedStore, deadline: `${number}s`): Promise<Reader> {
  const { url, prefix } = store;
  if (!/^redis/.test(url)) return adapterOf(store, deadline);
  const { redisReader } = await import("taskora/redis");
  return redisReader({ ...serversOf(url), deadline, ...(prefix === undefined ? {} : { prefix }) });
}

/** The adapter that a url means: a Redis, several nodes of a cluster with commas between, a PostgreSQL, or a folder of PGlite. */
export async function adapterOf(
  store: NamedStore,
  deadline: `${number}s`,
): Promise<TaskoraOptions["adapter"]> {
  const { url, prefix } = store;
  if (!STORE_URL.test(url)) {
    const { OptionError } = await import("taskora");
    throw new OptionError(noStoreAt(store), { option: "store" });
  }
  const schema = prefix === undefined ? {} : { schema: prefix };
  if (url.startsWith("dev:")) {
    const { socketAdapter } = await import("../dev/socket-adapter.js");
    return socketAdapter(url.slice("dev:".length));
  }
  if (/^pglite:/.test(url)) {
    const { postgresAdapter } = await import("taskora/postgres");
    return postgresAdapter({ pglite: pgliteFolder(url), deadline, ...schema });
  }
  if (/^postgres(ql)?:/.test(url)) {
    const { postgresAdapter } = await import("taskora/postgres");
    // The one who looks makes no tables.
    return postgresAdapter({ url, deadline, migrate: false, ...schema });
  }
  const { redisAdapter } = await import("taskora/redis");
  // Whoever looks must get to see what is wrong.
  const rest = { deadline, allowEviction: true, ...(prefix === undefined ? {} : { prefix }) };
  return redisAdapter({ ...serversOf(url), ...rest });
}

/** The folder in `pglite:./data`, `pglite:/var/data` and `pglite:///var/data`. */
export function pgliteFolder(url: string): string {
  return url.replace(/^pglite:(\/\/(?=\/))?/, "");
}

/** Nodes of a cluster have commas between. */
function serversOf(url: string): { readonly url: string } | { readonly cluster: readonly string[] } {
  const nodes = url.split(",").map((node) => node.trim());
  return nodes.length > 1 ? { cluster: nodes } : { url };
}
