import assert from "node:assert/strict";
import type { Adapter, ClaimRequest, Notice, Topic, WaitReply } from "../../core/adapter.js";
import { nextTurn } from "../../core/turns.js";

/** How long a case waits for what must happen before it says that it did not. */
const PATIENCE_MS = 10_000;

/** Waits for something that must happen; rejects with a message that names it when it does not. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what} did not happen` })),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a promise is open still, once everything that can go on has gone on. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  promise.then(
    () => {
      pending = false;
    },
    () => {
      pending = false;
    },
  );
  await new Promise<void>((resolve) => nextTurn(resolve));
  return pending;
}

/** Collects what a topic says. */
export class Listener {
  readonly notices: Notice[] = [];
  #wake: () => void = () => undefined;
  #stop: () => Promise<void> = () => Promise.resolve();

  static async on(adapter: Adapter, topic: Topic): Promise<Listener> {
    const listener = new Listener();
    listener.#stop = await adapter.subscribe(topic, (notice) => {
      listener.notices.push(notice);
      listener.#wake();
    });
    return listener;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Waits until `count` notices are here and gives them all. */
  async received(count: number): Promise<readonly Notice[]> {
    while (this.notices.length < count) {
      const next = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await soon(`notice ${this.notices.length + 1} of ${count}`, next);
    }
    return this.notices;
  }
}

/** A wait for work that can be aborted. */
export interface StartedWait {
  readonly woken: Promise<readonly string[]>;
  abort(): void;
}

/** A wait for work that claims in the same trip. */
export interface StartedClaim {
  readonly reply: Promise<WaitReply>;
  abort(): void;
}

/** Starts waiting for work of `tasks`; `claim` is carried out when its task is woken. */
export function startClaim(
  adapter: Adapter,
  claim: ClaimRequest,
  {
    tasks = [claim.task],
    timeoutMs = 60_000,
  }: { readonly tasks?: readonly string[]; readonly timeoutMs?: number } = {},
): StartedClaim {
  const controller = new AbortController();
  const reply = adapter.wait({ tasks, timeoutMs, signal: controller.signal, claim });
  return { reply, abort: () => controller.abort() };
}

/** Starts waiting for work of `tasks`. */
export function startWait(adapter: Adapter, tasks: readonly string[], timeoutMs = 60_000): StartedWait {
  const controller = new AbortController();
  const reply = adapter.wait({ tasks, timeoutMs, signal: controller.signal });
  return { woken: reply.then((waited) => waited.tasks), abort: () => controller.abort() };
}
