/**
 * Waits for work: one blocking `BZPOPMIN` over the wake keys of all awaited tasks, on a connection of its
 * own. The store hands a wake to one waiter only, so one that nobody here wants any more is put back, and
 * after a lost connection everybody looks for himself.
 */
import type { WaitRequest } from "../core/adapter.js";
import type { Keys } from "./keys.js";
import type { Link } from "./link.js";
import type { ScriptRunner } from "./runner.js";
import { isLinkLost, isPassing, toStoreError } from "./store-errors.js";

/** One `BZPOPMIN` lasts this long, so that a dead connection is noticed. */
export const BLOCK_SECONDS = 10;

/** A store that does not answer keeps nobody from closing longer than this. */
const CLOSE_GRACE_MS = 1000;
const UNBLOCK_RETRY_MS = 20;
const PASSING_RETRY_MS = 250;

interface Waiter {
  readonly tasks: readonly string[];
  readonly settle: (tasks: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The waits of one adapter instance. */
export class WakeListener {
  readonly #keys: Keys;
  readonly #blocking: Link;
  readonly #commands: ScriptRunner;
  readonly #waiters = new Set<Waiter>();
  #running: Promise<void> | undefined;
  /** Tasks of the `BZPOPMIN` that is on its way; undefined when there is none. */
  #blockedOn: readonly string[] | undefined;
  #clientId = "";
  #closed = false;

  constructor(parts: { readonly keys: Keys; readonly blocking: Link; readonly commands: ScriptRunner }) {
    this.#keys = parts.keys;
    this.#blocking = parts.blocking;
    this.#commands = parts.commands;
  }

  /** Tells the listener which connection blocks, so that it can be unblocked. */
  connectedAs(clientId: string): void {
    this.#clientId = clientId;
  }

  /** As `Adapter.wait`. */
  wait(request: WaitRequest): Promise<readonly string[]> {
    if (request.signal.aborted || this.#closed || request.tasks.length === 0) return idle(request);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.settle([]), Math.min(request.timeoutMs, 2 ** 31 - 1));
      const onAbort = () => waiter.settle([]);
      const leave = () => {
        clearTimeout(timer);
        request.signal.removeEventListener("abort", onAbort);
        this.#waiters.delete(waiter);
        this.#refresh();
      };
      const waiter: Waiter = {
        tasks: request.tasks,
        settle: (tasks) => {
          leave();
          resolve(tasks);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      request.signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#refresh();
    });
  }

  /** Ends all waits, puts back a wake that was on its way, and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.settle([]);
    // A link that is being opened again would be waited for as long as the store is away.
    if (this.#blocking.client === undefined) this.#blocking.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS);
    });
    await Promise.race([this.#running, grace]);
    clearTimeout(timer);
    this.#blocking.close();
  }

  /** Makes the blocking call fit the waiters: starts, interrupts or leaves it. */
  #refresh(): void {
    if (this.#running === undefined) {
      if (this.#waiters.size > 0) this.#running = this.#run();
      return;
    }
    const blockedOn = this.#blockedOn;
    if (blockedOn === undefined) return;
    const isCovered = [...this.#waiters].every((waiter) =>
      waiter.tasks.every((task) => blockedOn.includes(task)),
    );
    if (this.#waiters.size === 0 || !isCovered) this.#interrupt(blockedOn);
  }

  async #run(): Promise<void> {
    try {
      await Promise.resolve();
      while (this.#waiters.size > 0) await this.#blockOnce();
    } finally {
      this.#running = undefined;
    }
    if (this.#waiters.size > 0 && !this.#closed) this.#refresh();
  }

  async #blockOnce(): Promise<void> {
    try {
      await this.#blocking.ready(Number.POSITIVE_INFINITY);
      const tasks = [...new Set([...this.#waiters].flatMap((waiter) => waiter.tasks))];
      if (tasks.length === 0) return;
      const popped = await this.#block(tasks);
      if (popped !== undefined) await this.#deliver(popped);
    } catch (error) {
      await this.#recover(error);
    }
  }

  /** The task that was woken; undefined when the time was over or somebody interrupted. */
  async #block(tasks: readonly string[]): Promise<string | undefined> {
    const keys = tasks.map((task) => this.#keys.key(task, "wake"));
    this.#blockedOn = tasks;
    try {
      const reply = await this.#blocking.send("BZPOPMIN", [...keys, String(BLOCK_SECONDS)]);
      if (!Array.isArray(reply)) return undefined;
      return tasks[keys.indexOf(String(reply[0]))];
    } finally {
      this.#blockedOn = undefined;
    }
  }

  async #deliver(task: string): Promise<void> {
    const waiter = [...this.#waiters].find((candidate) => candidate.tasks.includes(task));
    if (waiter !== undefined) return waiter.settle([task]);
    await this.#commands.repeat(() =>
      this.#commands.link.send("ZADD", [this.#keys.key(task, "wake"), "0", "1"]),
    );
  }

  #wakeAll(): void {
    for (const waiter of [...this.#waiters]) waiter.settle(waiter.tasks);
  }

  /** A wake may have been lost with the connection: after it is back, everybody looks. */
  async #recover(error: unknown): Promise<void> {
    if (this.#closed) return;
    if (isLinkLost(error)) {
      await this.#blocking.ready(Number.POSITIVE_INFINITY).then(
        () => this.#wakeAll(),
        (refusal: unknown) => this.#rejectAll(refusal),
      );
    } else if (isPassing(error)) {
      await new Promise((resolve) => setTimeout(resolve, PASSING_RETRY_MS));
    } else {
      this.#rejectAll(error);
    }
  }

  #rejectAll(error: unknown): void {
    const typed = toStoreError(error, this.#blocking.where);
    for (const waiter of [...this.#waiters]) waiter.reject(typed);
  }

  /** Ends the blocking call; asks again while it has not begun to block yet. */
  #interrupt(blockedOn: readonly string[]): void {
    const client = this.#commands.link.client;
    if (client === undefined) {
      this.#blocking.drop();
      return;
    }
    this.#commands.link.send("CLIENT", ["UNBLOCK", this.#clientId]).then(
      (count) => {
        if (count === 1 || this.#blockedOn !== blockedOn) return;
        setTimeout(() => {
          if (this.#blockedOn === blockedOn) this.#interrupt(blockedOn);
        }, UNBLOCK_RETRY_MS);
      },
      () => this.#blocking.drop(),
    );
  }
}

/** What a wait without tasks comes to: nothing, at its end. */
function idle(request: WaitRequest): Promise<readonly string[]> {
  if (request.signal.aborted || request.tasks.length > 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(), Math.min(request.timeoutMs, 2 ** 31 - 1));
    const finish = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", finish);
      resolve([]);
    };
    request.signal.addEventListener("abort", finish, { once: true });
  });
}
