import type { Adapter, Notice } from "../core/adapter.js";
import { endSubscription } from "../core/subscription.js";
import { WORKFLOW_TASK } from "../core/workflow/step.js";

/** Most tasks of others that one process listens to: each costs it a mark in the store, renewed every few seconds. */
const MOST_TASKS_HEARD = 1000;

/** What is listened to here: some tasks by name, and all of them when somebody named none. */
export interface Wanted {
  readonly tasks: readonly string[];
  readonly all: boolean;
}

/** What subscriptions ask of the hub of events. */
export interface TaskSubscriptionsHost {
  readonly adapter: Adapter;
  wanted(): Wanted;
  /** Names of the tasks that this process declares, which the store may not have met yet. */
  declared(): readonly string[];
  receive(notice: Notice): void;
  /** The store has more tasks than are listened to. */
  tooMany(): void;
  failed(error: unknown): void;
}

type Subscribed = Promise<() => Promise<void>>;

/**
 * The subscriptions of one app to what happens to jobs. The store publishes only what some process subscribed to, so these
 * are of tasks that somebody here listens to and no others. Who listens to all tasks follows the store: a task that it meets
 * later is subscribed to as soon as that is told.
 */
export class TaskSubscriptions {
  readonly #host: TaskSubscriptionsHost;
  readonly #open = new Map<string, Subscribed>();
  /** Tasks that the store has met; filled while it is followed. */
  #met = new Set<string>();
  #following: Subscribed | undefined;

  constructor(host: TaskSubscriptionsHost) {
    this.#host = host;
  }

  /** Whether anything is subscribed to. */
  get isOpen(): boolean {
    return this.#open.size > 0 || this.#following !== undefined;
  }

  /** Subscribes to what is wanted and is not subscribed to yet; resolves when nothing later can be missed. */
  async sync(): Promise<void> {
    if (this.#host.wanted().all) await this.#follow();
    for (const task of this.#wantedTasks()) {
      if (this.#open.has(task)) continue;
      const subscribed = this.#host.adapter.subscribe({ kind: "events", task }, (notice) =>
        this.#host.receive(notice),
      );
      this.#open.set(task, subscribed);
      subscribed.catch(() => this.#open.get(task) === subscribed && this.#open.delete(task));
    }
    await Promise.all(this.#open.values());
  }

  /** Ends what nobody wants any more, so that the store stops publishing it. */
  endUnwanted(): void {
    if (!this.#host.wanted().all) this.#unfollow();
    const wanted = new Set(this.#wantedTasks());
    for (const [task, subscribed] of this.#open) {
      if (wanted.has(task)) continue;
      this.#open.delete(task);
      this.#end(subscribed);
    }
  }

  /** Forgets all of them: the adapter, with which they end, is being closed. */
  reset(): void {
    this.#open.clear();
    this.#met.clear();
    this.#following = undefined;
  }

  #wantedTasks(): ReadonlySet<string> {
    const { tasks, all } = this.#host.wanted();
    const wanted = new Set(tasks);
    if (!all) return wanted;
    for (const task of this.#host.declared()) wanted.add(task);
    for (const task of this.#met) wanted.add(task);
    return wanted;
  }

  async #follow(): Promise<void> {
    const following = this.#following ?? this.#startFollowing();
    this.#following = following;
    try {
      await following;
    } catch (error) {
      if (this.#following === following) this.#following = undefined;
      throw error;
    }
  }

  /** What is met while the names are read is told, so none falls in between. */
  async #startFollowing(): Promise<() => Promise<void>> {
    const stop = await this.#host.adapter.subscribe({ kind: "tasks" }, (notice) => {
      if (notice.kind === "met") this.#add([notice.task]);
      else if (notice.kind !== "lost") return;
      const known = notice.kind === "met" ? Promise.resolve() : this.#readNames();
      known.then(() => this.sync()).catch((error: unknown) => this.#host.failed(error));
    });
    await this.#readNames();
    return stop;
  }

  async #readNames(): Promise<void> {
    this.#add(await this.#host.adapter.tasks());
  }

  #add(tasks: readonly string[]): void {
    for (const task of tasks) {
      if (task === WORKFLOW_TASK || this.#met.has(task)) continue;
      if (this.#met.size < MOST_TASKS_HEARD) this.#met.add(task);
      else this.#host.tooMany();
    }
  }

  #unfollow(): void {
    const following = this.#following;
    this.#following = undefined;
    this.#met.clear();
    if (following !== undefined) this.#end(following);
  }

  #end(subscribed: Subscribed): void {
    endSubscription(subscribed).catch((error: unknown) => this.#host.failed(error));
  }
}
