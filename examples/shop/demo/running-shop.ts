import type { Taskora } from "taskora";
import type { DayReport, ShopDay } from "../producer/shop-day.js";
import type { ServiceProcess } from "./service-process.js";

/** The producer and the worker, wherever they run. */
export interface RunningShop {
  /** An app that sees the events and the counts of both. */
  readonly observer: Taskora;
  /** Starts the worker. */
  open(): Promise<void>;
  /** Lets the producer work through one day; resolves when every job has ended. */
  runDay(day: ShopDay): Promise<DayReport>;
  /** Kills the worker where there is a process of its own, and starts another one. */
  replaceWorker?(): Promise<{ readonly lost: ServiceProcess; readonly next: ServiceProcess }>;
  /** Ids of all processes that were started, ended ones included. */
  pids(): readonly number[];
  close(): Promise<void>;
}
