/**
 * Claims that wait for something to take. The store hands a wake to one waiter only, so whoever gets one claims, one that
 * nobody here wants any more is put back, and after a lost connection everybody looks for himself.
 *
 * One request, of the task that is woken again and again, is sent right behind the blocking call. The store carries it out
 * in the moment the call ends, so that a wake comes back together with the jobs. For other tasks a claim follows the wake.
 * A waiter does not leave while a claim of his is on its way.
 */
import type { ClaimReply, ClaimRequest, ClaimWait } from "../../core/adapter.js";
import { isNews, repliesTo, tellingDue } from "../../core/waiting-replies.js";
import { isLinkLost, isPassing, replyCode, toStoreError } from "../connection/store-errors.js";
import { type BehindWait, type BlockingCall, taskOfWake, type WakeWait, wakeNames } from "./wake-wait.js";

/** A store that does not answer keeps nobody from closing longer than this. */
const CLOSE_GRACE_MS = 1000;
const PASSING_RETRY_MS = 250;

type Claimed = ReadonlyMap<ClaimRequest, ClaimReply>;

const NONE: Claimed = new Map();

interface Waiter {
  readonly requests: readonly ClaimRequest[];
  readonly names: readonly string[];
  readonly signal: AbortSignal | undefined;
  /** By `performance.now()`. */
  readonly endsAt: number;
  /** Its time is over, but a claim of it is on its way. */
  isLeaving: boolean;
  readonly resolve: (replies: readonly ClaimReply[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A request that stands behind the blocking call, and whose it is. */
interface StandingRequest {
  readonly waiter: Waiter;
  readonly request: ClaimRequest;
}

/** What blocks for wakes. */
export interface Wakes
  extends Pick<WakeWait, "hurry" | "interrupt" | "link" | "names" | "putBack" | "ready"> {
  block(call: BlockingCall<ClaimReply | undefined>): Promise<void>;
}

/** What the waiting claims are made of. */
export interface WokenClaimsParts {
  readonly wakes: Wakes;
  /** Sends a claim over the link that blocks. Undefined: nothing was claimed, or the answer was lost. */
  readonly claimBehind: (
    request: ClaimRequest,
    over: BehindWait,
    answered: (reply: ClaimReply | undefined) => void,
  ) => void;
  /** Claims at once. */
  readonly claimNow: (requests: readonly ClaimRequest[]) => Promise<readonly ClaimReply[]>;
}

/** The waiting claims of one adapter instance. */
export class WokenClaims {
  readonly #wakes: Wakes;
  readonly #claimBehind: WokenClaimsParts["claimBehind"];
  readonly #claimNow: WokenClaimsParts["claimNow"];
  readonly #waiters = new Set<Waiter>();
  /** Signals that are listened to. A worker waits with one signal again and again. */
  readonly #heeded = new WeakSet<AbortSignal>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** Whose claim is on its way. */
  #claimer: Waiter | undefined;
  #wokenLast: string | undefined;
  /** A task that has been woken twice in a row, or whose wake had to be put back. */
  #likely: string | undefined;
  #closed = false;

  constructor(parts: WokenClaimsParts) {
    this.#wakes = parts.wakes;
    this.#claimBehind = parts.claimBehind;
    this.#claimNow = parts.claimNow;
  }

  /** As `Adapter.claim` with something to wait for. */
  claim(requests: readonly ClaimRequest[], { waitMs, signal }: ClaimWait): Promise<readonly ClaimReply[]> {
    if (requests.length === 0 || signal?.aborted || this.#closed) return Promise.resolve(repliesTo(requests));
    return new Promise((resolve, reject) => {
      const endsAt = performance.now() + waitMs;
      if (signal !== undefined) this.#heed(signal);
      this.#wakeUpAt(endsAt);
      const names = wakeNames(requests);
      this.#waiters.add({ requests, names, signal, endsAt, isLeaving: false, resolve, reject });
      this.#refresh();
    });
  }

  /** Ends all waits, puts back a wake that was on its way, and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dismissWhere(() => true);
    clearTimeout(this.#timer);
    const { link } = this.#wakes;
    // A link that is being opened again would be waited for as long as the store is away.
    if (link.wire === undefined) link.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS);
    });
    await Promise.race([this.#running, grace]);
    clearTimeout(timer);
    for (const waiter of [...this.#waiters]) this.#settle(waiter, NONE);
    link.close();
  }

  #heed(signal: AbortSignal): void {
    if (this.#heeded.has(signal)) return;
    this.#heeded.add(signal);
    const end = () => this.#dismissWhere((waiter) => waiter.signal === signal);
    signal.addEventListener("abort", end, { once: true });
  }

  /** Most waits are over long before their time, so the timer is not stopped for each; it looks who is still there. */
  #wakeUpAt(at: number): void {
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const delayMs = Math.min(Math.max(0, Math.ceil(at - performance.now())), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#lookAtTime(), delayMs).unref();
  }

  #lookAtTime(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    this.#dismissWhere((waiter) => waiter.endsAt <= now);
    for (const { endsAt, isLeaving } of this.#waiters) if (!isLeaving) this.#wakeUpAt(endsAt);
  }

  #dismissWhere(isOver: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters]) if (isOver(waiter)) this.#dismiss(waiter);
  }

  #dismiss(waiter: Waiter): void {
    if (this.#claimer === waiter) {
      waiter.isLeaving = true;
      this.#refresh();
    } else {
      this.#settle(waiter, NONE);
    }
  }

  #settle(waiter: Waiter, claimed: Claimed): void {
    waiter.resolve(repliesTo(waiter.requests, claimed));
    this.#leave(waiter);
  }

  #tellDue(waiter: Waiter, claimed: Claimed): void {
    waiter.resolve(tellingDue(repliesTo(waiter.requests, claimed)));
    this.#leave(waiter);
  }

  #leave(waiter: Waiter): void {
    if (this.#waiters.delete(waiter)) this.#refresh();
  }

  get #staying(): readonly Waiter[] {
    return [...this.#waiters].filter((waiter) => !waiter.isLeaving);
  }

  /** Makes the blocking call fit the waiters: starts, interrupts or leaves it. */
  #refresh(): void {
    if (this.#running === undefined) {
      if (this.#waiters.size > 0) this.#running = this.#run();
      return;
    }
    const blockedOn = this.#wakes.names;
    if (blockedOn === undefined) return;
    const staying = this.#staying;
    const isCovered = staying.every((waiter) => waiter.names.every((name) => blockedOn.includes(name)));
    if (staying.length === 0) this.#wakes.hurry();
    else if (!isCovered) this.#wakes.interrupt();
  }

  async #run(): Promise<void> {
    try {
      await Promise.resolve();
      while (this.#waiters.size > 0) await this.#blockOnce();
    } finally {
      this.#running = undefined;
    }
    if (this.#waiters.size > 0 && !this.#closed) this.#refresh();
  }

  async #blockOnce(): Promise<void> {
    try {
      if (this.#wakes.link.wire === undefined) await this.#wakes.ready();
      const names = [...new Set([...this.#waiters].flatMap((waiter) => waiter.names))];
      if (names.length > 0) await this.#block(names);
    } catch (error) {
      await this.#recover(error);
    } finally {
      this.#claimer = undefined;
    }
  }

  /** A waiter whose claim stands behind is told in the moment that is answered. */
  #block(names: readonly string[]): Promise<void> {
    const standing = this.#standingRequest();
    this.#claimer = standing?.waiter;
    return this.#wakes.block({
      names,
      sendBehind: standing && ((over, answered) => this.#claimBehind(standing.request, over, answered)),
      ended: (woken, claimed) => {
        this.#noteWoken(woken);
        return standing === undefined ? this.#deliver(woken, NONE) : this.#answer(standing, woken, claimed);
      },
    });
  }

  /** What is claimed in the moment of the next wake: for a task that is rarely woken it would be in vain. */
  #standingRequest(): StandingRequest | undefined {
    for (const waiter of this.#staying) {
      const [only, ...others] = waiter.requests;
      const request = others.length === 0 ? only : waiter.requests.find(({ task }) => task === this.#likely);
      if (request !== undefined && request.count > 0 && !request.apart) return { waiter, request };
    }
    return undefined;
  }

  #noteWoken(woken: string | undefined): void {
    const task = woken === undefined ? undefined : taskOfWake(woken);
    if (task === undefined) return;
    this.#likely = task === this.#wokenLast ? task : undefined;
    this.#wokenLast = task;
  }

  /** Tells a waiter what its standing claim came to, and delivers the wake where that was for something else. */
  #answer(
    { waiter, request }: StandingRequest,
    woken: string | undefined,
    reply: ClaimReply | undefined,
  ): Promise<void> | undefined {
    this.#claimer = undefined;
    const claimed: Claimed = reply === undefined ? NONE : new Map([[request, reply]]);
    // A claim that leaves jobs behind has woken the next waiter itself.
    const isForClaim = reply !== undefined && woken !== undefined && taskOfWake(woken) === request.task;
    const rest = isForClaim ? undefined : woken;
    const isTold = reply !== undefined && (isForClaim ? isNews(reply) : reply.jobs.length > 0);
    if (isTold || waiter.isLeaving) {
      this.#settle(waiter, isTold ? claimed : NONE);
      return rest === undefined ? undefined : this.#deliver(rest, NONE);
    }
    return rest === undefined ? undefined : this.#deliver(rest, claimed);
  }

  /**
   * Claims for a waiter who wants what was woken.
   *
   * @param claimed what has been claimed for him by then
   */
  async #deliver(woken: string | undefined, claimed: Claimed): Promise<void> {
    if (woken === undefined) return;
    const waiter = this.#staying.find(({ names }) => names.includes(woken));
    const task = taskOfWake(woken);
    if (waiter === undefined) {
      this.#likely = task;
      await this.#wakes.putBack(woken);
    } else if (task === undefined) {
      this.#tellDue(waiter, claimed);
    } else {
      await this.#claimFor(waiter, {
        claimed,
        requests: waiter.requests.filter((each) => each.task === task),
      });
    }
  }

  async #claimFor(
    waiter: Waiter,
    { requests, claimed }: { readonly requests: readonly ClaimRequest[]; readonly claimed: Claimed },
  ): Promise<void> {
    this.#claimer = waiter;
    try {
      const replies = await this.#claimNow(requests);
      const told = new Map(claimed);
      for (const [index, reply] of replies.entries()) told.set(requests[index] as ClaimRequest, reply);
      if (waiter.isLeaving || [...told.values()].some(isNews)) this.#settle(waiter, told);
    } catch (error) {
      this.#refuse(waiter, error);
    }
  }

  /** A wake may have been lost with the connection: after it is back, everybody looks. */
  async #recover(error: unknown): Promise<void> {
    for (const waiter of [...this.#waiters]) if (waiter.isLeaving) this.#settle(waiter, NONE);
    if (this.#closed) return;
    if (isLinkLost(error)) {
      await this.#wakes.ready().then(
        () => this.#lookForAll(),
        (refusal: unknown) => this.#refuseAll(refusal),
      );
    } else if (isPassing(error)) {
      // This is a replica now; the address or the sentinels lead to the new primary.
      if (replyCode(error) === "READONLY") this.#wakes.link.drop();
      await new Promise((resolve) => setTimeout(resolve, PASSING_RETRY_MS));
    } else {
      this.#refuseAll(error);
    }
  }

  async #lookForAll(): Promise<void> {
    for (const waiter of this.#staying) {
      if (!this.#waiters.has(waiter)) continue;
      for (const request of waiter.requests.filter(({ count }) => count > 0)) {
        if (this.#waiters.has(waiter)) await this.#claimFor(waiter, { requests: [request], claimed: NONE });
      }
    }
  }

  #refuseAll(error: unknown): void {
    for (const waiter of [...this.#waiters]) this.#refuse(waiter, error);
  }

  /** Who leaves takes nothing amiss. */
  #refuse(waiter: Waiter, error: unknown): void {
    if (waiter.isLeaving) {
      this.#settle(waiter, NONE);
      return;
    }
    waiter.reject(toStoreError(error, this.#wakes.link.where));
    this.#leave(waiter);
  }
}
