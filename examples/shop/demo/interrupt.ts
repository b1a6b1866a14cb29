/** Ctrl+C, or a polite kill. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Runs work until it ends or the process is told to stop; then everything has still to be closed. */
export async function untilInterrupted<T>(work: Promise<T>): Promise<T> {
  let stop: (signal: NodeJS.Signals) => void = () => undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    stop = (signal) => reject(new InterruptedError(`Stopped by ${signal}.`));
  });
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
