/**
 * Channels of Node's `diagnostics_channel` that tell of jobs: free where nobody subscribes, silent where there is no such
 * module. Those of dispatches, runs and settlements are tracing channels.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#tracingchannel-channels
 */
import type { JobListener, ProcessListener } from "./job-listener.js";
import type { JobTelemetry } from "./job-telemetry.js";
import { stateAfterDispatch, stateAfterRun, TOLD_STATES, type ToldState } from "./told-state.js";

/** What is used of a channel. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
  runStores(message: unknown, work: () => void): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

const SILENT: Channel = {
  hasSubscribers: false,
  publish: () => undefined,
  runStores: (_, work) => work(),
};

interface ProcessWithModules {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/** Asked of the process, since an import would fail where there is no such module. */
const NODE = (globalThis as ProcessWithModules).process?.getBuiltinModule?.("node:diagnostics_channel") as
  | DiagnosticsChannel
  | undefined;

const channel = (name: string): Channel => NODE?.channel(name) ?? SILENT;

/** One operation with a beginning and an end. */
class Operation {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;

  constructor(name: string) {
    const of = (part: string) => channel(`tracing:taskora:${name}:${part}`);
    this.start = of("start");
    this.end = of("end");
    this.asyncStart = of("asyncStart");
    this.asyncEnd = of("asyncEnd");
    this.error = of("error");
  }

  get isHeard(): boolean {
    return (
      this.start.hasSubscribers ||
      this.end.hasSubscribers ||
      this.asyncStart.hasSubscribers ||
      this.asyncEnd.hasSubscribers ||
      this.error.hasSubscribers
    );
  }

  begin(message: JobTelemetry): void {
    this.start.publish(message);
    this.end.publish(message);
  }

  over(message: JobTelemetry): void {
    if (message.error !== undefined) this.error.publish(message);
    this.asyncStart.publish(message);
    this.asyncEnd.publish(message);
  }
}

const DISPATCH = new Operation("dispatch");
const RUN = new Operation("run");
const SETTLE = new Operation("settle");
const CLAIM = channel("taskora:claim");
const WORKER = channel("taskora:worker");
const ERROR = channel("taskora:error");
const STATES = Object.fromEntries(
  TOLD_STATES.map((state) => [state, channel(`taskora:job:${state}`)]),
) as Readonly<Record<ToldState, Channel>>;

/** Whether anybody wants to know of dispatches. */
export function isDispatchHeard(): boolean {
  return DISPATCH.isHeard || STATES.waiting.hasSubscribers || STATES.delayed.hasSubscribers;
}

/** Whether anybody wants to know of claims. */
export function isClaimHeard(): boolean {
  return CLAIM.hasSubscribers || STATES.active.hasSubscribers;
}

/** Whether anybody wants to know of attempts. */
export function isRunHeard(): boolean {
  return RUN.isHeard;
}

/** Whether anybody wants to know of settlements, and of the states that they bring jobs to. */
export function isSettlementHeard(): boolean {
  return SETTLE.isHeard || TOLD_STATES.some((state) => STATES[state].hasSubscribers);
}

function tellState(state: ToldState | undefined, message: JobTelemetry): void {
  if (state !== undefined) STATES[state].publish(message);
}

/** Publishes what it is told. */
export const channels = {
  dispatching: (message) => DISPATCH.begin(message),
  dispatched(message) {
    DISPATCH.over(message);
    tellState(stateAfterDispatch(message), message);
  },
  claimed(message) {
    CLAIM.publish(message);
    STATES.active.publish(message);
  },
  run(message, work) {
    RUN.start.runStores(message, work);
    RUN.end.publish(message);
  },
  ran: (message) => RUN.over(message),
  settling: (message) => SETTLE.begin(message),
  settled(message) {
    SETTLE.asyncStart.publish(message);
    SETTLE.asyncEnd.publish(message);
    tellState(stateAfterRun(message), message);
  },
  worker: (message) => WORKER.publish(message),
  troubled: (message) => ERROR.publish(message),
} satisfies Omit<JobListener & ProcessListener, "claimed"> & { claimed(message: JobTelemetry): void };
