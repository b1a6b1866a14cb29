/**
 * Several servers of one database, of which one takes writes: `postgres://a:5432,b:5433/shop`. A new connection is tried where the last one
 * was; a server that cannot be reached, or is a standby, is left for the next. So a failover is followed by address.
 */
import { OptionError } from "../../core/errors.js";
import type { PgClient } from "./driver.js";

/** Scheme, user, hosts with ports, and the rest of a url. */
const PARTS = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#@]*)(.*)$/is;
/** Of `target_session_attrs`: whoever takes no writes is of no use to a queue. */
const TARGETS = ["any", "read-write", "primary"];

/** A url for each host of one; the same where it has one. */
export function urlsOf(url: string): readonly string[] {
  const [, scheme = "", user = "", hosts = "", rest = ""] = PARTS.exec(url.trim()) ?? [];
  return hosts.includes(",") ? hosts.split(",").map((host) => scheme + user + host + rest) : [url];
}

/**
 * Takes what says which of several servers is wanted out of a url.
 *
 * @throws {OptionError} a standby is wanted
 */
export function withoutTarget(url: URL): URL {
  const target = url.searchParams.get("target_session_attrs");
  if (target === null) return url;
  if (!TARGETS.includes(target))
    throw new OptionError(
      `expected target_session_attrs of url to be "read-write", since jobs are written, got "${target}"`,
      { option: "url" },
    );
  const left = new URL(url.href);
  left.searchParams.delete("target_session_attrs");
  return left;
}

/** Whoever a connection to a standby tells that it is of no use. */
const STANDBY = { code: "25006", message: "the server is a standby" } as const;

/** What a client of `pg` has, and does not declare. */
interface WithConnection {
  readonly connection?: {
    on(
      event: "parameterStatus",
      listener: (told: { readonly parameterName: string; readonly parameterValue: string }) => void,
    ): unknown;
    readonly stream: { destroy(error: Error): unknown };
  };
}

export class Addresses {
  readonly #urls: readonly string[];
  #at = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Where the next connection is tried; undefined: there is one address, which the options have. */
  get next(): string | undefined {
    return this.#urls.length > 1 ? this.#urls[this.#at] : undefined;
  }

  /** Leaves the address of a client that is about to connect when it does not come to a server that takes writes. */
  watch(client: PgClient, url: string): void {
    let isOpen = false;
    client.on("connect", () => {
      isOpen = true;
    });
    client.on("end", () => {
      if (!isOpen) this.#leave(url);
    });
    const { connection } = client as WithConnection;
    connection?.on("parameterStatus", ({ parameterName, parameterValue }) => {
      if (isOpen || parameterName !== "in_hot_standby" || parameterValue !== "on") return;
      this.#leave(url);
      connection.stream.destroy(Object.assign(new Error(STANDBY.message), { code: STANDBY.code }));
    });
  }

  /** Several that fail at once leave it once. */
  #leave(url: string): void {
    if (this.#urls[this.#at] === url) this.#at = (this.#at + 1) % this.#urls.length;
  }
}
