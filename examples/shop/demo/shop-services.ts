import { fileURLToPath } from "node:url";
import type { DayReport, ShopDay } from "../producer/shop-day.js";
import { ServiceProcess } from "./service-process.js";

const WORKER = fileURLToPath(new URL("../worker/main.ts", import.meta.url));
const PRODUCER = fileURLToPath(new URL("../producer/main.ts", import.meta.url));

/** What the services need. */
export interface ShopServicesOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Gets what they write. */
  readonly say: (line: string) => void;
}

/** The worker and the producer as processes: at most one of each at a time. */
export class ShopServices {
  readonly pids: number[] = [];
  readonly #options: ShopServicesOptions;
  /** Those that have to be stopped. */
  readonly #running = new Set<ServiceProcess>();
  readonly #failed: Promise<never>;
  #fail: (error: Error) => void = () => undefined;
  #worker: ServiceProcess | undefined;
  #isStopped = false;

  constructor(options: ShopServicesOptions) {
    this.#options = options;
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // It may fail while nobody waits for the producer; whoever waits later is told all the same.
    this.#failed.catch(() => undefined);
  }

  startWorker(): ServiceProcess {
    this.#worker = this.#start("worker", WORKER, {});
    return this.#worker;
  }

  /** Shoots the worker and starts another one. */
  async replaceWorker(): Promise<{ readonly lost: ServiceProcess; readonly next: ServiceProcess }> {
    const lost = this.#worker;
    if (lost === undefined || this.#isStopped)
      throw new Error("There is no worker to shoot: start one first.");
    this.#running.delete(lost);
    await lost.shoot();
    return { lost, next: this.startWorker() };
  }

  /**
   * Starts the producer and waits for its report.
   *
   * @throws {Error} when a service ends before that
   */
  async runProducer(day: ShopDay): Promise<DayReport> {
    const producer = this.#start("producer", PRODUCER, { SHOP_DAY: JSON.stringify(day) });
    const report = await Promise.race([producer.message, this.#failed]);
    this.#running.delete(producer);
    await producer.ended;
    // Sent by the producer of this very directory, see producer/main.ts.
    return report as DayReport;
  }

  /** Lets all finish what they are at; whoever waits for the producer is told. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#fail(new Error("The shop was closed before its day was over."));
    const running = [...this.#running];
    this.#running.clear();
    await Promise.all(running.map((service) => service.stop()));
  }

  #start(name: string, file: string, env: Readonly<Record<string, string>>): ServiceProcess {
    const onLine = (line: string) => this.#options.say(`${name} │ ${line}`);
    const service = new ServiceProcess({ name, file, env: { ...this.#options.env, ...env }, onLine });
    this.#running.add(service);
    this.pids.push(service.pid);
    void service.ended.then((how) => {
      if (!this.#running.delete(service)) return;
      this.#fail(new Error(`The ${name} ended unexpectedly (${how}). What it wrote stands above.`));
    });
    return service;
  }
}
