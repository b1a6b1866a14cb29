/** A call that the store has not answered. */
export interface SentCall {
  /** By the monotonic clock. */
  readonly sentAt: number;
}

/** Calls of a work loop under way, the one that was sent first in front. */
export class CallsUnderWay {
  /** Not a set: tables that a busy set leaves behind refer to the next one, which keeps what was in it from being collected. */
  #calls: readonly SentCall[] = [];

  get count(): number {
    return this.#calls.length;
  }

  /** When the one was sent that has not been answered for longest; infinite: none is under way. */
  get oldestSentAt(): number {
    return this.#calls[0]?.sentAt ?? Number.POSITIVE_INFINITY;
  }

  isOldest(call: SentCall): boolean {
    return this.#calls[0] === call;
  }

  sent(sentAt: number): SentCall {
    const call = { sentAt };
    this.#calls = [...this.#calls, call];
    return call;
  }

  /** It was answered, or failed. */
  ended(call: SentCall): void {
    this.#calls = this.#calls.filter((other) => other !== call);
  }
}
