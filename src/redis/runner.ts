/**
 * Runs scripts over a link: `EVALSHA`, and `EVAL` where the store does not know the script, be it that nobody has used it
 * yet or that the store has forgotten it. So a script is sent when it is first used, once per store. What was interrupted
 * is sent again until the deadline; every script answers a repetition as its verb promises.
 */

import { repeat, requireRepeatable } from "./connection/repeat.js";
import { replyCode } from "./connection/store-errors.js";
import type { StoreCommand, StoreLink } from "./connection/store-link.js";
import type { Script, ScriptArgument } from "./script.js";

/** How often the text of each script has gone out, by its hash. */
type SentTexts = Map<string, number>;
/** How a call of a script goes out. */
type Send = (command: "EVALSHA" | "EVAL", list: readonly (string | Buffer)[]) => Promise<unknown>;

/** Runs scripts of one adapter instance. */
export class ScriptRunner {
  readonly #link: StoreLink;
  readonly #deadlineMs: number;
  readonly #sent: SentTexts;
  readonly #ran: Set<string>;
  readonly #send: Send = (command, list) => this.#link.send(command, list);

  /** @param deadlineMs how long a call may take in all, reconnecting included */
  constructor(link: StoreLink, deadlineMs: number, sent: SentTexts = new Map(), ran = new Set<string>()) {
    this.#link = link;
    this.#deadlineMs = deadlineMs;
    this.#sent = sent;
    this.#ran = ran;
  }

  get link(): StoreLink {
    return this.#link;
  }

  /** A runner whose calls have waited for their turn already, and for so much shorter do for the store. */
  after(waitedMs: number): ScriptRunner {
    if (waitedMs <= 0) return this;
    return new ScriptRunner(this.#link, Math.max(0, this.#deadlineMs - waitedMs), this.#sent, this.#ran);
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
    const deadlineAt = performance.now() + this.#deadlineMs;
    const list = commandArguments(script.sha1, roots, args);
    const sent = this.#sent.get(script.sha1);
    // One promise less than `again`: a single dispatch is little more than its promises.
    const first = this.#link.send("EVALSHA", list) as Promise<Reply>;
    return first.catch((error: unknown) => {
      const missing = replyCode(error) === "NOSCRIPT" && this.#sendText(script, list, { sent });
      return (missing || Promise.reject(error)).catch((failure: unknown) => {
        requireRepeatable(this.#link, failure, deadlineAt);
        return repeat(this.#link, again, deadlineAt);
      });
    });
  }

  /**
   * As {@link run}, behind other commands on keys of the same task: all of it is carried out together, or nothing. They may be
   * carried out once more.
   */
  runBehind<Args extends readonly ScriptArgument[], Reply>(
    commands: readonly StoreCommand[],
    script: Script<Args, Reply>,
    root: string,
    args: Args,
  ): Promise<Reply> {
    if (commands.length === 0) return this.run(script, root, args);
    const send: Send = (command, list) =>
      this.#link.atomically?.([...commands, [command, list]]) ??
      Promise.reject(new Error("nothing goes together here"));
    const again = () => this.#call(script, commandArguments(script.sha1, root, args), send);
    const deadlineAt = performance.now() + this.#deadlineMs;
    if (this.#link.wire === undefined) return repeat(this.#link, again, deadlineAt);
    return again().catch((error: unknown) => {
      requireRepeatable(this.#link, error, deadlineAt);
      return repeat(this.#link, again, deadlineAt);
    });
  }

  /**
   * Opens the connection where it is not.
   *
   * @param deadlineAt by `performance.now()`
   */
  open(deadlineAt: number): Promise<void> {
    return repeat(this.#link, () => Promise.resolve(), deadlineAt);
  }

  /** Runs `attempt` over the open link until it succeeds, fails for good or the deadline is past. */
  repeat<T>(attempt: () => Promise<T>): Promise<T> {
    return repeat(this.#link, attempt, performance.now() + this.#deadlineMs);
  }

  /** One try over the open connection; errors as they come. */
  once<Args extends readonly ScriptArgument[], Reply>(
    script: Script<Args, Reply>,
    roots: string | readonly string[],
    args: Args,
  ): Promise<Reply> {
    return this.#call(script, commandArguments(script.sha1, roots, args));
  }

  /**
   * As {@link once}, for a call behind which others go out that are to be carried out after it: its text goes along, unless
   * the store has run it before.
   */
  onceBefore<Args extends readonly ScriptArgument[], Reply>(
    script: Script<Args, Reply>,
    root: string,
    args: Args,
  ): Promise<Reply> {
    if (this.#ran.has(script.sha1)) return this.once(script, root, args);
    const sending = this.sendBefore(this.#link, script, root, args);
    this.#ran.add(script.sha1);
    return sending;
  }

  /** As {@link onceBefore}, over another link to the same store. */
  sendBefore<Args extends readonly ScriptArgument[], Reply>(
    link: StoreLink,
    script: Script<Args, Reply>,
    root: string,
    args: Args,
  ): Promise<Reply> {
    const [command, name] = this.#ran.has(script.sha1) ? ["EVALSHA", script.sha1] : ["EVAL", script.text];
    return link.send(command as "EVAL", commandArguments(name as string, root, args)) as Promise<Reply>;
  }

  #call<Reply>(
    script: Script<readonly ScriptArgument[], Reply>,
    list: (string | Buffer)[],
    send: Send = this.#send,
  ): Promise<Reply> {
    const sent = this.#sent.get(script.sha1);
    const first = send("EVALSHA", list) as Promise<Reply>;
    return first.catch((error: unknown) => {
      if (replyCode(error) !== "NOSCRIPT") throw error;
      return this.#sendText(script, list, { sent, send });
    });
  }

  /**
   * Of calls that went out together and found the script missing, the first sends its text; the others come behind it.
   *
   * @param by.sent how often the text had gone out when the call did
   */
  async #sendText<Reply>(
    script: Script<readonly ScriptArgument[], Reply>,
    list: (string | Buffer)[],
    { sent, send = this.#send }: { readonly sent: number | undefined; readonly send?: Send },
  ): Promise<Reply> {
    if (this.#sent.get(script.sha1) !== sent) return this.#call(script, list, send);
    this.#sent.set(script.sha1, (sent ?? 0) + 1);
    list[0] = script.text;
    return (await send("EVAL", list)) as Reply;
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
