import type { Adapter, RenewReply, RenewRequest } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { Lane } from "./lane.js";

/** What the store said of a lane's lease. */
export interface Renewal {
  readonly lane: Lane;
  readonly lease: string;
  readonly reply: RenewReply;
}

/** A lease is renewed when a third of it has passed, so two renewals may fail before it ends. */
const RENEW_SHARE = 1 / 3;
const IDLE_CHECK_MS = 1000;

/** Extends the leases of lanes that hold jobs. A lane without jobs costs nothing; a claim extends by itself. */
export class LeaseKeeper {
  readonly #adapter: Adapter;
  readonly #clock: Clock;
  readonly #lanes: ReadonlyMap<string, Lane>;
  #timer: TimerHandle | undefined;
  #isStopped = false;
  #lastTickAt = Number.NEGATIVE_INFINITY;
  #aliveSince = Number.NEGATIVE_INFINITY;
  #renewed: (renewal: Renewal) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;

  constructor(adapter: Adapter, clock: Clock, lanes: ReadonlyMap<string, Lane>) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#lanes = lanes;
  }

  /** Renews in time from now on, and says what came of it. */
  start(renewed: (renewal: Renewal) => void, failed: (error: unknown) => void): void {
    this.#renewed = renewed;
    this.#failed = failed;
    this.#lastTickAt = this.#clock.monotonic();
    this.#aliveSince = this.#lastTickAt;
    this.#arm();
  }

  /**
   * No answer that arrives now has lain here since before this moment: the event loop has looked for answers between
   * two ticks. Bounds the age of a claim that the store carried out at a time of its own.
   */
  get aliveSince(): number {
    return this.#aliveSince;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Renews these lanes now, in one trip. */
  renew(lanes: readonly Lane[]): Promise<readonly Renewal[]> {
    return this.#send(lanes, (lane) => requestOf(lane));
  }

  /**
   * Renews lanes after an answer was lost, and has the store give back what they were given in it. Only while no
   * call is under way, since claims in its answer would be given back too.
   */
  async recover(lanes: readonly Lane[]): Promise<readonly Renewal[]> {
    const renewals = await this.#send(lanes, (lane) => ({ ...requestOf(lane), held: lane.heldClaims() }));
    for (const lane of lanes) lane.prefetch.isUncertain = false;
    return renewals;
  }

  async #send(lanes: readonly Lane[], request: (lane: Lane) => RenewRequest): Promise<readonly Renewal[]> {
    if (lanes.length === 0) return [];
    const requests = lanes.map(request);
    const sentAt = this.#clock.monotonic();
    const replies = await this.#adapter.renew(requests);
    return lanes.flatMap((lane, index) => {
      const reply = replies[index];
      const lease = requests[index]?.lease;
      if (reply === undefined || lease === undefined) return [];
      if (!reply.lost) lane.leaseExtended(sentAt);
      return [{ lane, lease, reply }];
    });
  }

  #arm(): void {
    if (this.#isStopped) return;
    let delayMs = IDLE_CHECK_MS;
    for (const lane of this.#lanes.values()) delayMs = Math.min(delayMs, lane.task.leaseMs * RENEW_SHARE);
    this.#timer = this.#clock.schedule(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#aliveSince = this.#lastTickAt;
    this.#lastTickAt = this.#clock.monotonic();
    try {
      for (const renewal of await this.renew(this.#dueLanes())) this.#renewed(renewal);
    } catch (error) {
      if (!this.#isStopped) this.#failed(error);
    }
    this.#arm();
  }

  #dueLanes(): Lane[] {
    const now = this.#clock.monotonic();
    const due: Lane[] = [];
    for (const lane of this.#lanes.values()) {
      const ageMs = now - lane.leaseExtendedAt;
      if (lane.holds > 0 && ageMs >= lane.task.leaseMs * RENEW_SHARE * 0.9) due.push(lane);
    }
    return due;
  }
}

function requestOf({ task: { name, leaseMs }, lease }: Lane): RenewRequest {
  return { task: name, lease, leaseMs };
}
