import type { GateRule } from "../../../src/core/limits/gates.js";
import { byPlace, inState, type Model, type ModelJob, newNumber, type Place } from "./model.js";
import { joinTurns } from "./turns.js";

/** In front of whatever went to the front of the queue. */
const VERY_FRONT = 1e9;

/** What a job must pass to start: a limit first, then a rate. */
export function gatesOf({ limits }: ModelJob): GateRule[] {
  const { limit, rate } = limits ?? {};
  const gates: GateRule[] = [];
  if (limit !== undefined) gates.push({ name: `l${limit.key}`, most: limit.max });
  if (rate !== undefined) gates.push({ name: `r${rate.key}`, most: rate.limit, windowMs: rate.windowMs });
  return gates;
}

/** The job is next. Whether it may start; when not, it waits at its gate. */
export function passGates(model: Model, job: ModelJob): boolean {
  const place = job.held.length > 0 || job.isSuspect ? placeOf(job) : newPlace(model, job, "back");
  const gate = gatesOf(job).find((each) => !mayPass(model, job, { gate: each, place }));
  if (gate !== undefined) {
    stopAt(job, gate, place);
    openGates(model);
    return false;
  }
  for (const { name, windowMs } of gatesOf(job)) {
    if (windowMs !== undefined) model.starts.push({ gate: name, at: model.now });
  }
  return true;
}

/** A job with gates comes to the front of its priority: it is before all that wait, also at its gates. */
export function returnToGates(model: Model, job: ModelJob): void {
  const place = newPlace(model, job, "front");
  const gate = gatesOf(job).find((each) => !mayPass(model, job, { gate: each, place }));
  if (gate !== undefined) stopAt(job, gate, place);
  else comeBack(model, job, { place, held: gatesOf(job).map(({ name }) => name) });
}

/** The first of those who wait at a gate with room comes back and holds it, as long as there is one. */
export function openGates(model: Model): void {
  for (;;) {
    const next = inState(model, "waiting")
      .filter((job) => job.blockedAt !== undefined && firstAt(model, job.blockedAt) === job)
      .find((job) => gatesOf(job).some((gate) => gate.name === job.blockedAt && roomOf(model, gate) > 0));
    if (next === undefined) return;
    comeBack(model, next, { place: placeOf(next), held: [next.blockedAt ?? ""] });
  }
}

/** A job that waits no longer, or anew, waits at no gate and holds nothing. */
export function leaveGates(job: ModelJob): void {
  job.blockedAt = undefined;
  job.held = [];
  job.gatePlace = undefined;
}

function mayPass(
  model: Model,
  job: ModelJob,
  { gate, place }: { readonly gate: GateRule; readonly place: Place },
): boolean {
  if (freeOf(model, gate) <= 0) return false;
  if (job.held.includes(gate.name)) return true;
  const first = firstAt(model, gate.name);
  if (first !== undefined && byPlace(placeOf(first), place) <= 0) return false;
  while (roomOf(model, gate) <= 0) {
    const last = holdersOf(model, gate.name).at(-1);
    if (last === undefined || byPlace(placeOf(last), place) <= 0) return false;
    stopAt(last, gate, placeOf(last));
  }
  return true;
}

/** How many more may start and hold room, if all who hold it keep it. */
function roomOf(model: Model, gate: GateRule): number {
  return freeOf(model, gate) - holdersOf(model, gate.name).length;
}

/** How many more may start, if those who hold room give it up. */
function freeOf(model: Model, gate: GateRule): number {
  const running =
    gate.windowMs === undefined ? inState(model, "active").filter((job) => isAt(job, gate)) : [];
  const since = model.now - (gate.windowMs ?? 0);
  const starts = model.starts.filter(({ gate: name, at }) => name === gate.name && at > since);
  return gate.most - running.length - starts.length;
}

function isAt(job: ModelJob, gate: GateRule): boolean {
  return gatesOf(job).some(({ name }) => name === gate.name);
}

/** Jobs that hold room and have not started, by place. */
function holdersOf(model: Model, gate: string): ModelJob[] {
  return inState(model, "waiting")
    .filter((job) => job.held.includes(gate))
    .sort((a, b) => byPlace(placeOf(a), placeOf(b)));
}

function firstAt(model: Model, gate: string): ModelJob | undefined {
  return inState(model, "waiting")
    .filter((job) => job.blockedAt === gate)
    .sort((a, b) => byPlace(placeOf(a), placeOf(b)))[0];
}

function stopAt(job: ModelJob, gate: GateRule, place: Place): void {
  job.blockedAt = gate.name;
  job.held = [];
  job.gatePlace = place;
  job.isAside = true;
  job.number = place.number;
}

function comeBack(
  model: Model,
  job: ModelJob,
  { place, held }: { readonly place: Place; readonly held: string[] },
): void {
  job.blockedAt = undefined;
  job.held = held;
  job.gatePlace = place;
  job.number = place.number - VERY_FRONT;
  job.isAside = job.isSuspect || job.limits?.group !== undefined;
  if (!job.isSuspect) joinTurns(model, job);
}

function placeOf(job: ModelJob): Place {
  return job.gatePlace ?? job;
}

function newPlace(model: Model, { priority }: ModelJob, end: "front" | "back"): Place {
  return { priority, number: newNumber(model, end) };
}
