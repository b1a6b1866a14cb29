import { backlogWorkloads } from "./backlog.js";
import { callWorkloads } from "./calls.js";
import { coldWorkloads } from "./cold.js";
import { dispatchWorkloads } from "./dispatch.js";
import { featureWorkloads } from "./features.js";
import { idleWorkloads } from "./idle.js";
import { latencyWorkloads } from "./latency.js";
import { processWorkloads } from "./process.js";
import { storageWorkloads } from "./storage.js";
import type { Workload } from "./workload.js";

/** Every workload, in the order in which they run and are reported. */
export const WORKLOADS: readonly Workload[] = [
  ...dispatchWorkloads,
  ...processWorkloads,
  ...coldWorkloads,
  ...latencyWorkloads,
  ...storageWorkloads,
  ...backlogWorkloads,
  ...idleWorkloads,
  ...featureWorkloads,
  ...callWorkloads,
];

/** @throws {Error} with the names there are */
export function findWorkload(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `there is no workload "${name}". Workloads: ${WORKLOADS.map((workload) => workload.name).join(", ")}.`,
  );
}
