import assert from "node:assert/strict";
import type { Feature } from "../../core/features.js";
import type {
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduleStore,
  ScheduleWrite,
  StoredSchedule,
} from "../../core/schedule-store.js";
import type { ConformanceCase } from "./kit.js";
import { aJob, defineCase, only, type Stage, TASK } from "./stage.js";

/** The schedule most cases use. */
export const NAME = "nightly";

/** The verbs of schedules with everything filled in that a case does not care about. */
export class Plans {
  readonly stage: Stage;
  readonly store: ScheduleStore;

  constructor(stage: Stage, store: ScheduleStore) {
    this.stage = stage;
    this.store = store;
  }

  async now(): Promise<number> {
    return (await this.store.read([])).now;
  }

  async write(fields: Partial<ScheduleWrite> = {}): Promise<number> {
    const plan = { plan: '{"every":1}', payload: '{"a":1}' };
    const reply = only(
      await this.store.write([{ name: NAME, expectedRevision: 0, task: TASK, ...plan, ...fields }]),
    );
    assert.equal(reply.status, "stored");
    return reply.status === "stored" ? reply.revision : 0;
  }

  /** A schedule whose slot has come, `count` slots a millisecond apart. */
  async overdue(
    fields: Partial<ScheduleWrite> = {},
  ): Promise<StoredSchedule & { readonly nextSlotAt: number }> {
    const nextSlotAt = (await this.now()) - 10;
    await this.write({ nextSlotAt, ...fields });
    const stored = await this.read(fields.name);
    assert.equal(stored.nextSlotAt, nextSlotAt);
    return { ...stored, nextSlotAt };
  }

  async read(name: string = NAME): Promise<StoredSchedule> {
    const schedule = await this.find(name);
    assert.ok(schedule, `schedule ${name} is stored`);
    return schedule;
  }

  async find(name: string = NAME): Promise<StoredSchedule | undefined> {
    return only((await this.store.read([name])).schedules);
  }

  due(limit = 100, ...tasks: readonly string[]): Promise<DueSchedules> {
    return this.store.due({ tasks: tasks.length === 0 ? [TASK] : tasks, limit });
  }

  async fire(request: FireRequest): Promise<FireReply> {
    return only(await this.store.fire([request]));
  }

  /** Fires a slot as job `id`, the expected one unless told. */
  firing(
    stored: StoredSchedule,
    id: string,
    how: Partial<FireRequest> & {
      readonly slotAt?: number;
      readonly overlap?: "allow" | "skip";
      readonly limit?: number;
      readonly job?: Partial<Parameters<typeof aJob>[0]>;
    } = {},
  ): FireRequest {
    const { slotAt, overlap = "allow", limit, job, ...request } = how;
    const expectedSlotAt = request.expectedSlotAt ?? stored.nextSlotAt ?? 0;
    const made = aJob({ ...(job as object), id });
    return {
      name: stored.name,
      task: stored.task,
      revision: stored.revision,
      expectedSlotAt,
      fire: {
        slotAt: slotAt ?? expectedSlotAt,
        overlap,
        job: made,
        ...(limit === undefined ? {} : { limit }),
      },
      ...request,
    };
  }
}

/** A case for stores that keep schedules. */
export function scheduleCase(
  name: string,
  body: (plans: Plans) => Promise<void>,
  needs: readonly Feature[] = [],
): ConformanceCase {
  const onPlans = async (stage: Stage) => {
    assert.ok(stage.adapter.schedules, "it keeps schedules");
    await body(new Plans(stage, stage.adapter.schedules));
  };
  return defineCase(`schedule: ${name}`, onPlans, ["schedules", ...needs]);
}
