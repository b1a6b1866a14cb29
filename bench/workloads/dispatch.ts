import { Meter } from "../meter.js";
import type { Session } from "../peers/peer.js";
import { type Bench, makePayloads, SMALL_BYTES, type Workload } from "./workload.js";

const METRICS = ["jobsPerSecond", "nodeMicros", "storeMicros"] as const;
export const AT_ONCE = 1000;

export const dispatchWorkloads: readonly Workload[] = [
  {
    name: "dispatch-single",
    title: "One dispatch awaited at a time",
    chapter: "dispatch",
    metrics: METRICS,
    sizing: "timed",
    run: (bench) => repeat(bench, { count: 1, send: dispatchOne }),
  },
  {
    name: "dispatch-concurrent",
    title: "1 000 dispatches at once",
    chapter: "dispatch",
    metrics: METRICS,
    sizing: "timed",
    run: (bench) => repeat(bench, { count: AT_ONCE, send: dispatchAtOnce }),
  },
  bulk(50, "Bulk calls of 50"),
  bulk(1000, "Bulk calls of 1 000"),
  {
    name: "dispatch-10kb",
    title: "1 000 dispatches at once, payloads of 10 kB",
    chapter: "dispatch",
    metrics: METRICS,
    sizing: "timed",
    run: (bench) => repeat(bench, { count: AT_ONCE, send: dispatchAtOnce, bytes: 10_000 }),
  },
  {
    name: "single-10kb",
    title: "One dispatch awaited at a time, payloads of 10 kB",
    chapter: "dispatch",
    metrics: METRICS,
    sizing: "timed",
    run: (bench) => repeat(bench, { count: 1, send: dispatchOne, bytes: 10_000 }),
  },
  bulk(100, "Bulk calls of 100, payloads of 10 kB", { name: "bulk-100-10kb", bytes: 10_000 }),
];

function bulk(
  count: number,
  title: string,
  { name = `bulk-${count}`, bytes }: { readonly name?: string; readonly bytes?: number } = {},
): Workload {
  return {
    name,
    title,
    chapter: "dispatch",
    metrics: METRICS,
    needs: ["bulk"],
    sizing: "timed",
    run: (bench) =>
      repeat(bench, {
        count,
        ...(bytes !== undefined && { bytes }),
        send: (session, payloads) => session.dispatchMany?.(payloads) ?? Promise.reject(NO_BULK),
      }),
  };
}

const NO_BULK = new Error("this queue has no bulk call");

type Send = (session: Session, payloads: ReturnType<typeof makePayloads>) => Promise<unknown>;

async function dispatchOne(session: Session, payloads: ReturnType<typeof makePayloads>): Promise<void> {
  for (const payload of payloads) await session.dispatch(payload);
}

export function dispatchAtOnce(
  session: Session,
  payloads: ReturnType<typeof makePayloads>,
): Promise<unknown> {
  return Promise.all(payloads.map((payload) => session.dispatch(payload)));
}

interface Step {
  readonly count: number;
  readonly send: Send;
  readonly bytes?: number;
}

/** Part of the target time that is run before the clock starts, so that the code is compiled. */
const WARM_SHARE = 0.25;

/** Sends the same payloads again and again until the time is up. */
export async function repeat(bench: Bench, { count, send, bytes = SMALL_BYTES }: Step) {
  const session = await bench.open({ role: "producer" });
  const payloads = makePayloads(count, bytes);
  await runFor(bench.spec.targetMs * WARM_SHARE, {
    meter: new Meter(bench.stats),
    step: () => send(session, payloads),
  });
  const meter = new Meter(bench.stats);
  const steps = await runFor(bench.spec.targetMs, { meter, step: () => send(session, payloads) });
  return meter.measures(steps * count);
}

async function runFor(
  targetMs: number,
  { meter, step }: { readonly meter: Meter; readonly step: () => Promise<unknown> },
): Promise<number> {
  meter.start();
  let steps = 0;
  while (meter.elapsedMs < targetMs) {
    await step();
    steps += 1;
  }
  meter.stop();
  return steps;
}
