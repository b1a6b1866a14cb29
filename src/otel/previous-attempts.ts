/** The spans of attempts that failed and are tried again, so that the next attempt links to the one before. */
import type { SpanContext } from "@opentelemetry/api";
import type { Adapter } from "../core/adapter.js";
import type { JobRef } from "../core/job.js";

/** Attempts of this process that are remembered; of others, and of older ones, the store is asked. */
const MOST_REMEMBERED = 10_000;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** As it is kept beside the error of an attempt. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function parsed(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16), isRemote: true };
}

export class PreviousAttempts {
  readonly #adapter: Adapter;
  readonly #remembered = new Map<string, SpanContext>();

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  remember({ task, id }: JobRef, context: SpanContext): void {
    this.#remembered.set(`${task}\n${id}`, context);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** The span of the attempt before, if it ran here. */
  take({ task, id }: JobRef): SpanContext | undefined {
    const key = `${task}\n${id}`;
    const context = this.#remembered.get(key);
    this.#remembered.delete(key);
    return context;
  }

  /** The span of the attempt before, as the store keeps it with its error. Never rejects. */
  async read({ task, id }: JobRef): Promise<SpanContext | undefined> {
    try {
      const [job] = await this.#adapter.read([{ task, id }]);
      const trace = job?.error?.trace;
      return trace === undefined ? undefined : parsed(trace);
    } catch {
      // A link is missing then, and the store's trouble is told by those who work with it.
      return undefined;
    }
  }
}
