import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy before a server, for tests of what a network does: cut links, lose answers, go silent. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Cuts all connections; new ones are accepted. */
  cut(): void;
  /** Passes requests on but swallows the answers to all connections open now, until they are cut. */
  swallowAnswers(): void;
  /** Passes nothing on in either direction on connections open now. */
  freeze(): void;
  /** Reads no more answers on connections open now, as a client that is too busy; `resume` goes on. */
  stall(): void;
  resume(): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy on a free loopback port. */
export async function startProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const listener = createServer((client) => {
    const server = connect(target.port, target.host);
    const pair = { client, server };
    pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", end).on("close", end);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const each = (act: (pair: Pair) => void) => {
    for (const pair of [...pairs]) act(pair);
  };
  const cut = () => each(({ client }) => client.destroy());
  return {
    port: (listener.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    cut,
    swallowAnswers: () => each(({ client, server }) => void server.unpipe(client).resume()),
    freeze: () =>
      each(({ client, server }) => {
        server.unpipe(client).resume();
        client.unpipe(server).resume();
      }),
    stall: () => each(({ client, server }) => void server.unpipe(client).pause()),
    resume: () => each(({ client, server }) => void server.pipe(client)),
    async stop() {
      cut();
      listener.close();
      await once(listener, "close");
    },
  };
}
