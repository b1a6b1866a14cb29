/**
 * Keeps the process running while somebody waits for the store, whose links and timers do not. It costs nothing before the
 * first wait, and next to nothing between two.
 */
export class KeepAlive {
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#timer === undefined) this.#timer = setInterval(() => undefined, 2 ** 30);
    else this.#timer.ref();
  }

  letGo(): void {
    this.#timer?.unref();
  }

  /** Leaves nothing behind; it may be held again. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
