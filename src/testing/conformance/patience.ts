import assert from "node:assert/strict";
import type { Adapter, ClaimReply, ClaimRequest, Notice, Topic } from "../../core/adapter.js";
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

/** A claim that waits and can be aborted. */
export interface StartedClaim {
  readonly replies: Promise<readonly ClaimReply[]>;
  abort(): void;
}

/** Starts to claim what comes. */
export function startClaim(
  adapter: Adapter,
  requests: readonly ClaimRequest[],
  waitMs: number = 60_000,
): StartedClaim {
  const controller = new AbortController();
  const replies = adapter.claim(requests, { waitMs, signal: controller.signal });
  return { replies, abort: () => controller.abort() };
}

/** A wait for work of one task. */
export interface StartedWait {
  /** What the task's request is told; undefined: nothing, the wait is over. */
  readonly told: Promise<ClaimReply | undefined>;
  /** Ids of what was taken. */
  readonly ids: Promise<readonly string[]>;
  abort(): void;
}

/** How {@link startWait} claims: ten jobs for an hour under `"waiter"` unless told otherwise. */
export type WaitOptions = Partial<ClaimRequest> & { readonly waitMs?: number };

/** Starts to claim what comes for `task`; that something is due elsewhere is not heeded. */
export function startWait(adapter: Adapter, task: string, options: WaitOptions = {}): StartedWait {
  const { waitMs = 60_000, ...fields } = options;
  const request = { task, lease: "waiter", leaseMs: 3_600_000, count: 10, ...fields };
  const controller = new AbortController();
  const { signal } = controller;
  const told = (async () => {
    for (;;) {
      const [reply] = await adapter.claim([request], { waitMs, signal });
      if (reply === undefined || isTold(reply)) return reply;
      if (!reply.anyDueSooner) return undefined;
    }
  })();
  return { told, ids: told.then((reply) => idsOf(reply)), abort: () => controller.abort() };
}

/** Whether a reply of a claim that waited tells anything of its task. */
export function isTold({ jobs, lost, hasSuspects, nextDueInMs }: ClaimReply): boolean {
  return jobs.length > 0 || lost || hasSuspects === true || nextDueInMs !== undefined;
}

/** Ids of what a claim took. */
export function idsOf(reply: Pick<ClaimReply, "jobs"> | undefined): readonly string[] {
  return (reply?.jobs ?? []).map((job) => job.id);
}
