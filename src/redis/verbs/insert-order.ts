/**
 * Keeps the order of inserts while the store may not know their scripts. A script that it does not know is sent once more with
 * its text, so a call of another one would overtake it: until a script has run for a task, calls of others there wait for it.
 */
export class InsertOrder {
  readonly #tasks = new Map<string, TaskOrder>();

  /**
   * Calls at once, or behind those that have to go before.
   *
   * @param root of the task
   * @param script its name
   * @param call is told how long it has waited here, in ms
   */
  run<T>(root: string, script: string, call: (waitedMs: number) => Promise<T>): Promise<T> {
    let order = this.#tasks.get(root);
    if (order === undefined) {
      order = new TaskOrder();
      this.#tasks.set(root, order);
    }
    return order.run(script, call);
  }
}

class TaskOrder {
  readonly #known = new Set<string>();
  /** The last call that others have to wait for; its script, where calls of the same one need not. */
  #last: { readonly ended: Promise<void>; readonly script?: string } | undefined;

  run<T>(script: string, call: (waitedMs: number) => Promise<T>): Promise<T> {
    const last = this.#last;
    if (last === undefined && this.#known.has(script)) return call(0);
    if (last?.script === script) return call(0);
    const since = performance.now();
    const calling = last === undefined ? call(0) : last.ended.then(() => call(performance.now() - since));
    const ended = calling.then(
      () => void this.#known.add(script),
      () => undefined,
    );
    const own = last === undefined ? { ended, script } : { ended };
    this.#last = own;
    void ended.then(() => {
      if (this.#last === own) this.#last = undefined;
    });
    return calling;
  }
}
