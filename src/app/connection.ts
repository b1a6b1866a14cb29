import type { Adapter } from "../core/adapter.js";
import { AppClosedError } from "../core/job-errors.js";

/** Apps that were given the same adapter: it is closed with the last of them. */
const SHARING = new WeakMap<Adapter, Set<Connection>>();

/** Connects the adapter once, however many callers race, and again after a failure or a close. */
export class Connection {
  readonly #adapter: Adapter;
  readonly #onConnected: () => Promise<void>;
  readonly #sharing: Set<Connection>;
  #connecting: Promise<void> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #phase: "open" | "closing" | "closed" = "open";
  #isConnected = false;
  #isReady = false;

  /** @param onConnected runs once per connection, before anybody uses it */
  constructor(adapter: Adapter, onConnected: () => Promise<void>) {
    this.#adapter = adapter;
    this.#onConnected = onConnected;
    this.#sharing = SHARING.get(adapter) ?? new Set();
    SHARING.set(adapter, this.#sharing);
  }

  /** Connected, with nothing left to wait for. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Connected, though what comes first on a connection may still be under way. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** It has been asked for, and is waited for. */
  get isConnecting(): boolean {
    return this.#connecting !== undefined && !this.#isReady;
  }

  get phase(): "open" | "closing" | "closed" {
    return this.#phase;
  }

  /** @throws {AppClosedError} once closed, until {@link open}; while closing what is under way may still finish */
  ensure(action: string): Promise<void> {
    if (this.#phase === "closed") return Promise.reject(new AppClosedError(action));
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  open(): void {
    this.#phase = "open";
  }

  /** Takes no new work; what is under way may still use the store. */
  beginClosing(): void {
    if (this.#phase === "open") this.#phase = "closing";
  }

  /** At once, also while it connects or calls are under way: they fail. */
  close(): Promise<void> {
    this.#phase = "closed";
    this.#isConnected = false;
    this.#isReady = false;
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting !== undefined) this.#closing = this.#end(connecting);
    return this.#closing;
  }

  async #end(connecting: Promise<void>): Promise<void> {
    connecting.catch(() => undefined);
    this.#sharing.delete(this);
    if (this.#sharing.size > 0) return;
    await this.#adapter.close();
    await connecting.then(undefined, () => undefined);
    // It may have come through just then.
    await this.#adapter.close();
  }

  async #connect(): Promise<void> {
    this.#sharing.add(this);
    try {
      await this.#adapter.connect();
      this.#isConnected = this.#phase !== "closed";
      await this.#onConnected();
      this.#isReady = this.#phase !== "closed";
    } catch (error) {
      if (this.#phase === "closed") throw new AppClosedError("connect");
      this.#sharing.delete(this);
      this.#connecting = undefined;
      this.#isConnected = false;
      throw error;
    }
  }
}
