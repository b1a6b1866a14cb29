/**
 * Connections that hold up a server of Node that closes. It ends those that are idle in that moment, and waits for all others:
 * for one whose request is answered afterwards until its time to be kept alive is over, and for one that has not sent a byte,
 * as browsers open them ahead, as long as the client likes.
 */

/** What of a server of `node:http` it takes; one of another kind keeps no connections alive. */
export interface KeepingServer {
  /** How long a connection is kept without a request, in ms. */
  keepAliveTimeout?: number | undefined;
  /** Tells of connections as they open. */
  on(event: "connection", listener: (socket: KeptSocket) => void): unknown;
}

/** A connection. */
export interface KeptSocket {
  /** Of what its client has sent. */
  readonly bytesRead: number;
  /** Ends it at once. */
  destroy(): unknown;
  /** Tells when it has ended. */
  once(event: "close", listener: () => void): unknown;
}

/** Watches the connections of a server. Returns what ends them when it is about to close: what is asked is answered still. */
export function keptConnections(server: KeepingServer): () => void {
  const open = new Set<KeptSocket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    // 0 would keep them without an end.
    if (server.keepAliveTimeout !== undefined) server.keepAliveTimeout = 1;
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
