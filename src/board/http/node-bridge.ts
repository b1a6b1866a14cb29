/** Carries requests of `node:http` to a fetch handler, and its answers back. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** What only the socket knows of a request. */
export interface Peer {
  /** The address at the other end; undefined: it is not known. */
  readonly address: string | undefined;
  /** Where a runtime or the application says that the request comes from: lets nobody in. */
  readonly told?: string | undefined;
  /** Of HTTP; undefined: it is not known. Browsers have not sent 1.0 for long, and proxies do. */
  readonly version?: string;
}

/** Answers requests as the fetch standard has them. */
export type FetchHandler = (request: Request, peer: Peer) => Promise<Response>;

/** A request as frameworks on `node:http` hand it on. */
export type NodeRequest = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };

/** Answers a request of `node:http`; a body that is streamed is written as fast as the other end takes it. Never rejects. */
export async function answerNode(
  handler: FetchHandler,
  incoming: NodeRequest,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const request = requestOf(incoming, gone.signal);
  if (request === undefined) {
    outgoing.writeHead(400, { "content-type": "text/plain" }).end("Bad request");
    return;
  }
  const response = await handler(request, {
    address: incoming.socket.remoteAddress,
    version: incoming.httpVersion,
  });
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  // A connection that a stream leaves behind would hold up a server that closes, until its time to be kept alive is over.
  if (response.headers.get("content-type")?.startsWith("text/event-stream") === true)
    outgoing.shouldKeepAlive = false;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  try {
    await writeBody(response, outgoing, gone.signal);
  } catch {
    // What made the body has failed when its head was out: cutting it off is all that can be told.
    outgoing.destroy();
  }
}

/** Undefined: it is none that can be answered, such as one whose `Host` names nothing. */
function requestOf(incoming: NodeRequest, signal: AbortSignal): Request | undefined {
  const { method = "GET", headers: given, socket } = incoming;
  const scheme = "encrypted" in socket && socket.encrypted === true ? "https" : "http";
  const target = incoming.originalUrl ?? incoming.url ?? "/";
  // Whoever sends none is no browser, and is not taken for one on this machine.
  const { host = "unnamed.invalid" } = given;
  if (isTwofold(target, host)) return undefined;
  // A path that begins with two slashes would name another host where it is resolved.
  const url = target.startsWith("/") ? `${scheme}://${host}${target}` : target;
  const headers = new Headers();
  try {
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith(":")) continue;
      for (const each of Array.isArray(value) ? value : [value])
        if (each !== undefined) headers.append(name, each);
    }
    const hasBody = method !== "GET" && method !== "HEAD";
    return new Request(url, { method, headers, signal, ...(hasBody ? bodyOf(incoming) : {}) });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Whether guards that stand before, which look at the path as it was sent, may have seen another one than what it comes to: no
 * browser sends such a path, or a `Host` with one in it.
 */
function isTwofold(target: string, host: string): boolean {
  const [path = ""] = target.split("?");
  const hasSteps = path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  return hasSteps || /[\\#]/.test(path) || /[/?#\\@\s]/.test(host);
}

/** A parser of the application may have read it already. */
function bodyOf(incoming: NodeRequest): RequestInit {
  const { body } = incoming;
  if (
    body !== undefined &&
    (incoming.readableEnded || incoming.readableDidRead || typeof body !== "object")
  ) {
    return { body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null) };
  }
  if (incoming.readableEnded) return {};
  return { body: incoming as unknown as ReadableStream, duplex: "half" } as RequestInit;
}

async function writeBody({ body }: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  if (body === null || outgoing.req.method === "HEAD") {
    void body?.cancel().catch(() => undefined);
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) break;
    if (!outgoing.write(value)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}
