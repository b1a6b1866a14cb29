/**
 * An adapter over another one whose verbs go wrong when a test says so, each in the ways a store or a network can.
 * Calls are counted and waited for by name, so that a test signals instead of sleeping.
 */
import { TaskoraError } from "taskora";
import type { Adapter, Notice, Topic } from "taskora/adapter";
import { type Gate, gate } from "./signals.js";

type VerbOf<Store> = Extract<keyof Store, string>;

/** A verb of the port, or of one of the stores beside it: `settle`, `contracts.announce`, `schedules.fire`. */
export type Verb =
  | Exclude<VerbOf<Adapter>, "name" | "features" | "contracts" | "schedules" | "workflows" | "observe">
  | `observe.${VerbOf<NonNullable<Adapter["observe"]>>}`
  | `contracts.${VerbOf<NonNullable<Adapter["contracts"]>>}`
  | `schedules.${VerbOf<NonNullable<Adapter["schedules"]>>}`
  | `workflows.${VerbOf<NonNullable<Adapter["workflows"]>>}`;

/**
 * - `refused`: the call fails and was not carried out.
 * - `unanswered`: the call is carried out and its answer is lost.
 * - `twice`: the call is carried out twice, as one that was sent again; the caller gets the second answer.
 * - `silent`: the call is not carried out, and fails only when the adapter is closed.
 */
export type Fault = "refused" | "unanswered" | "twice" | "silent";

/** A call that stands still. */
export interface HeldCall {
  /** Resolves when it stands still. */
  readonly held: Promise<void>;
  /** Lets it go on. */
  release(): void;
}

/** What a call fails with. */
export class StoreAway extends TaskoraError {
  override readonly name = "StoreAway";
  override readonly retryable = true;

  constructor(verb: string) {
    super("STORE_UNAVAILABLE", `the store did not answer ${verb}`);
  }
}

/** Carries a call out, or not. */
type Behaviour = (verb: Verb, call: () => unknown) => unknown;

type Listener = (notice: Notice) => void;

/** {@link FaultyAdapter.adapter} is for the app, the rest for the test. */
export class FaultyAdapter {
  readonly adapter: Adapter;
  readonly #next = new Map<Verb, Behaviour[]>();
  readonly #always = new Map<Verb, Behaviour>();
  readonly #counts = new Map<Verb, number>();
  readonly #callWaiters = new Set<() => void>();
  readonly #listeners = new Map<Listener, Topic["kind"]>();
  readonly #muted = new Set<Topic["kind"]>();
  #closed: Gate = gate();

  constructor(inner: Adapter) {
    this.adapter = this.#wrap(inner, "");
  }

  /** The next call of `verb` goes wrong; asked twice, the next two do. */
  next(verb: Verb, fault: Fault): void {
    this.#queue(verb, this.#behaviourOf(fault));
  }

  /** Every call of these verbs goes wrong until {@link heal}. */
  always(fault: Fault, ...verbs: readonly Verb[]): void {
    for (const verb of verbs) this.#always.set(verb, this.#behaviourOf(fault));
  }

  /** Calls that come from now on go well. */
  heal(): void {
    this.#always.clear();
    this.#next.clear();
  }

  /** The next call of `verb` stands still: it is carried out at once, but answered when it is released. */
  holdAnswer(verb: Verb): HeldCall {
    return this.#hold(verb, async (call, stand) => {
      const answer = await call();
      await stand();
      return answer;
    });
  }

  /** The next call of `verb` stands still before it is carried out. */
  holdCall(verb: Verb): HeldCall {
    return this.#hold(verb, async (call, stand) => {
      await stand();
      return call();
    });
  }

  /** The next call of `verb` is not carried out and gets this answer. */
  answer(verb: Verb, value: unknown): void {
    this.#queue(verb, () => Promise.resolve(value));
  }

  /** Notices of this kind get lost, until {@link interrupt} says so. */
  mute(kind: Topic["kind"]): void {
    this.#muted.add(kind);
  }

  /** Tells listeners of this kind that their link was interrupted; it is fine again. */
  interrupt(kind: Topic["kind"]): void {
    this.#muted.delete(kind);
    for (const [listener, own] of [...this.#listeners]) if (own === kind) listener({ kind: "lost" });
  }

  /** Calls of a verb so far, whatever became of them. */
  count(verb: Verb): number {
    return this.#counts.get(verb) ?? 0;
  }

  /** Resolves when `verb` has been called so often in all. */
  async called(verb: Verb, times: number): Promise<void> {
    while (this.count(verb) < times) {
      await new Promise<void>((resolve) => {
        this.#callWaiters.add(resolve);
      });
    }
  }

  #queue(verb: Verb, behaviour: Behaviour): void {
    const queue = this.#next.get(verb);
    if (queue === undefined) this.#next.set(verb, [behaviour]);
    else queue.push(behaviour);
  }

  #hold(
    verb: Verb,
    carryOut: (call: () => unknown, stand: () => Promise<void>) => Promise<unknown>,
  ): HeldCall {
    const held = gate();
    const released = gate();
    const stand = () => {
      held.open();
      return released.opened;
    };
    this.#queue(verb, (_, call) => carryOut(call, stand));
    return { held: held.opened, release: () => released.open() };
  }

  #wrap<Store extends object>(store: Store, prefix: string): Store {
    return new Proxy(store, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof key !== "string") return value;
        if (typeof value === "object" && value !== null) return this.#wrap(value, `${prefix}${key}.`);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(value, target, args);
          if (prefix === "" && key === "subscribe") return this.#subscribe(call, args);
          return this.#call(`${prefix}${key}` as Verb, call);
        };
      },
    });
  }

  #call(verb: Verb, call: () => unknown): unknown {
    this.#counts.set(verb, this.count(verb) + 1);
    for (const wake of this.#callWaiters) wake();
    this.#callWaiters.clear();
    if (verb === "close") {
      this.#closed.open();
      this.#closed = gate();
    }
    const behaviour = this.#next.get(verb)?.shift() ?? this.#always.get(verb);
    return behaviour === undefined ? call() : behaviour(verb, call);
  }

  async #subscribe(call: () => unknown, args: unknown[]): Promise<() => Promise<void>> {
    const [topic, listener] = args as Parameters<Adapter["subscribe"]>;
    const hear: Listener = (notice) => {
      if (!this.#muted.has(topic.kind)) listener(notice);
    };
    args[1] = hear;
    const unsubscribe = (await this.#call("subscribe", call)) as () => Promise<void>;
    this.#listeners.set(hear, topic.kind);
    return () => {
      this.#listeners.delete(hear);
      return unsubscribe();
    };
  }

  #behaviourOf(fault: Fault): Behaviour {
    switch (fault) {
      case "refused":
        return (verb) => Promise.reject(new StoreAway(verb));
      case "unanswered":
        return async (verb, call) => {
          await call();
          throw new StoreAway(verb);
        };
      case "twice":
        return async (_, call) => {
          await call();
          return call();
        };
      case "silent":
        return async (verb) => {
          await this.#closed.opened;
          throw new StoreAway(verb);
        };
    }
  }
}
