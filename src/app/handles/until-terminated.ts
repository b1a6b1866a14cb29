/** What a process is asked to do by signals. */
export interface Terminable {
  start(): Promise<void>;
  /** SIGUSR2 asks for it. */
  quiet(): void;
  /** Gets what ends the wait as a signal would. */
  heard(stop: () => void): void;
}

/**
 * Runs `start` and waits for SIGINT or SIGTERM, which is heard at once, also while it starts: then `start` is no longer
 * waited for. Listens before it starts: work may be under way once it has.
 */
export async function untilTerminated({ start, quiet, heard }: Terminable): Promise<void> {
  let stop: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    stop = resolve;
  });
  heard(stop);
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGUSR2", quiet);
  try {
    await Promise.race([start().then(() => asked), asked]);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGUSR2", quiet);
  }
}
