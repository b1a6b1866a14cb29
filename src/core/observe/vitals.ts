/** How workers say that they are, and what they can be told to do. */

/** Vitals that are longer are not kept. */
export const MAX_VITALS_BYTES = 2048;
/** Jobs at work that vitals name. */
const MOST_JOBS_NAMED = 20;

/** What a worker can be told: to begin no more jobs, to begin jobs again, to close as a signal to its process would. */
export const WORKER_COMMANDS = ["quiet", "resume", "close"] as const;
export type WorkerCommand = (typeof WORKER_COMMANDS)[number];

/** A command as a worker gets it, perhaps several times. */
export interface GivenCommand {
  readonly command: WorkerCommand;
  /** Above that of the command before; one that is not above the last that was carried out is old. */
  readonly number: number;
}

/** A command as it is stored; undefined: a newer version tells workers what this one does not know. */
export function givenCommand(name: unknown, number: unknown): GivenCommand | undefined {
  const command = WORKER_COMMANDS.find((known) => known === name);
  return command && { command, number: Number(number) };
}

/** What a worker does. */
const WORKER_STATES = ["running", "quiet", "closing"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** The process of a worker, as it says itself. */
export interface WorkerProcess {
  /** Memory of its process, in bytes. */
  readonly rssBytes?: number;
  /** Of a hundred turns of its event loop 99 came no later than this, in ms, since it said so before. */
  readonly lagMs?: number;
  /** Of one core, since it said so before: 1 is all of it. */
  readonly cpu?: number;
  /** Version of Node.js, or of what takes its place. */
  readonly node?: string;
  /** Version of this library. */
  readonly taskora?: string;
  /** Which build of the application it is, by its option `release`. */
  readonly release?: string;
}

/** How a worker is, as it says itself. */
export interface Vitals extends WorkerProcess {
  readonly state: WorkerState;
  /** Jobs at work, of all tasks. */
  readonly running: number;
  /** Those that began first in front; {@link MOST_JOBS_NAMED} at most are kept. */
  readonly jobs: readonly RunningJob[];
  /** Slots of its tasks: where they do not all fit, those with jobs at work. */
  readonly tasks: readonly TaskSlots[];
}

/** A job at work. */
export interface RunningJob {
  readonly task: string;
  readonly id: string;
  /** For how long its handler has been at work, in ms, as of the vitals. */
  readonly forMs: number;
}

/** What a worker has for one task. */
export interface TaskSlots {
  readonly task: string;
  /** Jobs that it runs at once. */
  readonly slots: number;
  /** Those that are taken. */
  readonly running: number;
}

/** Vitals as they are stored. What does not fit in {@link MAX_VITALS_BYTES} is left out, slots of idle tasks first. */
export function writeVitals({ jobs, tasks, ...fixed }: Vitals): string {
  const kept = { jobs: [] as RunningJob[], tasks: [] as TaskSlots[] };
  let room = MAX_VITALS_BYTES - bytesOf({ ...fixed, ...kept });
  const keep = <Item>(items: readonly Item[], list: Item[]): void => {
    for (const item of items) {
      const bytes = bytesOf(item) + 1;
      if (bytes > room) continue;
      list.push(item);
      room -= bytes;
    }
  };
  keep(tasks.filter(({ running }) => running > 0).slice(0, MOST_JOBS_NAMED), kept.tasks);
  keep(jobs.slice(0, MOST_JOBS_NAMED), kept.jobs);
  const named = new Set(kept.tasks);
  keep(
    tasks.filter((task) => !named.has(task)),
    kept.tasks,
  );
  return JSON.stringify({ ...fixed, ...kept });
}

/** Vitals that a store keeps; undefined: there are none, or they are too long. */
export function keptVitals(vitals: string | undefined): string | undefined {
  return vitals === undefined || byteLength(vitals) > MAX_VITALS_BYTES ? undefined : vitals;
}

function bytesOf(value: unknown): number {
  return byteLength(JSON.stringify(value));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Reads what {@link writeVitals} wrote, also a newer one; undefined: it cannot be read. */
export function readVitals(text: string): Vitals | undefined {
  const said = parsed(text);
  const state = WORKER_STATES.find((known) => known === said?.state);
  if (said === undefined || state === undefined) return undefined;
  const { jobs, tasks, running } = said;
  return {
    ...said,
    state,
    running: typeof running === "number" ? running : 0,
    jobs: Array.isArray(jobs) ? jobs.filter(isOfTask) : [],
    tasks: Array.isArray(tasks) ? tasks.filter(isOfTask) : [],
  };
}

function isOfTask<Item extends { readonly task: string }>(item: Item | null): item is Item {
  return typeof item === "object" && item !== null && typeof item.task === "string";
}

function parsed(text: string): Partial<Vitals> | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? said : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a worker closes: it claims no jobs, and will not when it is told to. */
export function isLeaving(vitals: { readonly text: string } | undefined): boolean {
  return vitals !== undefined && readVitals(vitals.text)?.state === "closing";
}
