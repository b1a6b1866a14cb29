/** Counts things under way; {@link zero} resolves when none is left. One promise, however many are counted. */
export class Countdown {
  #left = 0;
  #onZero: (() => void) | undefined;

  add(): void {
    this.#left += 1;
  }

  done(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#onZero?.();
  }

  /** At once when nothing is counted. Ask once, after the last {@link add}. */
  zero(): Promise<void> {
    if (this.#left === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onZero = resolve;
    });
  }
}
