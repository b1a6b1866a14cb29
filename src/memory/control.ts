import { isDeepStrictEqual } from "node:util";
import { type ControlReply, type ControlRequest, MAX_DRAINED, type UnstartedState } from "../core/adapter.js";
import type { TaskEvent } from "../core/job.js";
import { cancelMove } from "../core/job-moves.js";
import { gatesOf } from "../core/limits/gates.js";
import type { LimitOverride } from "../core/limits/limit.js";
import { publishTo } from "../core/subscription.js";
import type { JobRecord } from "./job-record.js";
import { expireOverdue, pruneByCount } from "./sweep.js";
import type { TaskStore } from "./task-store.js";

type Drain = Extract<ControlRequest, { readonly control: "drain" }>;

/** Pauses, resumes or drains a task. */
export function controlTask(task: TaskStore, request: ControlRequest, now: number): ControlReply {
  switch (request.control) {
    case "pause":
      return pause(task, now);
    case "resume":
      return resume(task, now);
    case "limits":
      return overrideLimits(task, request.override);
    case "drain":
      return drain(task, request, now);
  }
}

function pause(task: TaskStore, now: number): ControlReply {
  if (task.pausedAt !== undefined) return { changed: 0, more: false };
  task.pausedAt = now;
  task.meet();
  publishTo(task.cancelListeners, { kind: "paused", task: task.name });
  publish(task, { task: task.name, type: "paused", at: now });
  return { changed: 1, more: false };
}

function resume(task: TaskStore, now: number): ControlReply {
  if (task.pausedAt === undefined) return { changed: 0, more: false };
  task.pausedAt = undefined;
  publish(task, { task: task.name, type: "resumed", at: now });
  return { changed: 1, more: false };
}

/** Every gate is looked at again, so that those who fit now come back. */
function overrideLimits(task: TaskStore, override: LimitOverride): ControlReply {
  if (isDeepStrictEqual(task.override, override)) return { changed: 0, more: false };
  task.override = override;
  task.meet();
  for (const record of task.jobs.values()) {
    if (record.gates.length > 0) record.gates = gatesOf(record.limits, override);
  }
  task.limits.reopenGates();
  return { changed: 1, more: false };
}

function drain(task: TaskStore, request: Drain, now: number): ControlReply {
  expireOverdue(task, now);
  const limit = Math.max(1, Math.min(request.limit, MAX_DRAINED));
  const drained = unstarted(task, request.states, limit);
  for (const record of drained) task.apply(record, cancelMove(request.reason, now));
  pruneByCount(task, request.retention);
  const count = drained.length;
  if (count > 0) publish(task, { task: task.name, type: "drained", at: now, count });
  return { changed: count, more: request.states.some((state) => task.counts[state] > 0) };
}

/** Some jobs of these states, at most `limit`; waiting ones first. */
function unstarted(task: TaskStore, states: readonly UnstartedState[], limit: number): readonly JobRecord[] {
  const found: JobRecord[] = [];
  const wanted: ReadonlySet<string> = new Set(states);
  const sources = [task.waiting.after(), task.limits.after(), task.due.values()];
  for (const source of sources) {
    for (const record of source) {
      if (found.length >= limit) return found;
      if (!wanted.has(record.state)) {
        if (record.state === "waiting") break;
        continue;
      }
      found.push(record);
    }
  }
  return found;
}

function publish(task: TaskStore, event: TaskEvent): void {
  publishTo(task.eventListeners, { kind: "task", event });
}
