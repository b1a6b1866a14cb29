/** Carries requests of `node:http` to a fetch handler, and its answers back. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** What only the socket knows of a request. */
export interface Peer {
  /** The address at the other end; undefined: it is not known. */
  readonly address: string | undefined;
}

/** Answers requests as the fetch standard has them. */
export type FetchHandler = (request: Request, peer: Peer) => Promise<Response>;

/** Answers a request of `node:http`; a body that is streamed is written as fast as the other end takes it. */
export async function answerNode(
  handler: FetchHandler,
  incoming: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown },
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const response = await handler(requestOf(incoming, gone.signal), {
    address: incoming.socket.remoteAddress,
  });
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  await writeBody(response, outgoing, gone.signal);
}

function requestOf(
  incoming: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown },
  signal: AbortSignal,
): Request {
  const { method = "GET", headers: given, socket } = incoming;
  const scheme = "encrypted" in socket && socket.encrypted === true ? "https" : "http";
  const url = new URL(
    incoming.originalUrl ?? incoming.url ?? "/",
    `${scheme}://${given.host ?? "localhost"}`,
  );
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith(":")) continue;
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) headers.append(name, each);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers, signal, ...(hasBody ? bodyOf(incoming) : {}) });
}

/** A parser of the application may have read it already. */
function bodyOf(incoming: IncomingMessage & { readonly body?: unknown }): RequestInit {
  const { body } = incoming;
  if (incoming.readableEnded || body !== undefined) {
    return { body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null) };
  }
  return { body: incoming as unknown as ReadableStream, duplex: "half" } as RequestInit;
}

async function writeBody({ body }: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  if (body === null) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
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
