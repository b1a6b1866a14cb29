/**
 * Every key and channel taskora has in Redis. All keys of a task start with its root, which holds the hash
 * tag, so a task lives in one cluster slot and its scripts are passed the root alone.
 */
/** The store as a whole, where a task is expected. No task has this name. */
export const STORE_AS_TASK = "@store";

/** What is stored per task, by the last part of the key. */
export const TASK_KEYS = {
  /** HASH id → record. */
  jobs: "jobs",
  /** LIST of ids of priority 0, next first. */
  waiting: "waiting",
  /** ZSET of waiting ids of any other priority. */
  prioritized: "prioritized",
  /** ZSET of waiting ids that may not be next: their limits say why. */
  parked: "parked",
  /** ZSET group → virtual time of its next turn; `""` are the jobs in `waiting`. */
  ring: "ring",
  /** ZSET per group, `group:<key>`, of its waiting ids in order. */
  group: "group:",
  /** HASH group → its weight, where that is not 1. */
  weights: "weights",
  /** ZSET per key, `collect:<key>`, of the ids that are collected, in order. */
  collect: "collect:",
  /** HASH key → when its batch runs by time, µs, and when its first job came, ms. */
  collects: "collects",
  /** ZSET key → turn, of the keys whose batch is ready. */
  batches: "batches",
  /** HASH id → JSON of the job's limits. */
  limits: "limits",
  /** HASH key of `deduplicate` → id of the job that holds it. */
  unique: "unique",
  /** STRING per idempotency key, `idempotent:<key>`: digest, blank, id; it expires when the key is free again. */
  idempotent: "idempotent:",
  /** HASH key of `debounce` → time of its first dispatch, µs, blank, id of the last. */
  debounced: "debounced",
  /** ZSET per throttle, `throttle:<window in ms>:<key>`: ids that it let through, by time, µs; it expires by itself. */
  throttle: "throttle:",
  /** HASH id → entries of it in `waiting` that no longer count. */
  tombstones: "tombstones",
  /** ZSET id → due time, µs. */
  delayed: "delayed",
  /** ZSET id → due time, µs. */
  retrying: "retrying",
  /** ZSET id → time of expiry, ms, half a one less when the job is discarded then; only jobs that never started. */
  ttl: "ttl",
  /**
   * ZSET per gate, `blocked:<gate>`: ids of waiting jobs that have to wait there, by place. Gates are `l<key>`, so many at
   * once, and `r<key>`, so many in a window.
   */
  blocked: "blocked:",
  /** ZSET per gate, `holders:<gate>`: ids of jobs that run or that it has let through, by place. */
  holders: "holders:",
  /** ZSET per rate, `starts:<gate>`: its starts within the window, by time, µs. */
  starts: "starts:",
  /** ZSET what is due → its time, µs: a letter and a key of some limits. */
  timers: "timers",
  /** ZSET of waiting ids that are tried apart from others, in order. */
  suspects: "suspects",
  /** ZSET of versions of which jobs are put back, until a worker comes that runs them. */
  newer: "newer",
  /** ZSET per version, `newer:<version>`, of the ids that are, in claim order; they are in `delayed` as well. */
  newerJobs: "newer:",
  /** HASH id → claim. */
  active: "active",
  /** ZSET lease → its end, ms. */
  leases: "leases",
  /** HASH lease that is past → how many jobs of it were found, while all active jobs are looked at in several sweeps. */
  held: "held",
  /** ZSET lost lease → when it was taken away, ms; half a ms more when it held one job. */
  lost: "lost",
  /** HASH id of an active job → why it should be cancelled. */
  cancels: "cancels",
  /** STRING: since when the task is paused, ms; there only while it is. */
  paused: "paused",
  /** LIST of ids, oldest first. */
  completed: "completed",
  /** HASH id → payload of a job whose record says that it stands here. */
  payloads: "payloads",
  /** HASH id of a completed job whose record stayed as it was claimed → its start and end, and what it ended with. */
  done: "done",
  /** ZSET id → end, µs. */
  failed: "failed",
  /** ZSET id → end, µs. */
  cancelled: "cancelled",
  /** ZSET id → end of its TTL, µs. */
  expired: "expired",
  /** HASH id → letters of the keys below that the job uses. */
  extras: "extras",
  /** HASH id → progress. */
  progress: "progress",
  /** LIST per job, `history:<id>`: past attempts. */
  history: "history:",
  /** LIST per job, `logs:<id>`: lines of `ctx.log`. */
  logs: "logs:",
  /** STREAM per job, `messages:<id>`: what `ctx.emit` was given; the ids are the numbers of the messages. */
  messages: "messages:",
  /** HASH per workflow, `graph:<id>`: its steps and how they ended. */
  graph: "graph:",
  /** LIST per workflow, `work:<id>`: what is left to start or cancel. */
  work: "work:",
  /**
   * HASH id of a step's job that has ended → what its workflow must learn, until it has; of a workflow's own job `>` and
   * `<` with its id.
   */
  outbox: "outbox",
  /** STRING per job, `barred:<id>`: a step that must not be inserted any more; it expires by itself. */
  barred: "barred:",
  /** ZSET with one member when a waiter should look: what `BZPOPMIN` waits for. */
  wake: "wake",
  /** As `wake`, per version, `wake:<version>`: for waiters that run jobs of it. */
  wakeVersion: "wake:",
  /** HASH of counters. */
  meta: "meta",
  /** Channel: what happened to jobs. */
  events: "events",
  /** SET of who listens to that channel; there only while somebody does, it expires when nobody says so again. */
  heard: "heard",
  /** ZSET worker → end of its announcement, ms. Under {@link Keys.workers} alone. */
  announced: "announced",
  /** HASH worker → JSON of what it announced. Under {@link Keys.workers} alone. */
  announcements: "announcements",
  /** HASH worker → when it announced itself or prolonged that last, ms. Under {@link Keys.workers} alone. */
  seen: "seen",
  /** HASH worker → when it told its vitals, ms, a colon, JSON of them. Under {@link Keys.workers} alone. */
  vitals: "vitals",
  /** HASH worker → number of the command that it was told last, a blank, the command. Under {@link Keys.workers} alone. */
  commands: "commands",
  /** HASH fingerprint of a contract → JSON of its schemas. */
  contracts: "contracts",
  /** ZSET of those fingerprints → when a worker told the contract last, µs. */
  contractTimes: "contract-times",
  /** STREAM of changes by hand, as JSON. Under {@link Keys.store} alone. */
  audit: "audit",
  /** HASH per minute, `minutes:<number>`: what workers counted in it. It expires by itself, as the next two do. */
  minutes: "minutes:",
  /** HASH per ten minutes, `ten-minutes:<number>`: what workers counted in them. */
  tenMinutes: "ten-minutes:",
  /** HASH per day, `errors:<number>`: kinds of errors, how many, the first and the last of each. */
  errors: "errors:",
  /** ZSET release → when it was told of first, ms. Under {@link Keys.workers} alone. */
  releases: "releases",
  /** STRING: names what the store holds. Under {@link Keys.store} alone. */
  data: "data",
  /** ZSET root of a task → its rank: every task that was met. Under {@link Keys.store}. */
  known: "known",
  /** Channel: the root of a task that was met for the first time. Under {@link Keys.store}. */
  met: "met",
  /** HASH name of a schedule → revision, plan and payload. */
  scheduleRecords: "schedule-records",
  /** HASH name of a schedule → next slot, last slot, when that was fired, how many were, the last job. */
  scheduleRuns: "schedule-runs",
  /** ZSET name of a schedule → next slot, ms. */
  scheduleSlots: "schedule-slots",
  /** HASH name of a schedule that is on its way to another task → what it will be there. */
  scheduleMoves: "schedule-moves",
  /** HASH of the numbers of moves by which schedules came here, for a day after the last. */
  scheduleArrivals: "schedule-arrivals",
  /** HASH name of a schedule → its claim: a number and the task. Under {@link Keys.schedules} alone. */
  scheduleTasks: "schedule-tasks",
  /** ZSET of the names of all schedules, by name. Under {@link Keys.schedules} alone. */
  scheduleNames: "schedule-names",
  /** Channel: a schedule was written or removed. Under {@link Keys.schedules} alone. */
  schedulesChanged: "changed",
  /** Channel: active jobs that somebody asked to cancel, that the task was paused, what workers of it are told to do. */
  notices: "cancels-channel",
} as const;

export type TaskKey = keyof typeof TASK_KEYS;

/** The keys of one prefix. */
export interface Keys {
  /** The format version of everything under the prefix. */
  readonly format: string;
  /** What the keys about the store as a whole start with; who waits for due times of any task waits there. */
  readonly store: string;
  /** What the keys about all workers start with; no task has this root. */
  readonly workers: string;
  /** What all keys of a task start with. */
  root(task: string): string;
  key(task: string, name: TaskKey): string;
  /** What the keys about the names of all schedules start with; no task has this root. */
  readonly schedules: string;
  /** The channel on which changes of schedules are told. */
  readonly schedulesChanged: string;
  /** Whether a key or channel is of one task, so that scripts of no other touch it. */
  isOfTask(key: string): boolean;
  /** The task of a root that {@link Keys.root} made; undefined for any other text. */
  taskOf(root: string): string | undefined;
  /** The channel on which one adapter instance hears outcomes. */
  outcomes(instance: string): string;
}

/** @param prefix first part of every key; no braces, blanks or control characters */
export function createKeys(prefix: string): Keys {
  const roots = new Map<string, string>();
  const head = `${prefix}:{`;
  const root = (task: string): string => {
    const known = roots.get(task);
    if (known !== undefined) return known;
    const made = `${head}${escapeName(task)}}:`;
    roots.set(task, made);
    return made;
  };
  return {
    format: `${prefix}:format`,
    store: root(STORE_AS_TASK),
    workers: `${head}@workers}:`,
    schedules: `${head}@schedules}:`,
    schedulesChanged: `${head}@schedules}:${TASK_KEYS.schedulesChanged}`,
    root,
    key: (task, name) => root(task) + TASK_KEYS[name],
    isOfTask: (key) => key.startsWith(head) && !key.startsWith(`${head}@schedules}`),
    taskOf(text) {
      if (!text.startsWith(head) || !text.endsWith("}:")) return undefined;
      return unescapeName(text.slice(head.length, -2));
    },
    outcomes: (instance) => `${prefix}:outcomes:${instance}`,
  };
}

/** Writes any name with letters, digits, `.`, `_`, `-` and `%` alone; two names never become one. */
export function escapeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescapeName(text: string): string {
  return decodeURIComponent(text);
}
