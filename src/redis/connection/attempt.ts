/** One try to open a connection: begun → open, failed or given up. It has an end in any case. */

import { SilenceError } from "../../core/store-trouble.js";
import type { RedisClient } from "./client.js";
import { isLinkLost, ReplyError } from "./store-errors.js";
import type { Wire } from "./wire.js";

/** What a try came to. */
export type AttemptEnd =
  | { readonly status: "open"; readonly wire: Wire }
  | { readonly status: "failed"; readonly error: unknown };

/** What a try is made of. */
export interface AttemptParts {
  readonly client: RedisClient;
  /** Makes a connection of a client that is connected. */
  readonly prepare: (client: RedisClient) => Promise<Wire>;
  readonly limitMs: number;
}

/** A try that is under way, or over. */
export class Attempt {
  /** Never rejects. */
  readonly ended: Promise<AttemptEnd>;
  readonly #client: RedisClient;
  #isOver = false;
  #end: (end: AttemptEnd) => void = () => undefined;
  #cause: unknown;
  /** What the server said first, when that was a refusal. */
  #refusal: Error | undefined;

  constructor({ client, prepare, limitMs }: AttemptParts) {
    this.#client = client;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    client.on("error", (error) => {
      this.#cause = error;
    });
    client.on("sentinelError", (error) => {
      this.#cause = error;
    });
    client.on("connect", () => client.stream?.once("data", (piece) => this.#heard(piece)));
    const timer = setTimeout(() => this.giveUp(), limitMs);
    void this.ended.then(() => clearTimeout(timer));
    void this.#run(prepare);
  }

  /** Ends the try, unless it is over, so that nothing of it stays open. */
  giveUp(): void {
    this.#over({ status: "failed", error: this.silence });
  }

  /** What to say of a try that has not come to anything. */
  get silence(): Error {
    const isConnected = this.#client.status !== "connecting" && this.#client.status !== "wait";
    const text = isConnected ? "it accepts connections and says nothing" : "nobody answers at this address";
    return new SilenceError(this.#cause instanceof Error ? `${text} (${this.#cause.message})` : text);
  }

  async #run(prepare: AttemptParts["prepare"]): Promise<void> {
    try {
      await this.#client.connect();
      this.#over({ status: "open", wire: await prepare(this.#client) });
    } catch (error) {
      this.#over({ status: "failed", error: this.#why(error) });
    }
  }

  /** A server that refuses a connection says why and closes it, and what is seen first is that it is closed. */
  #why(error: unknown): unknown {
    const cause = this.#cause ?? error;
    return this.#refusal !== undefined && isLinkLost(cause) ? this.#refusal : cause;
  }

  #heard(piece: Buffer): void {
    const [line = ""] = piece.toString("utf8", 0, 1000).split("\r\n");
    if (line.startsWith("-")) this.#refusal = new ReplyError(line.slice(1));
  }

  #over(end: AttemptEnd): void {
    if (this.#isOver) {
      if (end.status === "open") end.wire.close();
      return;
    }
    this.#isOver = true;
    if (end.status === "failed") {
      this.#client.disconnect();
      this.#client.stream?.destroy();
    }
    this.#end(end);
  }
}
