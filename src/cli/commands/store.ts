import type { RedisReader } from "taskora/redis";

/** The flags of commands that look at a store. */
export interface StoreFlags {
  readonly store?: string;
  readonly prefix?: string;
}

/** A store as it was named, and by whom. */
export interface NamedStore {
  readonly url: string;
  readonly prefix?: string;
  readonly from: "--store" | "TASKORA_STORE" | "the config";
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
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
  } catch {
    return "a url that cannot be read";
  }
}

/** A connected reader, or why there is none. */
export type Opened =
  | { readonly status: "open"; readonly reader: RedisReader }
  | { readonly status: "closed"; readonly reason: string };

/** The only place that opens a connection. It reads and changes nothing; the caller closes it. */
export async function openStore({ url, prefix, from }: NamedStore, deadline: `${number}s`): Promise<Opened> {
  if (!/^rediss?:\/\//.test(url)) {
    return { status: "closed", reason: `expected ${from} to hold a redis:// or rediss:// url` };
  }
  const { redisReader } = await import("taskora/redis");
  const reader = redisReader({ url, deadline, ...(prefix === undefined ? {} : { prefix }) });
  try {
    await reader.connect();
    return { status: "open", reader };
  } catch (error) {
    await reader.close();
    return { status: "closed", reason: error instanceof Error ? error.message : String(error) };
  }
}
