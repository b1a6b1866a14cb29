/**
 * The connection that hears notices. Life: `open` → listens until `close`; when the connection is lost it opens another, and
 * says so, since notices were missed.
 */
import { quoteName } from "../sql/function-set.js";
import type { PgClient } from "./driver.js";
import { abandon, inTime } from "./in-time.js";

const LONGEST_PAUSE_MS = 5000;
/** When nothing was heard for so long, the server is asked whether it is there, in ms. */
const QUIET_MS = 5000;
/** How long it may take to answer that, or to open. */
const ANSWER_MS = 5000;

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
  #check: NodeJS.Timeout | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** @throws whatever the server or the network says */
  async open(): Promise<void> {
    const { channel, make, hear } = this.#parts;
    const client = make();
    client.on("error", () => undefined);
    client.on("notification", (message) => {
      this.#check?.refresh();
      if (message.channel === channel && message.payload !== undefined) hear(message.payload);
    });
    const listen = async () => {
      await client.connect();
      await client.query({ text: `listen ${quoteName(channel)}` });
    };
    const listening = listen();
    try {
      await answered(listening);
    } catch (error) {
      abandon(client, listening);
      throw error;
    }
    if (this.#isClosed) {
      await client.end().catch(() => undefined);
      return;
    }
    this.#client = client;
    this.#check = setTimeout(() => void this.#lookAfter(client), QUIET_MS).unref();
    client.on("end", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      void this.#comeBack();
    });
  }

  /** A link that went silent would never end by itself. */
  async #lookAfter(client: PgClient): Promise<void> {
    if (this.#client !== client) return;
    const asking = client.query({ text: "select 1" });
    try {
      await answered(asking);
      this.#check?.refresh();
    } catch {
      abandon(client, asking);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#check);
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

function answered<T>(work: Promise<T>): Promise<T> {
  return inTime(work, performance.now() + ANSWER_MS);
}
