/** Ctrl+C, or a polite kill. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Tells when the process is asked to stop. */
export interface Interrupt {
  /** Its reason is an {@link InterruptedError}. */
  readonly signal: AbortSignal;
  /** From now on the process stops as it would without this. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => controller.abort(new InterruptedError(`Stopped by ${signal}.`));
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    signal: controller.signal,
    dispose: () => void process.off("SIGINT", stop).off("SIGTERM", stop),
  };
}
