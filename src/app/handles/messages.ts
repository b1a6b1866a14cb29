import { anAbortSignal, integer } from "../../core/checks.js";
import type { JobRef } from "../../core/job.js";
import { isFinalState } from "../../core/lifecycle.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";

/** One message of a job. */
export interface JobMessage<Message = unknown> {
  /** What was given to `ctx.emit`, as `emits` of the contract parses it. */
  readonly value: Message;
  /** From 1, over all runs of the job. A gap: what is missing was dropped before it was read. */
  readonly number: number;
  /** Number of the run that emitted it: after a failure the next run begins anew. */
  readonly attempt: number;
  /** ms since the epoch on the store's clock. */
  readonly at: number;
}

/** Which messages are listened to, and how long. */
export interface MessagesOptions {
  /** Only those with a higher number, to go on where one stopped. Default 0: all that are kept. */
  readonly after?: number | undefined;
  /** Ends it when it aborts: the loop throws its reason, the job goes on. Default: until the job has ended. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS = optionSet({
  after: integer(0, Number.MAX_SAFE_INTEGER - 1),
  signal: anAbortSignal,
} satisfies { readonly [Key in keyof Required<MessagesOptions>]: unknown });

/** @throws {OptionError} for bad options */
export function readMessagesOptions(options: MessagesOptions): {
  readonly after: number;
  readonly signal: AbortSignal | undefined;
} {
  const { after = 0, signal } = OPTIONS.read(options, "messages()");
  return { after, signal };
}

/** Messages read in one call. */
const PAGE = 100;

/** How messages are followed. */
interface Following {
  readonly after: number;
  readonly signal: AbortSignal | undefined;
  readonly context: ProducerContext;
}

/**
 * Reads pages from the store until the job has ended. Being told that there is more only wakes it, so it takes no harm from a
 * notice that is lost, late or told twice; a slow reader reads longer pages, and holds one.
 *
 * @param stored resolves with where the job is once it is stored
 */
export async function* followMessages(
  stored: () => Promise<JobRef>,
  { after, signal, context }: Following,
): AsyncGenerator<JobMessage, void, undefined> {
  signal?.throwIfAborted();
  const ref = await stored();
  const ear = await context.listenForMessages(ref, signal);
  try {
    for (let last = after; ; ) {
      ear.listen();
      signal?.throwIfAborted();
      const { messages, state } = await context.readMessages({ ...ref, after: last, limit: PAGE });
      for (const message of messages) {
        signal?.throwIfAborted();
        last = message.number;
        yield message;
      }
      if (messages.length === PAGE) continue;
      if (state === undefined || isFinalState(state)) return;
      await ear.heard();
    }
  } catch (error) {
    ear.throwIfClosed();
    throw error;
  } finally {
    ear.stop();
  }
}
