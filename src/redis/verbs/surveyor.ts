/**
 * Looks after the store as a whole: which data it holds, and which tasks have something due. It remembers which tasks the
 * store has told it of, so that an idle store is looked at by one call.
 */
import { randomUUID } from "node:crypto";
import type { Survey } from "../../core/adapter.js";
import { type Keys, STORE_AS_TASK } from "../keys.js";
import type { ScriptRunner } from "../runner.js";
import { surveyScript, surveyTaskScript, tellDueScript } from "../scripts.generated.js";

/** Tasks of others that one call looks at: some 0.5 ms. */
const MOST_OTHERS = 500;

/** Names of tasks that one call reads. */
const MOST_NAMES = 1000;

/** What a survey looks at. */
interface Look {
  /** Names data that has no name yet. */
  readonly fresh: string;
  readonly known: number;
  /** Roots of tasks that the caller works on. */
  readonly own: readonly string[];
  readonly others: readonly string[];
}

export class Surveyor {
  readonly #keys: Keys;
  readonly #runner: ScriptRunner;
  /** Marks the store where it has no mark. */
  readonly #mark: () => Promise<void>;
  /** What this process keeps in the store is to be told again. */
  readonly #replaced: () => void;
  #data: string | undefined;
  /** Roots of tasks, in the store's order. */
  #known: string[] = [];
  /** Where the next stretch of others begins. */
  #next = 0;
  /** When what was told last of a task is due, by `performance.now()`: nobody need be told of what comes later. */
  readonly #toldAt = new Map<string, number>();
  /** Tasks that this instance has made known. */
  readonly #made = new Set<string>();
  /** Those whose answer is not here yet. */
  readonly #making = new Set<Promise<void>>();

  /**
   * @param parts.mark is called when the store turns out to be empty
   * @param parts.replaced is called when it turns out to hold other data than before
   */
  constructor(parts: {
    readonly keys: Keys;
    readonly runner: ScriptRunner;
    readonly mark: () => Promise<void>;
    readonly replaced: () => void;
  }) {
    this.#keys = parts.keys;
    this.#runner = parts.runner;
    this.#mark = parts.mark;
    this.#replaced = parts.replaced;
  }

  /** As `Adapter.survey`. */
  async survey(tasks: readonly string[]): Promise<Survey> {
    const own = tasks.map((task) => this.#keys.root(task));
    const others = this.#someOthers(new Set(own));
    const fresh = randomUUID();
    const known = this.#known.length;
    const [data, roots, dueIn] = await this.#look({ fresh, known, own, others });
    if (String(data) === fresh) await this.#mark();
    if (String(data) !== this.#data) {
      this.#forget(String(data));
      return this.survey(tasks);
    }
    if (this.#known.length === known) this.#known.push(...roots.map(String));
    // What has just become known is looked at as well.
    if (roots.some((root) => !own.includes(String(root)))) return this.survey(tasks);
    return { data: String(data), due: this.#named([...own, ...others], dueIn) };
  }

  /** Tells somebody, who need not work on the task, that something is due in it soon. Never rejects. */
  tellDue(task: string, inMs: number): void {
    const now = performance.now();
    const told = this.#toldAt.get(task);
    const at = now + inMs;
    if (told !== undefined && told > now && told <= at) return;
    this.#toldAt.set(task, at);
    // Without it somebody learns of it by his next survey.
    this.#runner
      .run(tellDueScript, this.#keys.store, [this.#keys.root(task), 1])
      .catch(() => this.#toldAt.delete(task));
  }

  /** The store looks after the task from now on, whether anybody works on it or not. Never rejects. */
  makeKnown(task: string): void {
    if (this.#made.has(task)) return;
    this.#made.add(task);
    const making = this.#runner.run(tellDueScript, this.#keys.store, [this.#keys.root(task), 0]).then(
      () => undefined,
      () => void this.#made.delete(task),
    );
    this.#making.add(making);
    void making.then(() => this.#making.delete(making));
  }

  /** As `Adapter.tasks`. */
  async tasks(): Promise<readonly string[]> {
    const key = this.#keys.key(STORE_AS_TASK, "known");
    const names: string[] = [];
    await Promise.all(this.#making);
    for (let from = 0; ; from += MOST_NAMES) {
      const args = [key, String(from), String(from + MOST_NAMES - 1)];
      const roots = await this.#runner.repeat(() => this.#runner.link.send("ZRANGE", args));
      const page = (roots as readonly Buffer[]).map(String);
      names.push(...page.flatMap((root) => this.#keys.taskOf(root) ?? []));
      if (page.length < MOST_NAMES) return names;
    }
  }

  /** One call where one server has all tasks; else one for the store, and one for each task. */
  async #look(
    at: Look,
  ): Promise<readonly [data: Buffer, roots: readonly Buffer[], dueIn: readonly number[]]> {
    const { fresh, known, own, others } = at;
    const all = [this.#keys.store, ...own, ...others];
    if (this.#runner.link.together(all).length <= 1) {
      return this.#runner.run(surveyScript, all, [fresh, known, own.length, own.length + others.length]);
    }
    const [[data, roots], ...dueIn] = await Promise.all([
      this.#runner.run(surveyScript, this.#keys.store, [fresh, known, 0, 0, ...own]),
      ...own.map((root) => this.#runner.run(surveyTaskScript, root, [1])),
      ...others.map((root) => this.#runner.run(surveyTaskScript, root, [0])),
    ]);
    return [data, roots, dueIn];
  }

  #someOthers(own: ReadonlySet<string>): readonly string[] {
    const others = this.#known.filter((root) => !own.has(root));
    if (others.length <= MOST_OTHERS) return others;
    const from = this.#next % others.length;
    this.#next = from + MOST_OTHERS;
    return [...others, ...others].slice(from, from + MOST_OTHERS);
  }

  #forget(data: string): void {
    if (this.#data !== undefined) this.#replaced();
    this.#data = data;
    this.#known = [];
    this.#toldAt.clear();
    this.#made.clear();
  }

  #named(roots: readonly string[], dueIn: readonly number[]): Survey["due"] {
    return roots.flatMap((root, index) => {
      const task = this.#keys.taskOf(root);
      const inMs = dueIn[index] ?? -1;
      return task === undefined || inMs < 0 ? [] : [{ task, inMs }];
    });
  }
}
