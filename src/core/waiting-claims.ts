/** Claims that wait, for stores whose waiters and jobs are in one process. */
import type { ClaimReply, ClaimRequest, ClaimWait } from "./adapter-work.js";
import type { Clock } from "./clock.js";
import { isNews, repliesTo, tellingDue } from "./waiting-replies.js";

interface Waiter {
  readonly marks: ReadonlySet<string>;
  readonly wake: (marks: readonly string[]) => void;
}

/** Among the marks: something is the next to be due in any task. No task has this name. */
const ANY_TASK_DUE = "@due";

function versionMark(task: string, version: number): string {
  return `${task}\n${version}`;
}

/** What wakes a request. */
function marksOf({ task, version, count }: ClaimRequest): readonly string[] {
  if (count <= 0) return [];
  return version === undefined ? [task] : [task, versionMark(task, version)];
}

/**
 * Who waits for the jobs of a store: one for all adapters over it. One mark per task says "there may be something to claim":
 * it goes to the waiter that has waited longest, or stays until somebody asks. Whoever takes a mark is responsible for it
 * until it claims, and a claim that leaves jobs behind sets it again.
 */
export interface Wakes {
  /** Says that a task may have something to claim, or something that is due sooner than was known. */
  mark(task: string): void;
  /** Says that something is the next to be due in its task, for somebody who need not work on it. */
  markDue(): void;
  /** Says that newer jobs are put back for those who run this version of the task. */
  markVersion(task: string, version: number): void;
  /** Forgets the marks that nobody took. */
  clear(): void;
  /** Waits for one of the marks; `timeoutMs` on `clock` and `end` end it with `[]`. */
  wait(marks: readonly string[], timeoutMs: number, clock: Clock): PendingWait;
}

/** See {@link Wakes}, where its members are described. */
class StoreWakes implements Wakes {
  readonly #marked = new Set<string>();
  readonly #waiters = new Set<Waiter>();

  mark(task: string): void {
    for (const waiter of this.#waiters) {
      if (!waiter.marks.has(task)) continue;
      waiter.wake([task]);
      return;
    }
    this.#marked.add(task);
  }

  markDue(): void {
    this.mark(ANY_TASK_DUE);
  }

  markVersion(task: string, version: number): void {
    this.mark(versionMark(task, version));
  }

  clear(): void {
    this.#marked.clear();
  }

  wait(marks: readonly string[], timeoutMs: number, clock: Clock): PendingWait {
    const ready = marks.find((mark) => this.#marked.delete(mark));
    if (ready !== undefined) return { woken: Promise.resolve([ready]), end: () => undefined };
    let wake: Waiter["wake"] = () => undefined;
    const woken = new Promise<readonly string[]>((resolve) => {
      const timer = clock.schedule(timeoutMs, () => wake([]));
      wake = (names) => {
        timer.cancel();
        this.#waiters.delete(waiter);
        resolve(names);
      };
    });
    const waiter: Waiter = { marks: new Set(marks), wake: (names) => wake(names) };
    this.#waiters.add(waiter);
    return { woken, end: () => wake([]) };
  }
}

export const Wakes: new () => Wakes = StoreWakes;

/** A wait for a wake that its owner can end. */
export interface PendingWait {
  readonly woken: Promise<readonly string[]>;
  /** Without effect once it has ended. */
  end(): void;
}

/** What {@link WaitingClaims} work with. */
export interface WaitingClaimsOptions {
  readonly wakes: Wakes;
  readonly clock: Clock;
  /** Claims at once. */
  readonly claim: (requests: readonly ClaimRequest[]) => readonly ClaimReply[];
}

/** The claims of one adapter that wait: each wake is followed by a claim, until one has something to tell. */
export interface WaitingClaims {
  /** Ends those under way with nothing. */
  close(): void;
  /** As `Adapter.claim` with `wait`. */
  claim(requests: readonly ClaimRequest[], wait: ClaimWait): Promise<readonly ClaimReply[]>;
}

/** See {@link WaitingClaims}, where its members are described. */
class AdapterClaims implements WaitingClaims {
  readonly #by: WaitingClaimsOptions;
  readonly #waits = new Set<PendingWait>();

  constructor(by: WaitingClaimsOptions) {
    this.#by = by;
  }

  close(): void {
    for (const wait of this.#waits) wait.end();
    this.#waits.clear();
  }

  async claim(
    requests: readonly ClaimRequest[],
    { waitMs, signal }: ClaimWait,
  ): Promise<readonly ClaimReply[]> {
    const { wakes, clock } = this.#by;
    const marks = [...requests.flatMap(marksOf), ANY_TASK_DUE];
    const endsAt = clock.monotonic() + waitMs;
    while (requests.length > 0 && !signal?.aborted) {
      const wait = wakes.wait(marks, endsAt - clock.monotonic(), clock);
      const woken = await this.#woken(wait, signal);
      if (woken.length === 0) break;
      if (!this.#waits.delete(wait)) {
        for (const mark of woken) wakes.mark(mark);
        break;
      }
      const replies = this.#claimWoken(requests, woken);
      if (replies.some(isNews)) return replies;
    }
    return repliesTo(requests);
  }

  /** A wait that was closed is no longer among those under way. */
  async #woken(wait: PendingWait, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const end = () => wait.end();
    this.#waits.add(wait);
    signal?.addEventListener("abort", end, { once: true });
    const woken = await wait.woken;
    signal?.removeEventListener("abort", end);
    if (woken.length === 0) this.#waits.delete(wait);
    return woken;
  }

  #claimWoken(requests: readonly ClaimRequest[], marks: readonly string[]): readonly ClaimReply[] {
    const woken = requests.filter((request) => marksOf(request).some((mark) => marks.includes(mark)));
    const claimed = new Map(this.#by.claim(woken).map((reply, index) => [woken[index], reply]));
    const replies = repliesTo(requests, claimed);
    return marks.includes(ANY_TASK_DUE) ? tellingDue(replies) : replies;
  }
}

export const WaitingClaims: new (by: WaitingClaimsOptions) => WaitingClaims = AdapterClaims;
