import type { TaskMeasures, Taskora } from "taskora";

/** How the runs of a task went, as far back as its rules look. */
export interface Measured {
  /** In the last hour. */
  readonly hour: TaskMeasures;
  /** In the last ten minutes. */
  readonly lately: TaskMeasures;
}

const LATELY_MS = 600_000;

/**
 * Reads it. Fails as the store does, or with `NOT_SUPPORTED`.
 *
 * @param at the store's clock, ms since the epoch
 */
export async function measuredOf(app: Taskora, task: string, at: number): Promise<Measured> {
  const [hour, lately] = await Promise.all([
    app.tasks.measures(task),
    app.tasks.measures(task, { from: at - LATELY_MS }),
  ]);
  return { hour, lately };
}
