import { type AppErrorEvent, createTaskora, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";

/** A producer and a worker in this process, and what the worker's handlers did, kept outside taskora. */
export interface SteadyWork {
  readonly producer: Taskora;
  readonly worker: Taskora;
  readonly errors: AppErrorEvent[];
  /** How often each job was started. */
  readonly starts: ReadonlyMap<number, number>;
  /** Dispatches a job that takes about 5 ms and gives its own number. */
  work(job: number): Promise<number>;
}

/** @param by.opened is told of each app, so that it is closed after the test */
export function steadyWork(by: {
  readonly adapter: () => Adapter;
  readonly concurrency: number;
  opened(app: { close(): Promise<unknown> }): void;
}): SteadyWork {
  const errors: AppErrorEvent[] = [];
  const starts = new Map<number, number>();
  const make = (): Taskora => {
    const app = createTaskora({ adapter: by.adapter() });
    app.on("error", (event) => errors.push(event));
    app.on("warning", () => undefined);
    by.opened({ close: () => app.close({ timeout: "2s" }) });
    return app;
  };
  const worker = make();
  worker.task("steady", {
    concurrency: by.concurrency,
    retention: { completed: { count: 100_000 } },
    handler: async (job) => {
      starts.set(job as number, (starts.get(job as number) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return job;
    },
  });
  const producer = make();
  const client = producer.register({ name: "steady", version: 1 });
  return { producer, worker, errors, starts, work: (job) => client.dispatch(job).result as Promise<number> };
}
