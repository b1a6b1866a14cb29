import type { Adapter } from "../core/adapter.js";
import { AppClosedError } from "../core/job-errors.js";

/** Connects the adapter once, however many callers race, and again after a failure or a close. */
export class Connection {
  readonly #adapter: Adapter;
  readonly #onConnected: () => Promise<void>;
  #connecting: Promise<void> | undefined;
  #isClosed = false;

  /** @param onConnected runs once per connection, before anybody uses it */
  constructor(adapter: Adapter, onConnected: () => Promise<void>) {
    this.#adapter = adapter;
    this.#onConnected = onConnected;
  }

  get isOpen(): boolean {
    return this.#connecting !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws {AppClosedError} after {@link close}, until {@link reopen} */
  ensure(action: string): Promise<void> {
    if (this.#isClosed) return Promise.reject(new AppClosedError(action));
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  reopen(): void {
    this.#isClosed = false;
  }

  /** Lets no new user in; those inside finish. */
  shut(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting === undefined) return;
    await connecting.then(undefined, () => undefined);
    await this.#adapter.close();
  }

  async #connect(): Promise<void> {
    try {
      await this.#adapter.connect();
      await this.#onConnected();
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }
}
