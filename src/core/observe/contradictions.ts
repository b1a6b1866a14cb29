/** What must be true of the indexes of a store, whatever it is made of. */
import { isFinalState, JOB_STATES, type JobState } from "../lifecycle.js";
import { type GateRule, gatesOf } from "../limits/gates.js";
import type { JobLimits } from "../limits/job-limits.js";
import type { GateEntries, TaskEntries } from "./task-entries.js";

/** What the checks look things up in. */
interface Known {
  readonly entries: TaskEntries;
  /** The state whose index a job is in. */
  readonly states: ReadonlyMap<string, JobState>;
}

/** What contradicts itself among the entries of a task, each as a sentence. */
export function contradictionsIn(entries: TaskEntries): readonly string[] {
  const states = new Map<string, JobState>();
  const doubled: string[] = [];
  for (const state of JOB_STATES) {
    for (const id of entries.indexes[state]) {
      const other = states.get(id);
      if (other !== undefined) doubled.push(`${id} is in the indexes of ${other} and ${state}`);
      states.set(id, state);
    }
  }
  const known = { entries, states };
  return [
    ...doubled,
    ...indexFaults(known),
    ...entries.gates.flatMap((gate) => gateFaults(gate, known)),
    ...holderFaults(known),
    ...keyFaults(known),
    ...claimFaults(known),
    ...parkedFaults(known),
  ];
}

function indexFaults({ entries, states }: Known): readonly string[] {
  const stored = new Set(entries.jobs);
  return [
    ...entries.jobs.filter((id) => !states.has(id)).map((id) => `${id} is stored and in no index`),
    ...[...states].filter(([id]) => !stored.has(id)).map(([id, state]) => `${id} is ${state} and not stored`),
    ...entries.belongings
      .filter(({ id }) => !stored.has(id))
      .map(({ what, id }) => `${what} of ${id} is kept and the job is not stored`),
  ];
}

function gateFaults(gate: GateEntries, known: Known): readonly string[] {
  const { name, running, admitted, blocked } = gate;
  const at = (ids: readonly string[], state: JobState, what: string): readonly string[] =>
    ids.flatMap((id) => {
      if (known.states.get(id) !== state) return [`${id} ${what} ${name} and is not ${state}`];
      return ruleOf(known, id, name) === undefined ? [`${id} ${what} ${name} and has no such gate`] : [];
    });
  return [
    ...at(running, "active", "runs at"),
    ...at(admitted, "waiting", "holds room at"),
    ...at(blocked, "waiting", "is blocked at"),
    ...blocked
      .filter((id) => admitted.includes(id))
      .map((id) => `${id} is blocked at ${name} and holds room there`),
    ...(tooMany(gate, known) ? [`${running.length} jobs run at ${name}, which lets fewer`] : []),
    ...(isKeptBack(gate, known) ? [`${blocked[0]} is blocked at ${name}, which has room`] : []),
  ];
}

function tooMany({ name, running }: GateEntries, known: Known): boolean {
  if (known.entries.override !== undefined) return false;
  const most = Math.max(0, ...running.map((id) => ruleOf(known, id, name)?.most ?? 0));
  return running.length > most;
}

/** Room at a rate comes with time, so that only a sweep brings it; whoever gives back room leaves it to a sweep as well. */
function isKeptBack({ name, running, admitted, blocked, isDue }: GateEntries, known: Known): boolean {
  if (isDue === true) return false;
  const [first] = blocked;
  const rule = first === undefined ? undefined : ruleOf(known, first, name);
  return rule !== undefined && rule.windowMs === undefined && rule.most > running.length + admitted.length;
}

/** Every job that runs counts at its limit, and one that is blocked is so once and holds nothing. */
function holderFaults({ entries, states }: Known): readonly string[] {
  const faults: string[] = [];
  for (const [id, limits] of entries.limits) {
    const names = gatesOf(limits).map(({ name }) => name);
    const gates = entries.gates.filter(({ name }) => names.includes(name));
    const limit = gatesOf(limits).find(({ windowMs }) => windowMs === undefined);
    const counts = gates.some(({ name, running }) => name === limit?.name && running.includes(id));
    if (limit !== undefined && states.get(id) === "active" && !counts)
      faults.push(`${id} runs and does not count at ${limit.name}`);
    const blocked = gates.filter((gate) => gate.blocked.includes(id));
    if (blocked.length > 1) faults.push(`${id} is blocked at ${blocked.length} gates`);
    if (blocked.length > 0 && gates.some(({ admitted }) => admitted.includes(id)))
      faults.push(`${id} is blocked and holds room`);
  }
  return faults;
}

function keyFaults({ entries, states }: Known): readonly string[] {
  return entries.keys.flatMap(({ kind, key, id, ends }) => {
    const state = states.get(id);
    const isOpen = state !== undefined && !isFinalState(state);
    const label = `the ${kind} key ${key} of ${id}`;
    if (kind === "idempotent") {
      // A later job with the same id need not have the key.
      const isOwn = entries.limits.get(id)?.idempotency?.key === key;
      if (isOpen && isOwn && ends) return [`${label} ends although the job has not`];
      return (isOpen && isOwn) || ends ? [] : [`${label} never ends although the job has`];
    }
    if (!isOpen) return [`${label} is held although the job is ${state ?? "gone"}`];
    const { unique, debounce } = entries.limits.get(id) ?? {};
    const own = kind === "unique" ? unique?.key : debounce?.key;
    return own === key ? [] : [`${label} is not the job's own`];
  });
}

function claimFaults({ entries, states }: Known): readonly string[] {
  const active = entries.indexes.active;
  const open = new Set(["waiting", "delayed"]);
  return [
    ...active.filter((id) => !entries.leases.has(id)).map((id) => `${id} is active under no lease`),
    ...[...entries.leases.keys()]
      .filter((id) => states.get(id) !== "active")
      .map((id) => `${id} is under a lease and not active`),
    ...entries.cancels
      .filter((id) => states.get(id) !== "active")
      .map((id) => `${id} is asked to stop and not active`),
    ...entries.expiring
      .filter((id) => !open.has(states.get(id) ?? ""))
      .map((id) => `${id} may expire and is ${states.get(id) ?? "gone"}`),
  ];
}

/** Waiting jobs are where they are looked for. */
function parkedFaults({ entries, states }: Known): readonly string[] {
  const suspects = new Set(entries.suspects);
  const blocked = new Set(entries.gates.flatMap((gate) => gate.blocked));
  const faults = entries.suspects
    .filter((id) => states.get(id) !== "waiting" || blocked.has(id))
    .map((id) => `${id} waits apart and is ${blocked.has(id) ? "blocked" : (states.get(id) ?? "gone")}`);
  const queued = (kind: "group" | "collect", queues: ReadonlyMap<string, readonly string[]>): void => {
    for (const [key, ids] of queues) {
      for (const id of ids) {
        if (states.get(id) !== "waiting" || keyOf(entries.limits.get(id), kind) !== key)
          faults.push(`${id} is in the queue of ${kind} ${key} and does not wait there`);
      }
    }
    for (const id of entries.indexes.waiting) {
      const key = keyOf(entries.limits.get(id), kind);
      if (key === undefined || suspects.has(id) || blocked.has(id)) continue;
      if (queues.get(key)?.includes(id) !== true) faults.push(`${id} waits and is not in its ${kind} ${key}`);
    }
  };
  queued("group", entries.groups);
  queued("collect", entries.collected);
  return faults;
}

function keyOf(limits: JobLimits | undefined, kind: "group" | "collect"): string | undefined {
  return limits?.[kind]?.key;
}

function ruleOf({ entries }: Known, id: string, name: string): GateRule | undefined {
  return gatesOf(entries.limits.get(id), entries.override).find((rule) => rule.name === name);
}
