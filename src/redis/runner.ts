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
  run<Args extends readonly ScriptArgument[], Reply>(
    script: Script<Args, Reply>,
    roots: string | readonly string[],
    args: Args,
  ): Promise<Reply> {
    const again = () => this.once(script, roots, args);
    if (this.#link.wire === undefined) return this.repeat(again);
    // One promise less than a loop around the first try: a single dispatch is little more than its promises.
    const first = this.#link.send("EVALSHA", commandArguments(script.sha1, roots, args)) as Promise<Reply>;
    const deadlineAt = performance.now() + this.#deadlineMs;
    return first.catch((error: unknown) => {
      if (replyCode(error) !== "NOSCRIPT") this.#requireRepeatable(error, deadlineAt);
      return this.repeat(again, deadlineAt);
    });
  }

  /** Throws the error as the caller gets it, unless another try may succeed before the deadline. */
  #requireRepeatable(error: unknown, deadlineAt: number): void {
    if (!isLinkLost(error) && !isPassing(error)) throw toStoreError(error, this.#link.where);
    // After a failover this is a replica now; the address or the sentinels lead to the new primary.
    if (replyCode(error) === "READONLY") this.#link.drop();
    if (performance.now() < deadlineAt) return;
    const why = error instanceof Error ? error.message : String(error);
    throw unavailable(this.#link.where, why, error);
  }

  /** Runs `attempt` until it succeeds, fails for good or the deadline is past. */
  async repeat<T>(attempt: () => Promise<T>, deadlineAt = performance.now() + this.#deadlineMs): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        if (this.#link.wire === undefined) await this.#link.ready(deadlineAt);
        return await attempt();
      } catch (error) {
        this.#requireRepeatable(error, deadlineAt);
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
    const list = commandArguments(script.sha1, roots, args);
    try {
      return (await this.#link.send("EVALSHA", list)) as Reply;
    } catch (error) {
      if (replyCode(error) !== "NOSCRIPT") throw error;
      list[0] = script.text;
      return (await this.#link.send("EVAL", list)) as Reply;
    }
  }
}

/** What follows `EVALSHA` or `EVAL`. */
export function commandArguments(
  script: string,
  roots: string | readonly string[],
  args: readonly ScriptArgument[],
): (string | Buffer)[] {
  const list: (string | Buffer)[] =
    typeof roots === "string" ? [script, "1", roots] : [script, String(roots.length), ...roots];
  for (const arg of args) list.push(typeof arg === "number" ? String(arg) : arg);
  return list;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
