/**
 * What processes tell each other, and what this one has been told: which tasks have work, in which something is due sooner, and
 * whose mailbox has something.
 *
 * A notice goes out after the commit of what it tells, since a transaction that notifies holds a lock over its flush that
 * makes all others wait; all that one turn of the event loop brings goes out as one statement. It may be lost with its
 * process, so those who wait also look by themselves now and then.
 */
import { nextMicrotask, nextTurn } from "../core/turns.js";

/** What came of a call, for others to know. Names of tasks, but `mail`: names of instances. */
export interface Told {
  /** Jobs may be waiting. */
  readonly work?: readonly string[] | undefined;
  /** A lease or a due time is new, and may be the next. */
  readonly due?: readonly string[] | undefined;
  /** Something has become the next to be due in some task, for anybody. */
  readonly anyDue?: boolean | undefined;
  readonly mail?: readonly string[] | null | undefined;
  /** Somebody wrote or removed a schedule. */
  readonly schedules?: boolean | undefined;
  /** Workflows of which there is news: this process moves them on, and others learn of what follows. */
  readonly workflows?: readonly string[] | null | undefined;
}

/** Longest text of a notice, in bytes: Postgres takes 8 000. */
const MAX_NOTICE_BYTES = 7500;

interface Notice {
  readonly from: string;
  readonly work?: readonly string[];
  readonly due?: readonly string[];
  readonly anyDue?: boolean;
  readonly schedules?: boolean;
  readonly mail?: readonly string[];
}

export interface SignalsParts {
  /** Names this adapter instance. */
  readonly instance: string;
  /** Sends one notice to all processes. */
  readonly send: (text: string) => Promise<unknown>;
  /** Our own mailbox has something. */
  readonly onMail: () => void;
  /** There is news of workflows. */
  readonly onWorkflows: (workflows: readonly string[]) => void;
}

export class Signals {
  readonly #parts: SignalsParts;
  /** Told, and not taken by anybody who waits yet. */
  readonly work = new Set<string>();
  readonly due = new Set<string>();
  anyDue = false;
  readonly #waiters = new Set<() => void>();
  readonly #scheduleListeners = new Set<() => void>();
  #outgoing = emptyNotice();
  #isSending = false;
  #isPlanned = false;

  constructor(parts: SignalsParts) {
    this.#parts = parts;
  }

  /** Tells this process at once, and the others soon. */
  tell(told: Told): void {
    this.#take(told);
    for (const name of told.work ?? []) this.#outgoing.work.add(name);
    for (const name of told.due ?? []) this.#outgoing.due.add(name);
    for (const name of told.mail ?? []) if (name !== this.#parts.instance) this.#outgoing.mail.add(name);
    if (told.anyDue === true) this.#outgoing.anyDue = true;
    if (told.schedules === true) this.#outgoing.schedules = true;
    if (!this.#isPlanned && !isEmpty(this.#outgoing)) this.#plan();
  }

  /** What another process sent; what cannot be read is no notice of ours. */
  hear(text: string): void {
    const notice = parse(text);
    if (notice === undefined || notice.from === this.#parts.instance) return;
    // Who claims learns what is due with his claim: only those who wait now need to be told.
    const { due: _due, ...others } = notice;
    this.#take(this.#waiters.size > 0 ? notice : others);
  }

  /** Calls `wake` at whatever is told, until the returned function is called. */
  onTold(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** Calls `listener` when schedules have changed, or may have, until the returned function is called. */
  onSchedules(listener: () => void): () => Promise<void> {
    const own = () => listener();
    this.#scheduleListeners.add(own);
    return async () => void this.#scheduleListeners.delete(own);
  }

  /** From a microtask, never from inside the verb that caused it. */
  schedulesChanged(): void {
    for (const listener of this.#scheduleListeners) {
      nextMicrotask(() => {
        if (this.#scheduleListeners.has(listener)) listener();
      });
    }
  }

  /** Those who wait should look again. */
  wakeAll(): void {
    for (const wake of this.#waiters) wake();
  }

  #take({ work = [], due = [], anyDue = false, mail, schedules, workflows }: Told): void {
    if (workflows !== undefined && workflows !== null) this.#parts.onWorkflows(workflows);
    if (schedules === true) this.schedulesChanged();
    for (const name of work) this.work.add(name);
    for (const name of due) this.due.add(name);
    if (anyDue) this.anyDue = true;
    if (mail?.includes(this.#parts.instance)) this.#parts.onMail();
    if (work.length > 0 || due.length > 0 || anyDue) this.wakeAll();
  }

  #plan(): void {
    this.#isPlanned = true;
    nextTurn(() => {
      this.#isPlanned = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (!isEmpty(this.#outgoing)) {
      const { work, due, anyDue, mail, schedules } = this.#outgoing;
      this.#outgoing = emptyNotice();
      for (const text of written(this.#parts.instance, { work, due, anyDue, mail, schedules })) {
        // One that is lost is made good by whoever looks by himself.
        await this.#parts.send(text).catch(() => undefined);
      }
    }
    this.#isSending = false;
  }

  /** Resolves when all that was told has been sent. */
  async sent(): Promise<void> {
    while (this.#isSending || this.#isPlanned) await new Promise<void>((resolve) => nextTurn(resolve));
  }
}

interface Outgoing {
  readonly work: Set<string>;
  readonly due: Set<string>;
  readonly mail: Set<string>;
  anyDue: boolean;
  schedules: boolean;
}

function emptyNotice(): Outgoing {
  return { work: new Set(), due: new Set(), mail: new Set(), anyDue: false, schedules: false };
}

function isEmpty({ work, due, mail, anyDue, schedules }: Outgoing): boolean {
  return work.size + due.size + mail.size === 0 && !anyDue && !schedules;
}

/** In as many texts as it takes. */
function* written(from: string, { work, due, mail, anyDue, schedules }: Outgoing): Generator<string> {
  let notice = { from, anyDue, schedules, work: [] as string[], due: [] as string[], mail: [] as string[] };
  let bytes = 100;
  for (const [kind, names] of [
    ["work", work],
    ["due", due],
    ["mail", mail],
  ] as const) {
    for (const name of names) {
      const size = Buffer.byteLength(JSON.stringify(name)) + 1;
      if (bytes + size > MAX_NOTICE_BYTES) {
        yield JSON.stringify(notice);
        notice = { from, anyDue: false, schedules: false, work: [], due: [], mail: [] };
        bytes = 100;
      }
      notice[kind].push(name);
      bytes += size;
    }
  }
  yield JSON.stringify(notice);
}

function parse(text: string): Notice | undefined {
  try {
    const notice = JSON.parse(text) as Notice;
    return typeof notice.from === "string" ? notice : undefined;
  } catch {
    return undefined;
  }
}
