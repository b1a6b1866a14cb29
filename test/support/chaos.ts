import { Redis } from "ioredis";
import { createTaskora, type DispatchOptions, type TaskClient, type Taskora } from "taskora";
import { adapterAt } from "./adapter-at.js";
import { CHAOS_TASK, type ChaosJob, type ChaosWorkerOptions, gateOf, OTHER_TASK } from "./chaos-protocol.js";
import { Program } from "./child.js";

/**
 * One line of evidence: a handler started or ended in a process, the producer saw a job's result, or a process that was
 * killed is gone.
 */
export interface Evidence {
  readonly event: "start" | "end" | "done" | "gone";
  readonly id: string;
  readonly pid: number;
}

/** A producer, worker processes, and the book both write to in one order. */
export class Fleet {
  readonly app: Taskora;
  readonly client: TaskClient<ChaosJob, string>;
  readonly other: TaskClient<ChaosJob, string>;
  readonly #options: ChaosWorkerOptions;
  readonly #book: Redis;
  readonly #writing: Promise<unknown>[] = [];
  readonly errors: string[] = [];

  constructor(options: Partial<ChaosWorkerOptions> & { readonly url: string; readonly prefix: string }) {
    const { url, prefix } = options;
    this.#options = {
      bookUrl: url,
      evidence: `evidence-${prefix}`,
      concurrency: 20,
      lease: "1s",
      stallLimit: 50,
      closeTimeout: "5s",
      ...options,
    };
    this.#book = new Redis(this.#options.bookUrl, { maxRetriesPerRequest: null, connectionName: "evidence" });
    this.app = createTaskora({
      adapter: adapterAt({ url, prefix }),
      defaults: { retention: { completed: { count: 100_000 } } },
    });
    this.app.on("error", ({ code, error }) => this.errors.push(`${code} ${(error as Error).message}`));
    this.client = this.app.register({ name: CHAOS_TASK, version: 1 }) as TaskClient<ChaosJob, string>;
    this.other = this.app.register({ name: OTHER_TASK, version: 1 }) as TaskClient<ChaosJob, string>;
  }

  /** Starts a worker process; `ready` once it works. */
  startWorker(more: Pick<ChaosWorkerOptions, "diesAt" | "listens"> = {}): Program {
    return new Program("chaos-worker", [JSON.stringify({ ...this.#options, ...more })]);
  }

  /** Dispatches a job; resolves with its id once its result is here and written down. */
  async work(job: ChaosJob, options: DispatchOptions = {}): Promise<string> {
    const pending = this.client.dispatch(job, options);
    const id = await pending.result;
    if (!pending.isDuplicate) this.#write(`done ${id} ${process.pid}`);
    return id;
  }

  /** Kills a worker and writes down that nothing of it runs any more. */
  async kill(worker: Program): Promise<void> {
    worker.kill("SIGKILL");
    await worker.exited;
    this.#write(`gone - ${worker.pid}`);
  }

  /** Lets jobs that wait for `gate` in a process go on. */
  async openGate(gate: string, pid: number): Promise<void> {
    await this.#book.set(gateOf(gate, pid), "open");
  }

  #write(line: string): void {
    this.#writing.push(this.#book.rpush(this.#options.evidence, line));
  }

  async evidence(): Promise<readonly Evidence[]> {
    await Promise.all(this.#writing);
    const lines = await this.#book.lrange(this.#options.evidence, 0, -1);
    return lines.map((line) => {
      const [event, id, pid] = line.split(" ") as [Evidence["event"], string, string];
      return { event, id, pid: Number(pid) };
    });
  }

  async close(): Promise<void> {
    await this.app.close();
    this.#book.disconnect();
  }
}

/** What the book says about each job. */
export interface JobStory {
  /** Processes that started it, in order. */
  readonly starts: readonly number[];
  readonly ends: number;
  readonly dones: number;
  /** A handler started it after its result had been seen. */
  readonly ranAgain: boolean;
}

/** Sorts evidence by job. */
export function storiesOf(evidence: readonly Evidence[]): ReadonlyMap<string, JobStory> {
  const stories = new Map<string, JobStory>();
  for (const { event, id, pid } of evidence) {
    if (event === "gone") continue;
    const story = stories.get(id) ?? { starts: [], ends: 0, dones: 0, ranAgain: false };
    stories.set(id, {
      starts: event === "start" ? [...story.starts, pid] : story.starts,
      ends: story.ends + (event === "end" ? 1 : 0),
      dones: story.dones + (event === "done" ? 1 : 0),
      ranAgain: story.ranAgain || (event === "start" && story.dones > 0),
    });
  }
  return stories;
}
