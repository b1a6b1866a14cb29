import type { NewJob, Settlement } from "taskora/adapter";
import { isFinalState, JOB_STATES, type JobState } from "../../../src/core/lifecycle.js";
import { aJob, LONG_MS } from "../../../src/testing/conformance/stage.js";
import { comparable, KnownClaims } from "./known-claims.js";
import {
  dueInOrder,
  emptyModel,
  endedInOrder,
  find,
  inState,
  type Model,
  type ModelJob,
  outcomeOf,
  TASK_NAME,
  waitingInOrder,
} from "./model.js";
import { findLive } from "./moves.js";
import { renew, settle } from "./settling.js";
import { boundTo, given, IDS, RETENTION, type Step, type StepOf } from "./steps.js";
import { expireOverdue, isAnythingDue, sweep } from "./upkeep.js";
import * as verbs from "./verbs.js";

/** The model under the steps: says what every store must answer and show. */
export class PlayedModel {
  readonly #model = emptyModel();
  readonly #claims = new KnownClaims();

  /** What a store must answer. */
  do(step: Step): unknown {
    const model = this.#model;
    switch (step.what) {
      case "insert": {
        const replies = step.jobs.map((job) => verbs.insert(model, aJob(given(job))));
        if (step.jobs.some(({ limits }) => limits?.debounce !== undefined)) sweep(model, RETENTION);
        return replies.map((reply) => (reply.status === "throttled" ? { status: reply.status } : reply));
      }
      case "claim":
        return this.#claim({ ...step, leaseMs: LONG_MS });
      case "settle":
        return this.#settle(step);
      case "renew": {
        const held = step.held === null ? {} : { held: this.#claims.held(step.held) };
        const reply = renew(model, { lease: step.lease, leaseMs: LONG_MS, ...held });
        sweep(model, RETENTION);
        return reply;
      }
      case "cancel":
        return [verbs.cancel(model, { id: step.id, reason: step.reason, retention: RETENTION })];
      case "watch":
        return [this.#watch(step.id)];
      case "change":
        return [verbs.change(model, step.id, step.change)];
      case "note":
        return verbs.note(model, this.#claims.noted(step));
      case "crash": {
        const reply = this.#claim({
          lease: this.#claims.nextDoomed(),
          leaseMs: 1,
          count: step.count,
          isApart: step.isApart,
        });
        model.now += 2;
        return reply;
      }
      case "due": {
        const { what, ...job } = step;
        const reply = verbs.insert(model, aJob({ ...given(job), delayMs: 1 }));
        model.now += 2;
        this.#claim({ lease: "worker-1", leaseMs: LONG_MS, count: 0 });
        if (job.limits?.debounce !== undefined) sweep(model, RETENTION);
        return [reply.status === "throttled" ? { status: reply.status } : reply];
      }
      case "overdue":
        return this.#overdue(step);
      case "sweep": {
        const reply = sweep(model, boundTo(step.count));
        return { ...reply, nextDueInMs: isAnythingDue(model) };
      }
      case "control":
        return [verbs.control(model, step.control)];
      case "drain":
        return [verbs.drain(model, { limit: step.limit, reason: step.reason, retention: RETENTION })];
    }
  }

  /** What a store must show. */
  look(): unknown {
    const model = this.#model;
    return {
      counts: {
        ...Object.fromEntries(JOB_STATES.map((state) => [state, inState(model, state).length])),
        pausedAt: model.isPaused,
      },
      lists: JOB_STATES.map((state) => [state, ...listed(model, state).map((job) => job.id)]),
      jobs: IDS.map((id) => {
        const job = find(model, id);
        return job === undefined ? null : shown(job);
      }),
      details: IDS.map((id) => {
        const { history = [], logs = [] } = find(model, id) ?? {};
        return { history, logs };
      }),
    };
  }

  /** What listeners must have been told, job by job. */
  heard(): unknown {
    const { events, outcomes } = this.#model;
    return [events, outcomes].map((told) => IDS.map((id) => told.filter((each) => each.id === id)));
  }

  #claim(by: verbs.Claim): object {
    const { jobs, hasSuspects } = verbs.claim(this.#model, by);
    this.#claims.remember(by.lease, jobs ?? []);
    return {
      lost: jobs === undefined,
      hasSuspects,
      isAnythingDue: isAnythingDue(this.#model),
      jobs: (jobs ?? []).map(claimed),
    };
  }

  #settle(step: StepOf<"settle">): object {
    const settlements = step.ends.map(
      ({ id, ending, isLate }): Settlement => ({ id, fence: this.#claims.fence(id, isLate), ...ending }),
    );
    const settled = comparable(
      settlements,
      settle(this.#model, { lease: step.lease, settlements, retention: RETENTION }),
    );
    if (step.count !== undefined)
      return { settled, ...this.#claim({ lease: step.lease, leaseMs: LONG_MS, count: step.count }) };
    const lost = this.#model.leases.some(({ name, isLost }) => name === step.lease && isLost);
    return { settled, lost, hasSuspects: false, isAnythingDue: isAnythingDue(this.#model), jobs: [] };
  }

  #watch(id: string): object {
    const job = findLive(this.#model, id);
    if (job === undefined) return { status: "missing" };
    if (isFinalState(job.state)) return { status: "final", outcome: outcomeOf(job, job.state) };
    job.isWatched = true;
    return { status: "watching" };
  }

  #overdue(step: StepOf<"overdue">): unknown {
    const id = this.#claims.nextOverdue();
    const job: NewJob = aJob({
      ...given({ limits: step.limits }),
      id,
      ttlMs: 1,
      onExpire: step.onExpire,
      watch: true,
    });
    verbs.insert(this.#model, job);
    this.#model.now += 2;
    expireOverdue(this.#model);
    const seen = step.next === "look" ? structuredClone(this.look()) : undefined;
    if (step.next === "look") sweep(this.#model, RETENTION);
    else if (step.next === "claim") this.do({ what: "claim", lease: "worker-1", count: 0, isApart: false });
    else if (step.next === "change") this.do({ what: "change", id, change: { change: "promote" } });
    else if (step.next === "cancel") this.do({ what: "cancel", id, reason: "late" });
    else this.do({ what: step.next, id });
    sweep(this.#model, RETENTION);
    return { seen, state: findLive(this.#model, id)?.state ?? "none" };
  }
}

function listed(model: Model, state: JobState): ModelJob[] {
  if (isFinalState(state)) return endedInOrder(model, state).reverse();
  switch (state) {
    case "waiting":
      return waitingInOrder(model);
    case "delayed":
    case "retrying":
      return dueInOrder(model).filter((job) => job.state === state);
    case "active":
      return inState(model, state).sort((a, b) => a.fence - b.fence);
  }
}

function common(job: ModelJob): object {
  const { id, version, priority, attempt, stalls } = job;
  return {
    task: TASK_NAME,
    id,
    payload: JSON.stringify({ id }),
    version,
    fingerprint: "",
    headers: {},
    priority,
    attempt,
    stalls,
  };
}

function claimed(job: ModelJob): object {
  const { collect, limit, rate } = job.limits ?? {};
  return {
    ...common(job),
    lease: job.lease,
    ...(collect === undefined ? {} : { collect: { key: collect.key, maxSize: collect.maxSize } }),
    ...(limit === undefined && rate === undefined ? {} : { isGated: true }),
  };
}

function shown(job: ModelJob): object {
  const { state, result, error, reason, replacedBy, progress } = job;
  return {
    ...common(job),
    state,
    enqueuedAt: 0,
    dueAt: job.due !== undefined,
    expiresAt: job.expiresAt !== undefined,
    startedAt: job.isStarted,
    finishedAt: job.ended !== undefined,
    worker: job.lease,
    result,
    error,
    reason,
    replacedBy,
    progress,
  };
}
