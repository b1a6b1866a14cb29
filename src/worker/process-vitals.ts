/** How the process is: its memory, its processor time, and how late its event loop comes. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../core/clock.js";
import type { WorkerProcess } from "../core/observe/vitals.js";

/** How often the event loop is looked at: 20 times a second cost nothing that can be measured. */
const EVERY_MS = 50;

/** What of the vitals is about the process. */
export type ProcessVitals = Pick<WorkerProcess, "rssBytes" | "lagMs" | "cpu">;

/** Life: started → read now and then, each time about what was since → stopped. */
export class ProcessMonitor {
  readonly #clock: Pick<Clock, "monotonic">;
  #delays: IntervalHistogram | undefined;
  #since = 0;
  #cpuUs = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  start(): void {
    this.#delays = startDelays();
    this.#since = this.#clock.monotonic();
    this.#cpuUs = cpuTimeUs();
  }

  stop(): void {
    this.#delays?.disable();
    this.#delays = undefined;
  }

  /** How it was since the last reading. */
  read(): ProcessVitals {
    const [now, cpuUs] = [this.#clock.monotonic(), cpuTimeUs()];
    const lengthMs = now - this.#since;
    const cpu = lengthMs > 0 ? (cpuUs - this.#cpuUs) / 1000 / lengthMs : 0;
    this.#since = now;
    this.#cpuUs = cpuUs;
    return { rssBytes: process.memoryUsage.rss(), ...this.#readLag(), cpu: rounded(cpu) };
  }

  /** A turn that comes in time is recorded as the time between two. */
  #readLag(): Pick<WorkerProcess, "lagMs"> {
    if (this.#delays === undefined || this.#delays.count === 0) return {};
    const lagMs = rounded(Math.max(0, this.#delays.percentile(99) / 1e6 - EVERY_MS));
    this.#delays.reset();
    return { lagMs };
  }
}

/** Undefined: this runtime does not measure it. */
function startDelays(): IntervalHistogram | undefined {
  try {
    const delays = monitorEventLoopDelay({ resolution: EVERY_MS });
    delays.enable();
    return delays;
  } catch {
    return undefined;
  }
}

function cpuTimeUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
