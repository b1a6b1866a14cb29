/**
 * Waits for work: one blocking `BZPOPMIN` over the wake keys of all awaited tasks, on a connection of its
 * own. The store hands a wake to one waiter only, so one that nobody here wants any more is put back, and
 * after a lost connection everybody looks for himself.
 *
 * A waiter's claim is sent right behind the blocking call. The store carries it out in the moment the call ends,
 * however it ends, so a wake comes back together with the jobs. Such a waiter does not leave before the answer is here.
 */
import type { ClaimReply, ClaimRequest, WaitReply, WaitRequest } from "../../core/adapter.js";
import type { Link } from "../connection/link.js";
import { isLinkLost, isPassing, replyCode, toStoreError } from "../connection/store-errors.js";
import { type Keys, STORE_AS_TASK } from "../keys.js";
import type { ScriptRunner } from "../runner.js";

/** One `BZPOPMIN` lasts this long, so that a dead connection is noticed. */
export const BLOCK_SECONDS = 10;

/** A store that does not answer keeps nobody from closing longer than this. */
const CLOSE_GRACE_MS = 1000;
const UNBLOCK_RETRY_MS = 20;
const PASSING_RETRY_MS = 250;
/** A connection that does not answer this long after it was unblocked is dead. */
const HURRY_GRACE_MS = 1000;

const NOTHING: WaitReply = { tasks: [] };

interface Waiter {
  readonly tasks: readonly string[];
  readonly claim: ClaimRequest | undefined;
  readonly signal: AbortSignal;
  /** By `performance.now()`. */
  readonly endsAt: number;
  /** Its time is over, but its claim is on its way. */
  isLeaving: boolean;
  readonly resolve: (reply: WaitReply) => void;
  readonly reject: (error: unknown) => void;
}

/** What the listener is made of. */
export interface WakeListenerParts {
  readonly keys: Keys;
  readonly blocking: Link;
  readonly commands: ScriptRunner;
  /** Sends a claim over the blocking link; never rejects. */
  readonly claim: (
    request: ClaimRequest,
    over: { readonly link: Link; hurry(): void },
  ) => Promise<ClaimReply | undefined>;
}

/** The waits of one adapter instance. */
export class WakeListener {
  readonly #keys: Keys;
  readonly #blocking: Link;
  readonly #commands: ScriptRunner;
  readonly #claim: WakeListenerParts["claim"];
  readonly #waiters = new Set<Waiter>();
  /** Signals that are listened to. A worker waits with one signal again and again. */
  readonly #heeded = new WeakSet<AbortSignal>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** Tasks of the `BZPOPMIN` that is on its way; undefined when there is none. */
  #blockedOn: readonly string[] | undefined;
  /** Whose claim is on its way behind it. */
  #claimer: Waiter | undefined;
  #clientId = "";
  #closed = false;

  constructor(parts: WakeListenerParts) {
    this.#keys = parts.keys;
    this.#blocking = parts.blocking;
    this.#commands = parts.commands;
    this.#claim = parts.claim;
  }

  /** Tells the listener which connection blocks, so that it can be unblocked. */
  connectedAs(clientId: string): void {
    this.#clientId = clientId;
  }

  /** As `Adapter.wait`. */
  wait(request: WaitRequest): Promise<WaitReply> {
    if (request.signal.aborted || this.#closed || request.tasks.length === 0) return idle(request);
    return new Promise((resolve, reject) => {
      const { claim, signal, timeoutMs } = request;
      const tasks = namesOf(request);
      const endsAt = performance.now() + timeoutMs;
      this.#heed(signal);
      this.#wakeUpAt(endsAt);
      this.#waiters.add({ tasks, claim, signal, endsAt, isLeaving: false, resolve, reject });
      this.#refresh();
    });
  }

  /** Ends all waits, puts back a wake that was on its way, and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dismissWhere(() => true);
    clearTimeout(this.#timer);
    // A link that is being opened again would be waited for as long as the store is away.
    if (this.#blocking.wire === undefined) this.#blocking.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_GRACE_MS);
    });
    await Promise.race([this.#running, grace]);
    clearTimeout(timer);
    for (const waiter of [...this.#waiters]) this.#settle(waiter, NOTHING);
    this.#blocking.close();
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
      this.#settle(waiter, NOTHING);
    }
  }

  #settle(waiter: Waiter, reply: WaitReply): void {
    waiter.resolve(withTasks(reply));
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
    const blockedOn = this.#blockedOn;
    if (blockedOn === undefined) return;
    const staying = this.#staying;
    const isCovered = staying.every((waiter) => waiter.tasks.every((task) => blockedOn.includes(task)));
    if (staying.length === 0) this.#hurry(blockedOn);
    else if (!isCovered) this.#interrupt(blockedOn);
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
      if (this.#blocking.wire === undefined) await this.#blocking.ready(Number.POSITIVE_INFINITY);
      const tasks = [...new Set([...this.#waiters].flatMap((waiter) => waiter.tasks))];
      if (tasks.length === 0) return;
      const popped = await this.#block(tasks);
      if (popped !== undefined) await this.#deliver(popped);
    } catch (error) {
      await this.#recover(error);
    }
  }

  /** The task that was woken, unless a claim has been answered with it; undefined when there was none. */
  async #block(tasks: readonly string[]): Promise<string | undefined> {
    const keys = tasks.map((name) => this.#keyOf(name));
    const claimer = [...this.#waiters].find((waiter) => waiter.claim !== undefined);
    this.#blockedOn = tasks;
    this.#claimer = claimer;
    try {
      const [waited, claiming] = this.#blocking.inOneWrite(() => [
        this.#blocking.send("BZPOPMIN", [...keys, String(BLOCK_SECONDS)]),
        claimer?.claim === undefined ? undefined : this.#claim(claimer.claim, this.#over(tasks)),
      ]);
      const reply = await waited;
      this.#blockedOn = undefined;
      const popped = Array.isArray(reply) ? tasks[keys.indexOf(String(reply[0]))] : undefined;
      if (claimer === undefined || claiming === undefined) return popped;
      return this.#answer(claimer, popped, await claiming);
    } finally {
      this.#blockedOn = undefined;
      this.#claimer = undefined;
    }
  }

  /** Tells a waiter what its claim came to. Returns a wake that is still to be delivered. */
  #answer(waiter: Waiter, popped: string | undefined, claimed: ClaimReply | undefined): string | undefined {
    this.#claimer = undefined;
    if (claimed === undefined) {
      if (waiter.isLeaving) this.#settle(waiter, NOTHING);
      return popped;
    }
    // A claim that leaves jobs behind has woken the next waiter itself.
    const isForClaim = popped !== undefined && taskOf(popped) === waiter.claim?.task;
    const isWanted = !waiter.isLeaving && popped !== undefined && waiter.tasks.includes(popped);
    const tasks = popped !== undefined && (isForClaim || isWanted) ? [popped] : [];
    this.#settle(waiter, { tasks, claimed });
    return isForClaim || isWanted ? undefined : popped;
  }

  #over(blockedOn: readonly string[]): { readonly link: Link; hurry(): void } {
    return { link: this.#blocking, hurry: () => this.#hurry(blockedOn) };
  }

  /** Makes sure that the blocking connection still lives: it is unblocked, and dropped when it does not answer then. */
  check(): void {
    if (this.#blockedOn !== undefined) this.#hurry(this.#blockedOn);
  }

  #hurry(blockedOn: readonly string[]): void {
    if (this.#blockedOn !== blockedOn) return;
    this.#interrupt(blockedOn);
    setTimeout(() => {
      if (this.#blockedOn === blockedOn) this.#blocking.drop();
    }, HURRY_GRACE_MS).unref();
  }

  async #deliver(task: string): Promise<void> {
    const waiter = this.#staying.find((candidate) => candidate.tasks.includes(task));
    if (waiter !== undefined) return this.#settle(waiter, { tasks: [task] });
    await this.#commands.repeat(() => this.#commands.link.send("ZADD", [this.#keyOf(task), "0", "1"]));
  }

  #keyOf(name: string): string {
    const [task = "", version] = name.split(VERSION_MARK);
    return version === undefined
      ? this.#keys.key(task, "wake")
      : this.#keys.key(task, "wakeVersion") + version;
  }

  #wakeAll(): void {
    for (const waiter of [...this.#waiters])
      this.#settle(waiter, waiter.isLeaving ? NOTHING : { tasks: waiter.tasks });
  }

  /** A wake may have been lost with the connection: after it is back, everybody looks. */
  async #recover(error: unknown): Promise<void> {
    for (const waiter of [...this.#waiters]) if (waiter.isLeaving) this.#settle(waiter, NOTHING);
    if (this.#closed) return;
    if (isLinkLost(error)) {
      await this.#blocking.ready(Number.POSITIVE_INFINITY).then(
        () => this.#wakeAll(),
        (refusal: unknown) => this.#rejectAll(refusal),
      );
    } else if (isPassing(error)) {
      // This is a replica now; the address or the sentinels lead to the new primary.
      if (replyCode(error) === "READONLY") this.#blocking.drop();
      await new Promise((resolve) => setTimeout(resolve, PASSING_RETRY_MS));
    } else {
      this.#rejectAll(error);
    }
  }

  #rejectAll(error: unknown): void {
    const typed = toStoreError(error, this.#blocking.where);
    for (const waiter of [...this.#waiters]) {
      waiter.reject(typed);
      this.#leave(waiter);
    }
  }

  /** Ends the blocking call; asks again while it has not begun to block yet. */
  #interrupt(blockedOn: readonly string[]): void {
    if (this.#commands.link.wire === undefined) {
      this.#blocking.drop();
      return;
    }
    this.#commands.link.send("CLIENT", ["UNBLOCK", this.#clientId]).then(
      (count) => {
        if (count === 1 || this.#blockedOn !== blockedOn) return;
        setTimeout(() => {
          if (this.#blockedOn === blockedOn) this.#interrupt(blockedOn);
        }, UNBLOCK_RETRY_MS);
      },
      () => this.#blocking.drop(),
    );
  }
}

/** Between a task and a version of it, among what a waiter waits for. No task has it in its name. */
const VERSION_MARK = "\n";

/** What a waiter waits for: tasks, versions of them, the store as a whole. */
function namesOf({ tasks, versions, due }: WaitRequest): readonly string[] {
  if (versions === undefined && due === undefined) return tasks;
  const own = tasks.filter((task) => versions?.has(task));
  return [
    ...tasks,
    ...own.map((task) => task + VERSION_MARK + versions?.get(task)),
    ...(due === true ? [STORE_AS_TASK] : []),
  ];
}

function taskOf(name: string): string {
  return name.split(VERSION_MARK)[0] ?? name;
}

/** The answer in terms of tasks. */
function withTasks(reply: WaitReply): WaitReply {
  if (reply.tasks.every((name) => name !== STORE_AS_TASK && !name.includes(VERSION_MARK))) return reply;
  const tasks = [...new Set(reply.tasks.filter((name) => name !== STORE_AS_TASK).map(taskOf))];
  return reply.tasks.includes(STORE_AS_TASK) ? { ...reply, tasks, due: true } : { ...reply, tasks };
}

/** What a wait without tasks comes to: nothing, at its end. */
function idle(request: WaitRequest): Promise<WaitReply> {
  if (request.signal.aborted || request.tasks.length > 0) return Promise.resolve(NOTHING);
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(), Math.min(request.timeoutMs, 2 ** 31 - 1));
    const finish = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", finish);
      resolve(NOTHING);
    };
    request.signal.addEventListener("abort", finish, { once: true });
  });
}
