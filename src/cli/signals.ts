/** What shells report for a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Ends the process in the ordinary way on a signal, so that exit listeners run: the generator's process for
 * loading contracts must not outlive it. Writes are one synchronous step, so nothing is cut in half.
 */
export function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.once(signal, () => process.exit(code));
  }
}
