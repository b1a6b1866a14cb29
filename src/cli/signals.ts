/** What shells report for a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What goes on until somebody stops it. */
let stoppable: AbortController | undefined;

/**
 * Ends the process in the ordinary way on a signal, so that exit listeners run: the generator's process for
 * loading contracts must not outlive it. Writes are one synchronous step, so nothing is cut in half. What is
 * {@link stoppedBySignals} is asked to stop first; a second signal ends it as well.
 */
export function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      if (stoppable === undefined || stoppable.signal.aborted) process.exit(code);
      stoppable.abort();
    });
  }
}

/** Aborts when somebody stops the command, which then says how far it came. */
export function stoppedBySignals(): AbortSignal {
  stoppable ??= new AbortController();
  return stoppable.signal;
}
