/**
 * The connection that hears notices. Life: `open` → listens until `close`; when the connection is lost it opens another, and
 * says so, since notices were missed.
 */
import { quoteName } from "../sql/function-set.js";
import type { PgClient } from "./driver.js";

const LONGEST_PAUSE_MS = 5000;

export interface ListenerParts {
  readonly channel: string;
  /** Makes a connection of its own, not connected yet. */
  readonly make: () => PgClient;
  readonly hear: (text: string) => void;
  /** It listens again after it was interrupted. */
  readonly onBack: () => void;
}

export class Listener {
  readonly #parts: ListenerParts;
  #client: PgClient | undefined;
  #isClosed = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** @throws whatever the server or the network says */
  async open(): Promise<void> {
    const { channel, make, hear } = this.#parts;
    const client = make();
    client.on("error", () => undefined);
    client.on("notification", (message) => {
      if (message.channel === channel && message.payload !== undefined) hear(message.payload);
    });
    try {
      await client.connect();
      await client.query({ text: `listen ${quoteName(channel)}` });
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.#isClosed) {
      await client.end().catch(() => undefined);
      return;
    }
    this.#client = client;
    client.on("end", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      void this.#comeBack();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #comeBack(): Promise<void> {
    for (let pauseMs = 20; !this.#isClosed; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await new Promise<void>((resolve) => setTimeout(resolve, pauseMs).unref());
      try {
        if (!this.#isClosed) await this.open();
      } catch {
        continue;
      }
      if (!this.#isClosed) this.#parts.onBack();
      return;
    }
  }
}
