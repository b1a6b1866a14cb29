import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { Worker } from "../worker/worker.js";
import type { EventHub } from "./events.js";
import type { AppSettings } from "./options.js";
import { keptWorkflows } from "./workflows.js";

/** Makes the worker of an app that starts: a new one each time, with a name of its own. */
export function createAppWorker(settings: AppSettings, events: EventHub): Worker {
  return new Worker(settings.adapter, {
    clock: settings.clock,
    workerId: randomBytes(6).toString("base64url"),
    place: { host: hostname(), pid: process.pid },
    keptBeside: keptWorkflows(settings),
    random: randomFraction,
    warn: (message, about) => events.warn(message, about),
    reportError: (error, about) => events.reportError(error, about),
  });
}

/** In [0, 1), with 48 good bits. */
export function randomFraction(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
