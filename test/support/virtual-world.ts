/**
 * Apps over one memory store, each with a store of its own to go wrong, all on one virtual clock: a worker is driven
 * step by step, and nothing happens for which a test did not move time or tell the store.
 */
import { type AppErrorEvent, type AppWarningEvent, createTaskora, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { FaultyAdapter } from "./faulty-adapter.js";

/** An app and what stands between it and the store. */
export interface DrivenApp {
  readonly app: Taskora;
  readonly store: FaultyAdapter;
}

export class VirtualWorld {
  readonly clock = new VirtualClock();
  readonly errors: AppErrorEvent[] = [];
  readonly warnings: AppWarningEvent[] = [];
  readonly #store = createMemoryStore({ clock: this.clock });
  readonly #driven: DrivenApp[] = [];

  /** Another app, like a process of its own; closed by {@link close}. */
  drive(): DrivenApp {
    const store = new FaultyAdapter(this.adapter());
    const app = createTaskora({ adapter: store.adapter, clock: this.clock, logger: false });
    app.on("error", (event) => this.errors.push(event));
    app.on("warning", (event) => this.warnings.push(event));
    const driven = { app, store };
    this.#driven.push(driven);
    return driven;
  }

  /** Another adapter over the store, for what an app does not do. */
  adapter(): Adapter {
    return memoryAdapter({ store: this.#store });
  }

  /** Lets everything go on that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await this.clock.advance(0);
  }

  /** Awaits what needs time: moves from timer to timer until `promise` has settled. */
  async reach<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    for (await this.settle(); !isDone; await this.settle())
      await this.clock.advance(this.clock.nextTimerInMs ?? 0);
    return promise;
  }

  /** The codes of the errors so far, which are forgotten. */
  takeErrorCodes(): string[] {
    return this.errors.splice(0).map((event) => event.code);
  }

  async close(): Promise<void> {
    for (const { store } of this.#driven) store.heal();
    await this.reach(Promise.all(this.#driven.map(({ app }) => app.close({ timeout: 0 }))));
  }
}
