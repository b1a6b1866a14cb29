/** Runs `start`, then waits for SIGINT or SIGTERM. Listens before it starts: work may be under way once it has. */
export async function untilTerminated(start: () => Promise<void>): Promise<void> {
  let stop: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    await start();
    await asked;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
