/**
 * How an adapter waits for wakes in a cluster, where no blocking call names keys of several slots. Wakes are told on
 * channels; whoever hears one and has a waiter for it takes the wake, which one of them gets. So a batch wakes one waiter,
 * as on one server, one round trip later.
 *
 * What may have a wake: a name that is listened to since a moment ago, one that was told, all of them after the channels were
 * interrupted. A name of which none was found has none until it is told again.
 */
import { TaskoraError } from "../../core/errors.js";
import { LinkLostError } from "../connection/store-errors.js";
import type { StoreLink } from "../connection/store-link.js";
import type { Channels } from "../connection/subscriber.js";
import type { Keys } from "../keys.js";
import type { ScriptRunner } from "../runner.js";
import { putWakeScript, takeWakeScript } from "../scripts.generated.js";
import { type BlockingCall, partsOfWake, wakeKey } from "../verbs/wake-wait.js";

/** One wait lasts this long; it keeps the process alive as a blocking call does. */
const WAIT_MS = 10_000;

/** What waits for wakes in a cluster. */
export interface ClusterWakesParts {
  readonly keys: Keys;
  readonly runner: ScriptRunner;
  readonly subscriber: Channels;
}

/** The wakes of one adapter instance. */
export class ClusterWakes {
  readonly link: StoreLink;
  readonly #keys: Keys;
  readonly #runner: ScriptRunner;
  readonly #subscriber: Channels;
  /** Names that are listened to, from the moment their subscription began. */
  readonly #heard = new Map<string, Promise<unknown>>();
  /** Names that may have a wake. */
  readonly #maybe = new Set<string>();
  /** Wakes that were taken together with another, which went first. */
  readonly #taken = new Set<string>();
  #names: readonly string[] | undefined;
  #stir: () => void = () => undefined;
  #isInterrupted = false;

  constructor({ keys, runner, subscriber }: ClusterWakesParts) {
    this.link = linkOf(runner.link, () => this.#giveBack());
    this.#keys = keys;
    this.#runner = runner;
    this.#subscriber = subscriber;
  }

  /** What is waited for now; undefined: nobody waits. */
  get names(): readonly string[] | undefined {
    return this.#names;
  }

  /** Waits until one of `names` is woken; nothing is sent behind. */
  async block({ names, ended }: Pick<BlockingCall<never>, "ended" | "names">): Promise<void> {
    await ended(await this.#wokenOf(names), undefined);
  }

  /** No name: its time is over, or it was interrupted. */
  async #wokenOf(names: readonly string[]): Promise<string | undefined> {
    this.#names = names;
    this.#isInterrupted = false;
    const endsAt = performance.now() + WAIT_MS;
    try {
      await Promise.all(names.map((name) => this.#listenTo(name)));
      for (;;) {
        const woken = await this.#takeOne(names);
        const isOver = this.#isInterrupted || performance.now() >= endsAt;
        if (woken !== undefined || isOver) return woken;
        if (!names.some((name) => this.#maybe.has(name))) await this.#untilStirred(endsAt);
      }
    } finally {
      this.#names = undefined;
    }
  }

  /** Opens the way to the cluster. */
  async ready(): Promise<void> {
    if (this.link.wire === undefined) await this.link.ready(Number.POSITIVE_INFINITY);
  }

  /** Gives a wake back that nobody here wants. */
  async putBack(name: string): Promise<void> {
    const { task, version = "" } = partsOfWake(name);
    await this.#runner.run(putWakeScript, this.#keys.root(task), [version]);
  }

  /** Ends the wait, if there is one. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#stir();
  }

  /** As {@link interrupt}: it depends on no connection. */
  hurry(): void {
    this.interrupt();
  }

  #giveBack(): void {
    // A sweep makes good what is lost with a store that is away.
    for (const name of this.#taken) this.putBack(name).catch(() => undefined);
    this.#taken.clear();
  }

  async #listenTo(name: string): Promise<void> {
    const channel = wakeKey(this.#keys, name);
    const listening =
      this.#heard.get(name) ??
      this.#subscriber.subscribe(channel, () => this.#note(name)).then(() => this.#note(name));
    this.#heard.set(name, listening);
    try {
      await listening;
    } catch (error) {
      this.#heard.delete(name);
      // Whoever waits goes on waiting for a store that is away.
      const isAway = error instanceof TaskoraError && error.code === "STORE_UNAVAILABLE";
      throw isAway ? new LinkLostError(error) : error;
    }
  }

  #note(name: string): void {
    this.#maybe.add(name);
    if (this.#names?.includes(name)) this.#stir();
  }

  /** Looks at all that may have a wake at once. */
  async #takeOne(names: readonly string[]): Promise<string | undefined> {
    const looked = names.filter((name) => this.#maybe.delete(name));
    const taking = await Promise.allSettled(looked.map((name) => this.#take(name)));
    let failure: PromiseRejectedResult | undefined;
    for (const [index, told] of taking.entries()) {
      const name = looked[index] as string;
      if (told.status === "rejected") {
        failure = told;
        this.#maybe.add(name);
      } else if (told.value) this.#taken.add(name);
    }
    const [woken] = this.#taken;
    if (woken === undefined && failure !== undefined) throw failure.reason;
    if (woken !== undefined) this.#taken.delete(woken);
    return woken;
  }

  async #take(name: string): Promise<boolean> {
    const { task, version = "" } = partsOfWake(name);
    return (await this.#runner.run(takeWakeScript, this.#keys.root(task), [version])) === 1;
  }

  async #untilStirred(endsAt: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#stir = resolve;
      timer = setTimeout(resolve, Math.max(0, endsAt - performance.now()));
    });
    clearTimeout(timer);
    this.#stir = () => undefined;
  }
}

/** The link of all calls, which is closed by whoever opened it. */
function linkOf(link: StoreLink, close: () => void): StoreLink {
  return {
    where: link.where,
    get wire() {
      return link.wire;
    },
    ready: (deadlineAt) => link.ready(deadlineAt),
    send: (command, args) => link.send(command, args),
    ask: (command, args, answer) => link.ask(command, args, answer),
    inOneWrite: (write) => link.inOneWrite(write),
    together: (roots) => link.together(roots),
    askServers: (commands) => link.askServers(commands),
    drop: () => link.drop(),
    close,
  };
}
