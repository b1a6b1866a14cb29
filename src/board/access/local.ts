/** Whether a request comes from this machine, by what cannot be claimed from elsewhere. */

/** Names under which a browser on this machine reaches a server on it. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** What proxies say of whom they ask for: a request with any of these was carried. */
const CARRIED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** Whether an address of a socket is that of this machine. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}

/** Whether somebody carried a request on: it then comes from wherever. */
export function isCarried(headers: Headers): boolean {
  return CARRIED.some((name) => headers.has(name));
}

/** What a `Host` header names, in small letters and without its port; undefined: it names nothing. */
export function hostName(host: string | null): string | undefined {
  const [, name] = /^(\[[0-9a-f:.]+\]|[^:@/\\\s]+)(?::\d+)?$/i.exec(host ?? "") ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

/** Whether a name is one of this machine's, or was allowed. */
export function isAllowedHost(name: string | undefined, allowed: readonly string[]): boolean {
  return name !== undefined && (LOCAL_NAMES.has(name) || allowed.includes(name));
}
