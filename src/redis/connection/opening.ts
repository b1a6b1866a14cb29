/**
 * Opens one connection with as many tries as it takes. A try that fails is followed by another after a pause; one that
 * is silent is not waited for: the next begins beside it, and the first that is ready is used, as RFC 8305 does with
 * addresses. So a balancer, a sentinel or a server that accepts and says nothing delays nobody for long, and a line that
 * is only slow comes to its end as well.
 */
import type { Attempt } from "./attempt.js";
import { LinkLostError, toStoreError } from "./store-errors.js";
import type { Wire } from "./wire.js";

const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 500;
/** The next try begins this long after one that is silent; after the first of all a little sooner. */
const SILENT_MS = 1000;
const FIRST_SILENT_MS = 500;

/** What is needed of an attempt. */
export type Try = Pick<Attempt, "ended" | "giveUp" | "silence">;

/** What an opening is made of. */
export interface OpeningParts {
  /** Begins the nth try, from 0. */
  readonly begin: (nth: number) => Try;
  /** Whether anybody waits; without, no further try begins. */
  readonly isWanted: () => boolean;
  readonly where: string;
}

/** The tries to open one connection. */
export class Opening {
  readonly #parts: OpeningParts;
  readonly #tries = new Set<Try>();
  #lastError: unknown;
  #isStopped = false;
  #look: () => void = () => undefined;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
  }

  /** Why there is no connection yet. */
  get lastError(): unknown {
    if (this.#lastError !== undefined) return this.#lastError;
    const [oldest] = this.#tries;
    return oldest?.silence;
  }

  /**
   * The connection; undefined when nobody wants it any more.
   *
   * @throws {TaskoraError} what will not pass by itself, such as `STORE_AUTH`
   */
  async run(): Promise<Wire | undefined> {
    let pauseMs = FIRST_RETRY_MS;
    let nextAt = performance.now();
    try {
      for (let nth = 0; ; ) {
        if (this.#isStopped || (this.#tries.size === 0 && !this.#parts.isWanted())) return undefined;
        if (performance.now() >= nextAt && this.#parts.isWanted()) {
          nextAt = performance.now() + (nth === 0 ? FIRST_SILENT_MS : SILENT_MS);
          this.#tries.add(this.#parts.begin(nth++));
        }
        const over = await this.#next(nextAt);
        if (over === undefined) continue;
        this.#tries.delete(over);
        const end = await over.ended;
        if (end.status === "open" && !end.wire.isLost) return end.wire;
        this.#requirePassing(end.status === "open" ? new LinkLostError(undefined) : end.error);
        nextAt = Math.min(nextAt, performance.now() + pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS);
      }
    } finally {
      for (const left of this.#tries) left.giveUp();
    }
  }

  /** Whether somebody waits has changed. */
  look(): void {
    this.#look();
  }

  /** Ends all tries at once. */
  stop(): void {
    this.#isStopped = true;
    for (const attempt of this.#tries) attempt.giveUp();
    this.#look();
  }

  /** A try that is over; undefined when it is time for the next, or to look again. */
  async #next(nextAt: number): Promise<Try | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<undefined>((resolve) => {
      this.#look = () => resolve(undefined);
      if (this.#parts.isWanted()) timer = setTimeout(this.#look, Math.max(0, nextAt - performance.now()));
    });
    const over = [...this.#tries].map((attempt) => attempt.ended.then(() => attempt));
    try {
      return await Promise.race([due, ...over]);
    } finally {
      clearTimeout(timer);
    }
  }

  #requirePassing(error: unknown): void {
    if (this.#isStopped) return;
    this.#lastError = error;
    const typed = toStoreError(error, this.#parts.where);
    if (typed.code !== "STORE_UNAVAILABLE" || !typed.retryable) throw typed;
  }
}
