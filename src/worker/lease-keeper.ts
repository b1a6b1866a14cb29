import type { Adapter, RenewReply, RenewRequest } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import type { Lane } from "./lane.js";

/** What the keeper asks of its worker. */
export interface LeaseKeeperHost {
  readonly clock: Clock;
  lanes(): Iterable<Lane>;
  renewed(lane: Lane, lease: string, reply: RenewReply): void;
  reportRenewError(error: unknown): void;
}

/** A lease is renewed when a third of it has passed, so two renewals may fail before it ends. */
const RENEW_SHARE = 1 / 3;
const IDLE_CHECK_MS = 1000;

/** Extends the leases of lanes that hold jobs. A lane without jobs costs nothing; a claim extends by itself. */
export class LeaseKeeper {
  readonly #adapter: Adapter;
  readonly #host: LeaseKeeperHost;
  #timer: TimerHandle | undefined;
  #isStopped = false;
  #lastTickAt = Number.NEGATIVE_INFINITY;
  #aliveSince = Number.NEGATIVE_INFINITY;

  constructor(adapter: Adapter, host: LeaseKeeperHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  start(): void {
    this.#lastTickAt = this.#host.clock.monotonic();
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
  async renew(lanes: readonly Lane[]): Promise<void> {
    await this.#send(
      lanes,
      lanes.map((lane) => ({ task: lane.task.name, lease: lane.lease, leaseMs: lane.task.leaseMs })),
    );
  }

  /**
   * Renews lanes after an answer was lost, and has the store give back what they were given in it. Only while no
   * call is under way, since claims in its answer would be given back too.
   */
  async recover(lanes: readonly Lane[]): Promise<void> {
    await this.#send(
      lanes,
      lanes.map((lane) => ({
        task: lane.task.name,
        lease: lane.lease,
        leaseMs: lane.task.leaseMs,
        held: lane.heldClaims(),
      })),
    );
    for (const lane of lanes) lane.isUncertain = false;
  }

  async #send(lanes: readonly Lane[], requests: readonly RenewRequest[]): Promise<void> {
    if (lanes.length === 0) return;
    const sentAt = this.#host.clock.monotonic();
    const replies = await this.#adapter.renew(requests);
    lanes.forEach((lane, index) => {
      const reply = replies[index];
      const request = requests[index];
      if (reply === undefined || request === undefined) return;
      if (!reply.lost) lane.leaseExtendedAt = sentAt;
      this.#host.renewed(lane, request.lease, reply);
    });
  }

  #arm(): void {
    if (this.#isStopped) return;
    let delayMs = IDLE_CHECK_MS;
    for (const lane of this.#host.lanes()) delayMs = Math.min(delayMs, lane.task.leaseMs * RENEW_SHARE);
    this.#timer = this.#host.clock.schedule(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#aliveSince = this.#lastTickAt;
    this.#lastTickAt = this.#host.clock.monotonic();
    try {
      await this.renew(this.#dueLanes());
    } catch (error) {
      if (!this.#isStopped) this.#host.reportRenewError(error);
    }
    this.#arm();
  }

  #dueLanes(): Lane[] {
    const now = this.#host.clock.monotonic();
    const due: Lane[] = [];
    for (const lane of this.#host.lanes()) {
      const ageMs = now - lane.leaseExtendedAt;
      if (lane.holds > 0 && ageMs >= lane.task.leaseMs * RENEW_SHARE * 0.9) due.push(lane);
    }
    return due;
  }
}
