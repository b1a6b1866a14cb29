/**
 * Runs scripts over a link: `EVALSHA`, and `EVAL` where the store has forgotten the script. What a lost
 * connection or a passing trouble interrupted is sent again until the deadline; every script answers a
 * repetition as its verb promises.
 */
import type { Link } from "./link.js";
import type { Script, ScriptArgument } from "./script.js";
import { isLinkLost, isPassing, replyCode, toStoreError, unavailable } from "./store-errors.js";

const PASSING_RETRY_MS = 100;
const FIRST_REPEAT_MS = 10;
const LONGEST_REPEAT_MS = 500;

/** Runs scripts of one adapter instance. */
export class ScriptRunner {
  readonly #link: Link;
  readonly #deadlineMs: number;

  /** @param deadlineMs how long a call may take in all, reconnecting included */
  constructor(link: Link, deadlineMs: number) {
    this.#link = link;
    this.#deadlineMs = deadlineMs;
  }

  get link(): Link {
    return this.#link;
  }

  /**
   * @throws {TaskoraError} `STORE_UNAVAILABLE` past the deadline, `STORE_FULL`, `STORE_AUTH`, `STORE_REPLY`
   */
  async run<Args extends readonly ScriptArgument[], Reply>(
    script: Script<Args, Reply>,
    roots: string | readonly string[],
    args: Args,
  ): Promise<Reply> {
    return this.repeat(() => this.once(script, roots, args));
  }

  /** Runs `attempt` until it succeeds, fails for good or the deadline is past. */
  async repeat<T>(attempt: () => Promise<T>): Promise<T> {
    const deadlineAt = Date.now() + this.#deadlineMs;
    for (let failures = 0; ; failures++) {
      try {
        if (this.#link.client === undefined) await this.#link.ready(deadlineAt);
        return await attempt();
      } catch (error) {
        if (!isLinkLost(error) && !isPassing(error)) throw toStoreError(error, this.#link.where);
        const why = error instanceof Error ? error.message : String(error);
        if (Date.now() >= deadlineAt) throw unavailable(this.#link.where, why, error);
        if (isPassing(error)) await pause(PASSING_RETRY_MS);
        else if (failures > 0) await pause(Math.min(FIRST_REPEAT_MS * 2 ** failures, LONGEST_REPEAT_MS));
      }
    }
  }

  /** One try over the open connection; errors as they come. */
  async once<Args extends readonly ScriptArgument[], Reply>(
    script: Script<Args, Reply>,
    roots: string | readonly string[],
    args: Args,
  ): Promise<Reply> {
    const list: (string | Buffer)[] =
      typeof roots === "string" ? [script.sha1, "1", roots] : [script.sha1, String(roots.length), ...roots];
    for (const arg of args) list.push(typeof arg === "number" ? String(arg) : arg);
    try {
      return (await this.#link.send("EVALSHA", list)) as Reply;
    } catch (error) {
      if (replyCode(error) !== "NOSCRIPT") throw error;
      list[0] = script.text;
      return (await this.#link.send("EVAL", list)) as Reply;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
