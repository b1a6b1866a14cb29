/** Waits for what a network may never answer. */
import { SilenceError } from "../../core/store-trouble.js";
import { nextTurn } from "../../core/turns.js";
import type { PgClient } from "./driver.js";

/** After so long without an answer the server is asked whether it still works on it, in ms. */
export const SUSPICIOUS_MS = 2000;

/**
 * Waits for work until a time, by the monotonic clock.
 *
 * @param isLost asked every {@link SUSPICIOUS_MS} whether the answer will never come; what it fails with says nothing
 * @throws {SilenceError} when the work has not ended by then, or never will
 */
export async function inTime<T>(
  work: Promise<T>,
  deadlineAt: number,
  isLost?: () => Promise<boolean>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const late = new Promise<never>((_, reject) => {
    const restMs = () => Math.max(0, deadlineAt - performance.now());
    const giveUp = () => reject(new SilenceError("nothing came back within the deadline"));
    const wait = () => {
      if (isOver) return;
      if (isLost === undefined || restMs() <= SUSPICIOUS_MS) timer = setTimeout(giveUp, restMs());
      else timer = setTimeout(() => nextTurn(() => look(isLost)), SUSPICIOUS_MS);
    };
    // After a process was busy for long the answer may be here already, and is read before this.
    const look = (ask: () => Promise<boolean>) => {
      if (isOver) return;
      // Who is asked may say nothing either.
      timer = setTimeout(giveUp, restMs());
      const decide = (lost: boolean) => {
        clearTimeout(timer);
        if (lost) reject(new SilenceError("the connection went silent"));
        else wait();
      };
      ask().then(decide, () => decide(false));
    };
    wait();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/**
 * Ends a connection without waiting for it: one that is silent never says that it has ended. One that is still to be lent by a
 * pool goes back when it comes.
 */
export function abandon(client: Pick<PgClient, "end">, work: Promise<unknown>): void {
  const end = () => void client.end().catch(() => undefined);
  end();
  work.then(end, end);
}
