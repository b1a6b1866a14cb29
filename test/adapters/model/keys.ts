import type { JobIdempotency } from "../../../src/core/limits/admission.js";
import { drop, type Model, type ModelJob, put } from "./model.js";

/** The job stands for an idempotency key. */
export function takeIdempotent(model: Model, { key, digest }: JobIdempotency, id: string): void {
  const held = { key, id, digest, until: Number.POSITIVE_INFINITY };
  put(model.keys.idempotent, held, (other) => other.key === key);
}

/** Who stands for an idempotency key. */
export function idempotentHolder(model: Model, key: string): Model["keys"]["idempotent"][number] | undefined {
  return model.keys.idempotent.find((held) => held.key === key && held.until > model.now);
}

/** A job waits, perhaps again: keys that became free meanwhile are its own once more. */
export function holdKeys(model: Model, { id, limits }: ModelJob): void {
  const { unique, idempotency } = limits ?? {};
  if (unique !== undefined && !model.keys.unique.some(({ key }) => key === unique.key)) {
    model.keys.unique.push({ key: unique.key, id });
  }
  if (idempotency === undefined) return;
  const held = idempotentHolder(model, idempotency.key);
  if (held === undefined) takeIdempotent(model, idempotency, id);
  else if (held.id === id) held.until = Number.POSITIVE_INFINITY;
}

/** A job is over: it frees the keys that are its own. */
export function freeKeys(model: Model, { id, limits }: ModelJob): void {
  const { unique, idempotency, debounce } = limits ?? {};
  drop(model.keys.unique, (held) => held.id === id && held.key === unique?.key);
  drop(model.keys.debounced, (held) => held.id === id && held.key === debounce?.key);
  const held = idempotency && idempotentHolder(model, idempotency.key);
  if (held?.id === id) held.until = model.now + (idempotency?.windowMs ?? 0);
}
