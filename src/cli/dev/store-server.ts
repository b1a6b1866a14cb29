/** The store that `taskora dev` owns, for the programs it runs: they come and go, and the jobs stay. */
import { createServer, type Socket } from "node:net";
import type { Adapter } from "taskora/adapter";
import { onMessages, type Request, send } from "./wire.js";

/**
 * Serves a store on a socket that only this user reaches; resolves once programs can come.
 *
 * @param open makes another adapter over it
 */
export async function serveStore(open: () => Adapter, path: string): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const ends = new Set<Promise<void>>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const ended = serveOne(open(), socket);
    ends.add(ended);
    void ended.finally(() => ends.delete(ended));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(ends);
    },
  };
}

type Call = Extract<Request, { readonly kind: "call" }>;

/** What one program asked and is not over. */
interface Open {
  /** Ends a call that waits. */
  readonly aborts: Map<number, AbortController>;
  /** Ends what a listener hears. */
  readonly stops: Map<number, () => unknown>;
}

/** A program has an adapter of its own, which ends with it: resolves then. */
function serveOne(adapter: Adapter, socket: Socket): Promise<void> {
  const open: Open = { aborts: new Map(), stops: new Map() };
  socket.on("error", () => socket.destroy());
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const abort of open.aborts.values()) abort.abort();
      // A store that is away cannot be left in good order.
      resolve(adapter.close().catch(() => undefined));
    });
  });
  onMessages<Request>(socket, (request) => {
    if (request.kind === "abort") open.aborts.get(request.id)?.abort();
    else if (request.kind === "stop") {
      void open.stops.get(request.id)?.();
      open.stops.delete(request.id);
    } else if (request.kind === "call") void answer(adapter, request, { socket, open });
  });
  return ended;
}

async function answer(
  adapter: object,
  call: Call,
  { socket, open }: { readonly socket: Socket; readonly open: Open },
): Promise<void> {
  const { id } = call;
  try {
    const value = await invoke(adapter, { ...call, args: argumentsOf(call, socket, open) });
    if (call.listener !== undefined) open.stops.set(id, value as () => unknown);
    if (!socket.destroyed)
      send(socket, { kind: "result", id, value: call.listener === undefined ? value : undefined });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (!socket.destroyed)
      send(socket, { kind: "error", id, message, ...(code === undefined ? {} : { code }) });
  } finally {
    open.aborts.delete(id);
  }
}

/** Puts a listener and a signal in their places again. */
function argumentsOf({ id, args, listener, signal }: Call, socket: Socket, open: Open): readonly unknown[] {
  const given = [...args];
  if (listener !== undefined) {
    given[listener] = (...told: readonly unknown[]) => {
      if (!socket.destroyed) send(socket, { kind: "told", id, args: told });
    };
  }
  if (signal !== undefined) {
    const [at, key] = signal;
    const abort = new AbortController();
    open.aborts.set(id, abort);
    given[at] = { ...(given[at] as object), [key]: abort.signal };
  }
  return given;
}

/** Calls a method of the adapter, or of one of its stores. */
function invoke(adapter: object, { path, args }: Pick<Call, "path" | "args">): unknown {
  let owner: unknown = adapter;
  for (const name of path.slice(0, -1)) owner = (owner as Record<string, unknown>)[name];
  const method = (owner as Record<string, unknown>)[path.at(-1) ?? ""];
  if (typeof method !== "function") throw new TypeError(`there is no ${path.join(".")}`);
  return method.apply(owner, args);
}
