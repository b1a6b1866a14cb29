/** For how long a task counts as one whose calls need the scripts that know all rules, in ms. */
const SPECIAL_MS = 1000;

/**
 * Tasks whose jobs were not all plain when a lean script looked. It hands such a call to the script that knows more, which
 * costs a round trip; for a second after that the calls of the task go there at once.
 */
export class PlainTasks {
  /** Root → until when, by `performance.now()`. */
  readonly #specialUntil = new Map<string, number>();

  isPlain(root: string): boolean {
    if (this.#specialUntil.size === 0) return true;
    const until = this.#specialUntil.get(root);
    if (until === undefined) return true;
    if (until > performance.now()) return false;
    this.#specialUntil.delete(root);
    return true;
  }

  /** A lean script has handed a call of this task on. */
  noteSpecial(root: string): void {
    this.#specialUntil.set(root, performance.now() + SPECIAL_MS);
  }
}
