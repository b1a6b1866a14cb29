/**
 * Says in the store that somebody listens to the events of a task: scripts make events only then. A mark expires, so whoever
 * dies costs events that nobody hears for as long; it is renewed until he listens no more. One that was found gone on
 * renewal, as in a store that was emptied, may have cost events.
 */

import type { ScriptRunner } from "../runner.js";
import { listenScript } from "../scripts.generated.js";

/** How long a mark stands by itself, in ms. */
export const MARK_MS = 30_000;
/** How often it is renewed, in ms. */
export const RENEWAL_MS = 10_000;

interface Mark {
  readonly root: string;
  /** Events may have been missed. */
  readonly missed: () => void;
}

/** The marks of one adapter instance. */
export class EventMarks {
  readonly #runner: Pick<ScriptRunner, "run">;
  /** Names this instance. */
  readonly #instance: string;
  /** By what the store calls who listens. */
  readonly #marks = new Map<string, Mark>();
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(runner: Pick<ScriptRunner, "run">, instance: string) {
    this.#runner = runner;
    this.#instance = instance;
  }

  /**
   * Resolves when every event from then on is made.
   *
   * @throws {TaskoraError} as any call
   */
  async set(root: string, missed: () => void): Promise<{ renew(): Promise<void>; remove(): Promise<void> }> {
    this.#count += 1;
    const listener = `${this.#instance}-${this.#count}`;
    await this.#runner.run(listenScript, root, [listener, MARK_MS]);
    const mark = { root, missed };
    this.#marks.set(listener, mark);
    this.#timer ??= setInterval(() => this.renew(), RENEWAL_MS).unref();
    return {
      renew: async () => void (await this.#runner.run(listenScript, root, [listener, MARK_MS])),
      remove: () => this.#remove(listener, mark),
    };
  }

  /** What stands expires. */
  stop(): void {
    this.#marks.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Renews all of them, in due time and when the store may have lost them. Whoever finds his gone is told. */
  renew(): void {
    for (const [listener, { root, missed }] of this.#marks) {
      // One that fails is made up for by the next, which finds the mark gone if it was.
      this.#runner.run(listenScript, root, [listener, MARK_MS]).then(
        (wasGone) => wasGone === 1 && this.#marks.has(listener) && missed(),
        () => undefined,
      );
    }
  }

  async #remove(listener: string, { root }: Mark): Promise<void> {
    if (!this.#marks.delete(listener)) return;
    if (this.#marks.size === 0) this.stop();
    await this.#runner.run(listenScript, root, [listener, 0]).catch(() => undefined);
  }
}
