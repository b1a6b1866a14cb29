/**
 * Runs scripts over a link: `EVALSHA`, and `EVAL` where the store has forgotten the script. What was interrupted is
 * sent again until the deadline; every script answers a repetition as its verb promises.
 */
import type { Link } from "./connection/link.js";
import { repeat, requireRepeatable } from "./connection/repeat.js";
import { replyCode } from "./connection/store-errors.js";
import type { Script, ScriptArgument } from "./script.js";

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

  /** A runner whose calls have waited for their turn already, and for so much shorter do for the store. */
  after(waitedMs: number): ScriptRunner {
    return new ScriptRunner(this.#link, Math.max(0, this.#deadlineMs - waitedMs));
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
      if (replyCode(error) !== "NOSCRIPT") requireRepeatable(this.#link, error, deadlineAt);
      return repeat(this.#link, again, deadlineAt);
    });
  }

  /** Runs `attempt` over the open link until it succeeds, fails for good or the deadline is past. */
  repeat<T>(attempt: () => Promise<T>): Promise<T> {
    return repeat(this.#link, attempt, performance.now() + this.#deadlineMs);
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
