import type { FireRequest, ScheduleWrite } from "../../src/core/schedule-store.js";
import { makePayload } from "../workloads/workload.js";
import { BATCH, type CallStage } from "./call-stage.js";
import type { Situation } from "./situation.js";

const payload = JSON.stringify(makePayload(1, 100));
const plan = JSON.stringify({ every: "1h", payload: "x".repeat(60) });
const SLOT_AT = 1_000_000;

function names(stage: CallStage): readonly string[] {
  return Array.from({ length: BATCH }, (_, index) => `${stage.task}-${index}`);
}

function write(stage: CallStage): Promise<unknown> {
  const { task } = stage;
  const writes = names(stage).map(
    (name): ScheduleWrite => ({ name, expectedRevision: 0, task, plan, payload, nextSlotAt: SLOT_AT }),
  );
  return stage.adapter.schedules?.write(writes) ?? Promise.resolve();
}

async function fire(stage: CallStage): Promise<unknown> {
  const { task } = stage;
  const schedules = await stage.adapter.schedules?.read(names(stage));
  const requests = (schedules?.schedules ?? []).flatMap((schedule, index): FireRequest[] => {
    if (schedule === undefined) return [];
    const job = { id: `${task}-fired-${index}`, task, payload, version: 1, fingerprint: "", priority: 0 };
    const { name, revision } = schedule;
    const fires = { slotAt: SLOT_AT, job, overlap: "skip" } as const;
    return [{ name, task, revision, expectedSlotAt: SLOT_AT, fire: fires, nextSlotAt: SLOT_AT + 1 }];
  });
  return stage.adapter.schedules?.fire(requests);
}

export const scheduleCalls: readonly Situation[] = [
  { name: "schedule-write", title: "schedule-write: 1 000", act: write },
  {
    name: "schedule-due",
    title: "schedule-due: 1 000 that are due",
    arrange: write,
    act: (stage) => stage.adapter.schedules?.due({ tasks: [stage.task], limit: BATCH }) ?? Promise.resolve(),
  },
  { name: "schedule-fire", title: "schedule-read, schedule-fire: 1 000", arrange: write, act: fire },
  {
    name: "schedule-list",
    title: "schedule-list: a page of 1 000",
    arrange: write,
    act: (stage) => stage.adapter.schedules?.list({ limit: BATCH }) ?? Promise.resolve(),
  },
  {
    name: "schedule-remove",
    title: "schedule-remove: 1 000",
    arrange: write,
    act: (stage) => stage.adapter.schedules?.remove(names(stage)) ?? Promise.resolve(),
  },
];
