/** The memory of `taskora dev`, for the programs it runs: they come and go, and the jobs stay. */
import { createServer, type Socket } from "node:net";
import { type createMemoryStore, memoryAdapter } from "taskora/memory";
import { onMessages, type Request, send } from "./wire.js";

/** Serves a memory on a socket that only this user reaches; resolves once programs can come. */
export async function serveStore(
  store: ReturnType<typeof createMemoryStore>,
  path: string,
): Promise<{ close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serveOne(store, socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
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

/** A program has an adapter of its own, which ends with it. */
function serveOne(store: ReturnType<typeof createMemoryStore>, socket: Socket): void {
  const adapter = memoryAdapter({ store });
  const open: Open = { aborts: new Map(), stops: new Map() };
  socket.on("error", () => socket.destroy());
  socket.once("close", () => {
    for (const abort of open.aborts.values()) abort.abort();
    void adapter.close();
  });
  onMessages<Request>(socket, (request) => {
    if (request.kind === "abort") open.aborts.get(request.id)?.abort();
    else if (request.kind === "stop") {
      void open.stops.get(request.id)?.();
      open.stops.delete(request.id);
    } else if (request.kind === "call") void answer(adapter, request, { socket, open });
  });
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
