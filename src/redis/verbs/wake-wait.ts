/**
 * How one connection waits for wakes: a blocking `BZPOPMIN` over wake keys, one at a time. Whatever else is sent over the
 * link is carried out in the moment the call ends, however it ends.
 *
 * Life of a call: blocking → popped a wake, its time is over, or unblocked (the set of tasks has changed) → ended. One that
 * does not end when it was unblocked is on a dead connection, which is dropped.
 */
import type { ClaimRequest } from "../../core/adapter.js";
import type { StoreLink } from "../connection/store-link.js";
import { type Keys, STORE_AS_TASK } from "../keys.js";
import type { ScriptRunner } from "../runner.js";

/** One `BZPOPMIN` lasts this long, so that a dead connection is noticed. */
export const BLOCK_SECONDS = 10;

const UNBLOCK_RETRY_MS = 20;
/** A connection that does not answer this long after it was unblocked is dead. */
const HURRY_GRACE_MS = 1000;

/** What a wake is made of. */
export interface WakeWaitParts {
  readonly keys: Keys;
  /** It blocks. */
  readonly link: StoreLink;
  /** Unblocks it, and puts back wakes. */
  readonly commands: ScriptRunner;
}

/** Over which link a call is sent behind one that blocks; `hurry` ends that. */
export interface BehindWait {
  readonly link: StoreLink;
  hurry(): void;
}

/** One call that blocks. */
export interface BlockingCall<Sent> {
  readonly names: readonly string[];
  /** Sends what is to be carried out when it ends, and says what that came to. */
  readonly sendBehind: ((over: BehindWait, answered: (sent: Sent) => void) => void) | undefined;
  /**
   * Called in the moment all of it is answered.
   *
   * @param woken undefined: it ended without a wake
   */
  readonly ended: (woken: string | undefined, sent: Sent | undefined) => Promise<void> | undefined;
}

/** What blocks for wakes on one link. */
export class WakeWait {
  readonly link: StoreLink;
  readonly #keys: Keys;
  readonly #commands: ScriptRunner;
  #clientId = "";
  /** What is waited for by the call that blocks now. */
  #names: readonly string[] | undefined;

  constructor({ keys, link, commands }: WakeWaitParts) {
    this.#keys = keys;
    this.link = link;
    this.#commands = commands;
  }

  /** Tells which connection blocks, so that it can be unblocked. */
  connectedAs(clientId: string): void {
    this.#clientId = clientId;
  }

  /** What is waited for now; undefined: nothing blocks. */
  get names(): readonly string[] | undefined {
    return this.#names;
  }

  /**
   * Blocks until one of `names` is woken. {@link ready} comes first.
   *
   * @returns resolves when what `ended` returns is done
   */
  block<Sent>({ names, sendBehind, ended }: BlockingCall<Sent>): Promise<void> {
    const keys = names.map((name) => wakeKey(this.#keys, name));
    this.#names = names;
    return new Promise((resolve, reject) => {
      let woken: string | undefined;
      let behind: Sent | undefined;
      let missing = sendBehind === undefined ? 1 : 2;
      const answered = () => {
        missing -= 1;
        if (missing === 0) resolve(ended(woken, behind));
      };
      const call = {
        resolve: (reply: unknown) => {
          this.#names = undefined;
          if (Array.isArray(reply)) woken = names[keys.indexOf(String(reply[0]))];
          answered();
        },
        reject: (error: unknown) => {
          this.#names = undefined;
          reject(error);
        },
      };
      this.link.inOneWrite(() => {
        this.link.ask("BZPOPMIN", [...keys, String(BLOCK_SECONDS)], call);
        sendBehind?.({ link: this.link, hurry: () => this.#hurry(names) }, (sent) => {
          behind = sent;
          answered();
        });
      });
    });
  }

  /** Opens the connection. */
  async ready(): Promise<void> {
    if (this.link.wire === undefined) await this.link.ready(Number.POSITIVE_INFINITY);
  }

  /** Gives a wake back that nobody here wants. */
  async putBack(name: string): Promise<void> {
    await this.#commands.repeat(() =>
      this.#commands.link.send("ZADD", [wakeKey(this.#keys, name), "0", "1"]),
    );
  }

  /** Ends the blocking call, if there is one; its connection is dropped when it does not answer then. */
  hurry(): void {
    if (this.#names !== undefined) this.#hurry(this.#names);
  }

  /** Ends the blocking call, if there is one; it is as good as its connection. */
  interrupt(): void {
    if (this.#names !== undefined) this.#interrupt(this.#names);
  }

  #hurry(names: readonly string[]): void {
    if (this.#names !== names) return;
    this.#interrupt(names);
    setTimeout(() => {
      if (this.#names === names) this.link.drop();
    }, HURRY_GRACE_MS).unref();
  }

  /** Asks again while it has not begun to block yet. */
  #interrupt(names: readonly string[]): void {
    if (this.#commands.link.wire === undefined) {
      this.link.drop();
      return;
    }
    this.#commands.link.send("CLIENT", ["UNBLOCK", this.#clientId]).then(
      (count) => {
        if (count === 1 || this.#names !== names) return;
        setTimeout(() => {
          if (this.#names === names) this.#interrupt(names);
        }, UNBLOCK_RETRY_MS);
      },
      () => this.link.drop(),
    );
  }
}

/** Between a task and a version of it. No task has it in its name. */
const VERSION_MARK = "\n";

/** What wakes a claim: its task, jobs put back for its version, and something due in any task of the store. */
export function wakeNames(requests: readonly ClaimRequest[]): readonly string[] {
  const names = requests.flatMap(({ task, version, count }) => {
    if (count <= 0) return [];
    return version === undefined ? [task] : [task, task + VERSION_MARK + version];
  });
  return [...names, STORE_AS_TASK];
}

/** The task that a wake is for; undefined: it says that something is due in the store. */
export function taskOfWake(name: string): string | undefined {
  return name === STORE_AS_TASK ? undefined : (name.split(VERSION_MARK)[0] ?? name);
}

/** The task of a wake, which may be the store, and the version of jobs that were put back. */
export function partsOfWake(name: string): { readonly task: string; readonly version: string | undefined } {
  const [task = "", version] = name.split(VERSION_MARK);
  return { task, version };
}

/** The key that says that there is a wake. */
export function wakeKey(keys: Keys, name: string): string {
  const { task, version } = partsOfWake(name);
  return version === undefined ? keys.key(task, "wake") : keys.key(task, "wakeVersion") + version;
}
