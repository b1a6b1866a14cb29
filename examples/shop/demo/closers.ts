type Close = () => Promise<unknown>;

/** Remembers what has to be closed, and closes it in the opposite order, whatever fails on the way. */
export class Closers {
  readonly #closers: Close[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  add(close: Close): void {
    this.#closers.push(close);
  }

  /**
   * Closes what was added since the last call, after that call has ended.
   *
   * @throws the first error of a closer, after all of them have run
   */
  closeAll(): Promise<void> {
    const done = this.#turn.then(() => this.#closeNow());
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #closeNow(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}
