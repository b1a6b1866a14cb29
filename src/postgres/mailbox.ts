/**
 * What this adapter instance is to be told: outcomes it watches, cancels, and events somebody listens to here. Each is a row
 * that the transaction causing it has written, so none is lost between a commit and its notice, none is too long for a
 * notice, and it works where notices do not come.
 *
 * Life: nothing until somebody subscribes or watches → the instance is registered, its mailbox is emptied when a notice says
 * so and now and then → `close` takes everything of it out of the store.
 */
import type { Notice, Topic } from "../core/adapter.js";
import { type Listeners, publishTo, Subscriptions } from "../core/subscription.js";
import { toNotice } from "./codec/mail.js";
import type { Database } from "./connection/database.js";

/** Most letters of one trip. */
const MAX_LETTERS = 1000;

export interface MailboxParts {
  readonly database: Database;
  readonly instance: string;
  /** How often to look whether there is mail that nobody told of, in ms. */
  readonly lookMs: () => number;
}

export class Mailbox {
  readonly #parts: MailboxParts;
  readonly #subscriptions = new Subscriptions();
  readonly #listeners = new Map<string, { readonly topic: Topic; readonly set: Listeners }>();
  /** Handed out, and perhaps not deleted yet. */
  readonly #seen = new Set<number>();
  #registered: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFetching = false;
  #isWanted = false;
  #isClosed = false;

  constructor(parts: MailboxParts) {
    this.#parts = parts;
  }

  /** What watches belongs to an instance that the store knows, or it would be swept away. */
  register(): Promise<void> {
    this.#registered ??= this.#register().catch((error: unknown) => {
      this.#registered = undefined;
      throw error;
    });
    return this.#registered;
  }

  async subscribe(topic: Topic, listener: (notice: Notice) => void): Promise<() => Promise<void>> {
    await this.register();
    const key = keyOf(topic);
    const known = this.#listeners.get(key) ?? { topic, set: new Set() };
    this.#listeners.set(key, known);
    const stop = this.#subscriptions.open(known.set, listener);
    await this.#enlist(topic);
    return async () => {
      await stop();
      if (known.set.size === 0 && this.#listeners.get(key) === known && !this.#isClosed) {
        this.#listeners.delete(key);
        await this.#delist(topic);
      }
    };
  }

  /** Tells those who hear outcomes here, as of a job that had ended before it was watched. */
  tell(notice: Notice): void {
    publishTo(this.#of({ kind: "outcomes" }), notice);
  }

  /** There is something in it. */
  wake(): void {
    this.#isWanted = true;
    void this.#fetch();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#subscriptions.endAll();
    if (this.#registered === undefined) return;
    const { database, instance } = this.#parts;
    const leaves = ["listener", "watcher", "mail"].map(
      (table) => `delete from @.${table} where instance = $1`,
    );
    for (const sql of [...leaves, "delete from @.instance where name = $1"])
      await database.rows(sql, [instance]).catch(() => undefined);
  }

  async #register(): Promise<void> {
    const { database, instance } = this.#parts;
    await database.rows(
      "insert into @.instance (name, seen_at) values ($1, @@now()) on conflict (name) do update set seen_at = @@now()",
      [instance],
    );
    this.#plan();
  }

  #plan(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#parts.lookMs());
    this.#timer.unref();
  }

  /** Says that this instance lives, and looks for mail that nobody told of. */
  async #look(): Promise<void> {
    const { database, instance } = this.#parts;
    try {
      const [known] = await database.rows(
        "update @.instance set seen_at = @@now() where name = $1 returning exists (select from @.mail m where m.instance = name) as has_mail",
        [instance],
      );
      if (known === undefined && !this.#isClosed) await this.#comeBack();
      if (known === undefined || known.has_mail === true) this.wake();
    } catch {
      // The next look tells.
    }
    this.#plan();
  }

  /** The store was emptied, or took this process for dead. */
  async #comeBack(): Promise<void> {
    await this.#register();
    for (const { topic, set } of this.#listeners.values()) {
      await this.#enlist(topic);
      publishTo(set, { kind: "lost" });
    }
  }

  async #enlist(topic: Topic): Promise<void> {
    if (topic.kind === "outcomes") return;
    await this.#parts.database.rows(
      "insert into @.listener (kind, task, instance) values ($1, $2, $3) on conflict do nothing",
      [...addressOf(topic), this.#parts.instance],
    );
  }

  async #delist(topic: Topic): Promise<void> {
    if (topic.kind === "outcomes") return;
    await this.#parts.database.rows(
      "delete from @.listener where kind = $1 and task = $2 and instance = $3",
      [...addressOf(topic), this.#parts.instance],
    );
  }

  async #fetch(): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false;
        await this.#empty();
      }
    } catch {
      // What is in it stays, and is found by the next look.
    }
    this.#isFetching = false;
  }

  /** Letters are handed out, then deleted: of a process that dies in between they were nobody else's. */
  async #empty(): Promise<void> {
    const { database, instance } = this.#parts;
    for (;;) {
      const letters = await database.rows("select * from @.mail where instance = $1 order by n limit $2", [
        instance,
        MAX_LETTERS,
      ]);
      if (letters.length === 0 || this.#isClosed) return;
      for (const letter of letters) {
        const n = Number(letter.n);
        if (this.#seen.has(n)) continue;
        this.#seen.add(n);
        const told = toNotice(letter);
        if (told !== undefined) publishTo(this.#of(told.topic), told.notice);
      }
      const numbers = letters.map(({ n }) => Number(n));
      await database.rows("delete from @.mail where instance = $1 and n = any($2)", [instance, numbers]);
      for (const n of numbers) this.#seen.delete(n);
      if (letters.length < MAX_LETTERS) return;
    }
  }

  #of(topic: Topic): Listeners {
    return this.#listeners.get(keyOf(topic))?.set ?? NOBODY;
  }
}

const NOBODY: Listeners = new Set();

function keyOf(topic: Topic): string {
  return "task" in topic ? `${topic.kind} ${topic.task}` : topic.kind;
}

/** Kind and task of a listener's row. */
function addressOf(topic: Topic): readonly [kind: string, task: string] {
  return "task" in topic ? [topic.kind === "cancels" ? "c" : "e", topic.task] : ["t", ""];
}
