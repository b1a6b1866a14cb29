/** Reads the url of a store: `redis:`, `rediss:`, or a socket file as `redis+unix:` or `unix:`. */
import { OptionError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

/** What a url says, as options of ioredis; what it does not say is left out. */
export interface ParsedUrl {
  readonly options: Readonly<Record<string, unknown>>;
  /** Text as it stands in the url. */
  readonly db: string | undefined;
  /** Parameters of the query beside those of a store, by name. */
  readonly query: Readonly<Record<string, string>>;
}

const SOCKET = /^(?:redis\+)?unix:\/\/(?:([^@/?#]*)@)?(\/[^?#]*)(?:\?([^#]*))?$/;

/** @throws {OptionError} for what is no url of a store; its password is not shown */
export function parseRedisUrl(given: string): ParsedUrl {
  const url = given.trim();
  const socket = /\s/.test(url) ? null : SOCKET.exec(url);
  if (socket !== null) return parseSocket(socket);
  const parsed = !/\s/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  const isRedis = parsed?.protocol === "redis:" || parsed?.protocol === "rediss:";
  if (parsed === undefined || !isRedis || parsed.hash !== "" || !/^rediss?:\/\//i.test(url))
    throw badUrl(url);
  const { hostname, port, username, password, pathname, searchParams } = parsed;
  const { db, rest } = takeDatabase(searchParams);
  return {
    options: {
      host: hostname === "" ? "127.0.0.1" : decode(hostname.replace(/^\[(.*)\]$/, "$1"), url),
      port: port === "" ? 6379 : Number(port),
      ...credentials(username, password, url),
      ...(parsed.protocol === "rediss:" ? { tls: {} } : {}),
    },
    db: pathname.slice(1) || db,
    query: rest,
  };
}

function parseSocket([url, user = "", path = "", query = ""]: RegExpExecArray): ParsedUrl {
  const { db, rest } = takeDatabase(new URLSearchParams(query));
  const { username = "", password = "", ...others } = rest;
  const [name = "", ...secret] = user.split(":");
  return {
    options: {
      path: decode(path, url),
      ...credentials(name, secret.join(":"), url),
      ...(username === "" ? {} : { username }),
      ...(password === "" ? {} : { password }),
    },
    db,
    query: others,
  };
}

function takeDatabase(query: URLSearchParams): {
  readonly db: string | undefined;
  readonly rest: Readonly<Record<string, string>>;
} {
  const { db, ...rest } = Object.fromEntries(query);
  return { db, rest };
}

function credentials(username: string, password: string, url: string): Record<string, string> {
  return {
    ...(username === "" ? {} : { username: decode(username, url) }),
    ...(password === "" ? {} : { password: decode(password, url) }),
  };
}

function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badUrl(url, cause);
  }
}

function badUrl(url: string, cause?: unknown): OptionError {
  return new OptionError(
    'expected url to look like "redis://host:6379", "rediss://user:password@host:6379/0" or ' +
      `"redis+unix:///run/redis.sock?db=0", got ${describe(url.replace(/:[^:@/]*@/, ":…@"))}. ` +
      'Blanks, "#", "%", "@" and "/" in a user or password are written as %20, %23, %25, %40 and %2F.',
    { cause },
  );
}
