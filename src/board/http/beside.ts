/** What Bun, Deno and Hono hand a fetch handler beside the request: they know the socket, which the request does not tell. */

interface Beside {
  /** As an application says it. */
  readonly address?: unknown;
  /** Of Bun's server. */
  readonly requestIP?: unknown;
  /** Of Deno's `info`. */
  readonly remoteAddr?: unknown;
  /** Of `@hono/node-server`. */
  readonly incoming?: unknown;
}

/** Where a request comes from; undefined: nobody says it. */
export function addressBeside(request: Request, beside: unknown): string | undefined {
  if (!isObject(beside)) return undefined;
  const { address, remoteAddr, incoming }: Beside = beside;
  const socket = isObject(incoming) && "socket" in incoming ? incoming.socket : undefined;
  return [
    address,
    member(remoteAddr, "hostname"),
    member(socket, "remoteAddress"),
    member(askedOfBun(request, beside), "address"),
  ].find((found) => typeof found === "string" && found !== "") as string | undefined;
}

function askedOfBun(request: Request, server: Beside): unknown {
  return typeof server.requestIP === "function" ? server.requestIP(request) : undefined;
}

function member(value: unknown, key: string): unknown {
  return isObject(value) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
