import type { InsertReply, NewJob } from "taskora/adapter";
import { isFinalState } from "../../../src/core/lifecycle.js";
import type {
  JobDebounce,
  JobIdempotency,
  JobThrottle,
  JobUnique,
} from "../../../src/core/limits/admission.js";
import { idempotentHolder, takeIdempotent } from "./keys.js";
import { type Model, type ModelJob, put } from "./model.js";
import { findLive, toFinal } from "./moves.js";

/** Why a new job is not stored; undefined when it may be. */
export function refusalOf(model: Model, { id, limits }: NewJob): InsertReply | undefined {
  return (
    (limits?.idempotency && askIdempotent(model, limits.idempotency)) ??
    (limits?.unique && askUnique(model, limits.unique)) ??
    (limits?.throttle && askThrottle(model, limits.throttle, id))
  );
}

function askIdempotent(model: Model, { key, digest }: JobIdempotency): InsertReply | undefined {
  const held = idempotentHolder(model, key);
  if (held === undefined) return undefined;
  findLive(model, held.id);
  if (held.digest !== digest) return { status: "reused", id: held.id };
  return { status: "duplicate", id: held.id, by: "idempotency" };
}

function askUnique(model: Model, unique: JobUnique): InsertReply | undefined {
  const id = model.keys.unique.find(({ key }) => key === unique.key)?.id;
  const holder = id === undefined ? undefined : findLive(model, id);
  if (holder === undefined || isFinalState(holder.state)) return undefined;
  const states: readonly string[] = unique.while ?? [holder.state];
  return states.includes(holder.state) ? { status: "duplicate", id: holder.id, by: "unique" } : undefined;
}

function askThrottle(model: Model, limits: JobThrottle, id: string): InsertReply | undefined {
  const passed = model.keys.throttled.filter(({ name, at }) => {
    return name === nameOf(limits) && at > model.now - limits.windowMs;
  });
  if (passed.length < limits.limit || passed.some((other) => other.id === id)) return undefined;
  return { status: "throttled", retryAfterMs: 0 };
}

/** The keys of a new job are its own from now on. Gives when it is due, if it is debounced. */
export function takeKeys(model: Model, { id, limits }: NewJob): number | undefined {
  const { idempotency, unique, throttle, debounce } = limits ?? {};
  if (idempotency !== undefined) takeIdempotent(model, idempotency, id);
  if (unique !== undefined) put(model.keys.unique, { key: unique.key, id }, ({ key }) => key === unique.key);
  if (throttle !== undefined) {
    const name = nameOf(throttle);
    const isKnown = model.keys.throttled.some((past) => past.name === name && past.id === id);
    if (!isKnown) model.keys.throttled.push({ name, id, at: model.now });
  }
  return debounce === undefined ? undefined : passDebounce(model, debounce, id);
}

function passDebounce(model: Model, debounce: JobDebounce, id: string): number {
  const last = model.keys.debounced.find(({ key }) => key === debounce.key);
  const before = last && findLive(model, last.id);
  const isReplaced = before !== undefined && isUnstarted(before);
  const first = isReplaced ? (last?.first ?? model.now) : model.now;
  if (isReplaced)
    toFinal(model, before, { event: "cancel", state: "cancelled", reason: "replaced", replacedBy: id });
  put(model.keys.debounced, { key: debounce.key, id, first }, ({ key }) => key === debounce.key);
  return Math.min(model.now + debounce.delayMs, first + (debounce.maxWaitMs ?? Number.POSITIVE_INFINITY));
}

function isUnstarted({ isStarted, state }: ModelJob): boolean {
  return !isStarted && (state === "waiting" || state === "delayed");
}

function nameOf({ key, windowMs }: JobThrottle): string {
  return `${windowMs}:${key}`;
}
