import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What a proxy does with connections that are opened from now on. */
export type OnConnect =
  | "pass"
  /** Accepts them and never answers, as the balancer of a dead server does. */
  | "mute"
  /** Closes them at once. */
  | "refuse";

/** A proxy before a server, for tests of what a network does: cut links, lose answers, go silent. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now, muted ones too. */
  readonly open: number;
  /** How many connections were accepted so far, refused ones too. */
  readonly accepted: number;
  /** Resolves when {@link accepted} has reached `count`. */
  reach(count: number): Promise<void>;
  /** What becomes of new connections. Default `"pass"`. */
  onConnect: OnConnect;
  /** What the server says arrives this much later, in order. Default 0. */
  delayMs: number;
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
  /** Undefined when nothing is passed on. */
  readonly server: Socket | undefined;
}

/** Starts a proxy on a free loopback port. */
export async function startProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const proxy = new Passage(target);
  await proxy.listen();
  return proxy;
}

class Passage implements TcpProxy {
  accepted = 0;
  onConnect: OnConnect = "pass";
  delayMs = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  readonly #listener = createServer((client) => this.#accept(client));
  #reached: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, "127.0.0.1");
    await once(this.#listener, "listening");
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#pairs.size;
  }

  reach(count: number): Promise<void> {
    if (this.accepted >= count) return Promise.resolve();
    return new Promise((resolve) => this.#reached.push({ count, resolve }));
  }

  cut(): void {
    for (const { client } of [...this.#pairs]) client.destroy();
  }

  swallowAnswers(): void {
    for (const { client, server } of this.#pairs) server?.unpipe(client).removeAllListeners("data").resume();
  }

  freeze(): void {
    this.swallowAnswers();
    for (const { client, server } of this.#pairs) if (server !== undefined) client.unpipe(server).resume();
  }

  stall(): void {
    for (const { client, server } of this.#pairs) server?.unpipe(client).pause();
  }

  resume(): void {
    for (const { client, server } of this.#pairs) server?.pipe(client);
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.#listener.listening) return;
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    if (this.onConnect === "refuse") client.destroy();
    else this.#hold(client, this.onConnect === "mute" ? undefined : this.#passOn(client));
    for (const { resolve } of this.#reached.filter(({ count }) => count <= this.accepted)) resolve();
    this.#reached = this.#reached.filter(({ count }) => count > this.accepted);
  }

  #hold(client: Socket, server: Socket | undefined): void {
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server?.destroy();
    };
    if (server === undefined) client.resume();
    for (const socket of [client, server]) socket?.on("error", end).on("close", end);
  }

  #passOn(client: Socket): Socket {
    const server = connect(this.#target.port, this.#target.host);
    client.pipe(server);
    if (this.delayMs === 0) server.pipe(client);
    // Timers of one length fire in the order in which they were set.
    else server.on("data", (piece) => void setTimeout(() => client.write(piece), this.delayMs));
    return server;
  }
}
