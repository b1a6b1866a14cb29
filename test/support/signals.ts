/** A promise somebody else resolves. */
export interface Gate<T = void> {
  readonly opened: Promise<T>;
  open(value: T): void;
}

export function gate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits until `signal` aborts, then throws its reason: a handler that would never end by itself. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** Collects items and waits for a number of them. */
export class Collected<T> {
  readonly items: T[] = [];
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly push = (item: T): void => {
    this.items.push(item);
    const ready = this.#waiters.filter(({ count }) => count <= this.items.length);
    this.#waiters = this.#waiters.filter(({ count }) => count > this.items.length);
    for (const { resolve } of ready) resolve();
  };

  /** Resolves with all items once there are `count`. */
  async reach(count: number): Promise<readonly T[]> {
    if (this.items.length < count) {
      await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    }
    return this.items;
  }
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => error as Error,
  );
  if (value instanceof Error) return value;
  throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
}
