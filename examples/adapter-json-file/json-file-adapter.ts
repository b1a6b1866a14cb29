/**
 * An adapter over one JSON file: for a tool on one machine that has some hundreds of jobs and wants them to survive it. One
 * process only: nothing keeps a second one from writing over what this one wrote. Each change writes the whole file.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Adapter, ClaimReply, ClaimRequest, Encoded, JobMove, Retention } from "taskora/adapter";
import * as port from "taskora/adapter";

/** Most jobs that a sweep touches at once in each way. */
const MOST = 1000;

/** A job with its place among the jobs of its state: lower is earlier. */
type Job = port.StoredJob & { place: number };

/** One that is lost stays lost. */
type Lease = { readonly name: string; expiresAt: number; isLost?: boolean };

interface Task {
  readonly name: string;
  readonly jobs: Map<string, Job>;
  readonly leases: Map<string, Lease>;
  fence: number;
  front: number;
  back: number;
  /** How its workers keep its jobs, as the last sweep was told. */
  keeping?: { readonly retention: Retention; readonly stallLimit: number };
}

/** JSON has no bytes. */
const packed = (value?: Encoded) =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value;
const unpacked = (value?: string | { readonly base64: string }) =>
  typeof value === "object" ? Uint8Array.from(Buffer.from(value.base64, "base64")) : value;

/** The jobs of one file. All adapters of this process that use the file share one of these. */
export class JsonFile {
  readonly path: string;
  readonly clock: port.Clock;
  readonly tasks = new Map<string, Task>();
  /** Names what the file holds: another name when it was deleted. */
  data: string = randomUUID();
  // Who waits for jobs, for the end of one, and for cancels: they live as long as this process.
  readonly wakes = new port.Wakes();
  readonly watchers = new port.OutcomeWatchers<Job>();
  readonly cancels = new Map<string, port.Listeners>();
  #written: string | undefined;

  constructor(path: string, clock: port.Clock = port.systemClock) {
    this.path = path;
    this.clock = clock;
  }

  task(name: string): Task {
    const made = () => ({ name, jobs: new Map(), leases: new Map(), fence: 0, front: 0, back: 0 });
    const task: Task = this.tasks.get(name) ?? made();
    this.tasks.set(name, task);
    return task;
  }

  load(): void {
    if (this.#written !== undefined || !existsSync(this.path)) return;
    this.#written = readFileSync(this.path, "utf8");
    const { data, tasks } = JSON.parse(this.#written);
    this.data = data;
    for (const { jobs, leases, ...task } of tasks) {
      for (const job of jobs)
        for (const field of ["payload", "result", "progress"]) job[field] = unpacked(job[field]);
      const byId = new Map<string, Job>(jobs.map((job: Job) => [job.id, job]));
      const byName = new Map<string, Lease>(leases.map((lease: Lease) => [lease.name, lease]));
      this.tasks.set(task.name, { ...task, jobs: byId, leases: byName });
    }
  }

  /** Whoever reads the file finds all of a change or nothing of it. */
  save(): void {
    const tasks = [...this.tasks.values()].map(({ jobs, leases, ...task }) => ({
      ...task,
      leases: [...leases.values()],
      jobs: [...jobs.values()].map(({ payload, result, progress, ...job }) => ({
        ...job,
        ...{ payload: packed(payload), result: packed(result), progress: packed(progress) },
      })),
    }));
    const text = JSON.stringify({ data: this.data, tasks });
    if (text === this.#written) return;
    try {
      writeFileSync(`${this.path}.new`, text, { flush: true });
      renameSync(`${this.path}.new`, this.path);
    } catch (cause) {
      const message = `${this.path} was not written: ${cause}. See to the disk.`;
      throw new port.TaskoraError("STORE_UNAVAILABLE", message, { cause });
    }
    this.#written = text;
  }
}

const inState = ({ jobs }: Task, state: port.JobState, now: number) => port.jobsIn(jobs.values(), state, now);
/** When something of the task is due. A lease that was lost has been seen to. */
const nextDueAt = ({ leases, jobs }: Task) =>
  port.soonestOf([
    ...[...leases.values()].map(({ isLost, expiresAt }) => (isLost ? undefined : expiresAt)),
    ...[...jobs.values()].flatMap(({ dueAt, expiresAt }) => [dueAt, expiresAt]),
  ]);

const dueIn = (task: Task, now: number) => port.dueReply(nextDueAt(task), now);
const hasWork = (task: Task, now: number) => inState(task, "waiting", now).length > 0;

/** Forgets finished jobs that are not kept any more: by count, and by age when `now` is given. */
function prune(task: Task, retention: Retention, now?: number): number {
  const before = task.jobs.size;
  for (const state of port.FINAL_STATES) {
    // Before all times nothing is overdue, so none is seen as ended that has not.
    const ended = inState(task, state, Number.NEGATIVE_INFINITY);
    for (const { id } of port.surplusOf(ended, { state, retention, now }).slice(0, MOST))
      task.jobs.delete(id);
  }
  return before - task.jobs.size;
}

/** One user of a file. */
export class JsonFileAdapter implements Adapter {
  readonly name = "json-file";
  readonly address: string;
  readonly features = [];
  readonly #file: JsonFile;
  readonly #waiting: port.WaitingClaims;
  readonly #subscriptions = new port.Subscriptions();
  #outcomes = new Set() as port.Listeners;
  #isOpen = false;

  constructor(file: JsonFile) {
    this.#file = file;
    this.address = file.path;
    const { wakes, clock } = file;
    this.#waiting = new port.WaitingClaims({ wakes, clock, claim: (requests) => this.#claim(requests) });
  }

  async connect(): Promise<void> {
    this.#file.load();
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#outcomes = new Set();
    this.#waiting.close();
    this.#subscriptions.endAll();
  }

  #now(): number {
    if (this.#isOpen) return this.#file.clock.now();
    throw new port.TaskoraError("STORE_UNAVAILABLE", "The adapter is not connected. Call connect() first.");
  }

  /** Does what is asked of each task, writes the file, and wakes whoever should look. */
  #each<Request extends { readonly task: string; readonly retention?: Retention }, Reply>(
    requests: readonly Request[],
    work: (task: Task, request: Request, now: number) => Reply,
  ): Reply[] {
    const now = this.#now();
    const tasks = [...new Set(requests.map(({ task }) => this.#file.task(task)))];
    const dueBefore = tasks.map(nextDueAt);
    const replies = requests.map((request) => work(this.#file.task(request.task), request, now));
    for (const [name, retention] of new Map(requests.map(({ task, retention }) => [task, retention])))
      if (retention !== undefined) prune(this.#file.task(name), retention);
    this.#file.save();
    for (const [index, task] of tasks.entries()) {
      const isDueSooner = nextDueAt(task) < (dueBefore[index] ?? 0);
      if (isDueSooner || hasWork(task, now)) this.#file.wakes.mark(task.name);
      if (isDueSooner) this.#file.wakes.markDue();
    }
    return replies;
  }

  /** Carries a move out: in the record, in its place, and for those who wait for its end. */
  #apply(task: Task, job: Job, move: JobMove): void {
    const end = port.endBy(job, move);
    port.applyMove(job, move);
    if (move.to === "none") task.jobs.delete(job.id);
    else if (move.end === "front") job.place = --task.front;
    else if (move.to !== "expired") job.place = ++task.back;
    if (end !== undefined) this.#file.watchers.tell(task.name, job, end);
  }

  /** A job for a change; one whose TTL has passed ends first. */
  #find(task: Task, id: string, now: number): Job | undefined {
    const job = task.jobs.get(id);
    if (job !== undefined && port.isOverdue(job, now)) this.#apply(task, job, port.expireMove(job, now));
    return task.jobs.get(id);
  }

  // ── Jobs come, run and end ──

  insert: Adapter["insert"] = async (jobs) =>
    this.#each(jobs, (task, job, now) => {
      const stored = this.#find(task, job.id, now);
      if (stored !== undefined && !port.isSameJob(stored, job)) return { status: "conflict" };
      const record = stored ?? { ...port.newStoredJob(job, now), place: ++task.back };
      task.jobs.set(job.id, record);
      if (job.watch === true) this.#file.watchers.watch(record, this.#outcomes);
      if (port.isFinalState(record.state)) this.#file.watchers.tell(task.name, record, record.state);
      return { status: "inserted" };
    });

  claim: Adapter["claim"] = async (requests, wait) => {
    this.#now();
    if (wait === undefined || wait.waitMs <= 0) return this.#claim(requests);
    return this.#waiting.claim(requests, wait);
  };

  #claim(requests: readonly ClaimRequest[]): ClaimReply[] {
    return this.#each(requests, (task, request, now) => this.#take(task, request, now));
  }

  #take(task: Task, request: ClaimRequest, now: number): ClaimReply {
    const lease = task.leases.get(request.lease) ?? { name: request.lease, expiresAt: 0 };
    if (lease.isLost) return { jobs: [], lost: true, ...dueIn(task, now) };
    this.#promote(task, now);
    const next = inState(task, "waiting", now).slice(0, request.count);
    lease.expiresAt = now + request.leaseMs;
    if (next.length === 0) return { jobs: [], lost: false, ...dueIn(task, now) };
    task.leases.set(lease.name, lease);
    for (const job of next) port.startRun(job, { lease: lease.name, fence: ++task.fence, now });
    const jobs = next.map((job) => port.claimedJobOf(task.name, job));
    return { jobs, lost: false, now, ...dueIn(task, now) };
  }

  /** Ends what is overdue, and makes waiting what is due. */
  #promote(task: Task, now: number): { readonly expired: number; readonly promoted: number } {
    const overdue = [...task.jobs.values()].filter((job) => port.isOverdue(job, now)).slice(0, MOST);
    for (const job of overdue) this.#apply(task, job, port.expireMove(job, now));
    const waits = [...inState(task, "delayed", now), ...inState(task, "retrying", now)];
    waits.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    const due = waits.filter(({ dueAt = 0 }) => dueAt <= now).slice(0, MOST);
    for (const job of due) this.#apply(task, job, port.promoteMove(now));
    return { expired: overdue.length, promoted: due.length };
  }

  settle: Adapter["settle"] = async (batches) =>
    this.#each(batches, (task, { lease, settlements, claim }, now) => {
      const released: Job[] = [];
      const settled = settlements.map((settlement) => {
        const job = task.jobs.get(settlement.id);
        const { status, move } = port.settlementMove(job, settlement, { lease, now });
        if (job === undefined || move === undefined) return status;
        this.#apply(task, job, move);
        if (move.to === "waiting") released.push(job);
        return status;
      });
      for (const job of port.lastClaimedFirst(released)) job.place = --task.front;
      const lost = task.leases.get(lease)?.isLost === true;
      if (claim === undefined) return { jobs: [], lost, settled, ...dueIn(task, now) };
      return { ...this.#take(task, { task: task.name, lease, ...claim }, now), settled };
    });

  renew: Adapter["renew"] = async (requests) =>
    this.#each(requests, (task, { lease: name, leaseMs, held }, now) => {
      const lease = task.leases.get(name);
      if (lease === undefined || lease.isLost) return { lost: lease !== undefined, cancelled: [] };
      lease.expiresAt = now + leaseMs;
      const isHeld = (job: Job) =>
        held?.some(({ id, fence }) => id === job.id && fence === job.fence) ?? true;
      const under = () => inState(task, "active", now).filter(({ worker }) => worker === name);
      for (const job of port.lastClaimedFirst(under().filter((job) => !isHeld(job)))) {
        const { id, fence } = job;
        const { move } = port.settlementMove(job, { id, fence, event: "release" }, { lease: name, now });
        if (move !== undefined) this.#apply(task, job, move);
      }
      const cancelled = under().flatMap(({ id, cancelAsked: reason }) =>
        reason === undefined ? [] : [{ id, reason }],
      );
      return { lost: false, cancelled };
    });

  // ── What happens by time ──

  sweep: Adapter["sweep"] = async (requests) =>
    this.#each(requests, (task, { retention, stallLimit = port.DEFAULT_STALL_LIMIT, scope }, now) => {
      if (retention !== undefined) task.keeping = { retention, stallLimit };
      const kept = task.keeping;
      const ended = this.#promote(task, now);
      const reclaimed = this.#reclaim(task, kept?.stallLimit ?? stallLimit, now);
      const age = scope === "all" && retention !== undefined ? now : undefined;
      const pruned = kept === undefined ? 0 : prune(task, kept.retention, age);
      const more = Math.max(ended.expired, ended.promoted, reclaimed, pruned) >= MOST;
      return { ...ended, reclaimed, pruned, more, ...dueIn(task, now) };
    });

  /** Takes the jobs of leases that are past; those that held any are lost from now on. */
  #reclaim(task: Task, stallLimit: number, now: number): number {
    const past = [...task.leases.values()].filter(({ expiresAt }) => expiresAt <= now);
    const names = new Set(past.map(({ name }) => name));
    const active = inState(task, "active", now);
    const jobs = active.filter(({ worker = "" }) => names.has(worker)).slice(0, MOST);
    const losers = new Set(jobs.map(({ worker }) => worker));
    for (const lease of past) {
      if (losers.has(lease.name)) lease.isLost = true;
      else if (!lease.isLost) task.leases.delete(lease.name);
    }
    for (const job of port.lastClaimedFirst(jobs))
      this.#apply(task, job, port.reclaimMove(job, { now, stallLimit }));
    return jobs.length;
  }

  survey: Adapter["survey"] = async ({ tasks: own }) => {
    const now = this.#now();
    const due = [...this.#file.tasks.values()].flatMap((task) => {
      const isWanted = own.includes(task.name) && hasWork(task, now);
      const { nextDueInMs: inMs } = isWanted ? { nextDueInMs: 0 } : dueIn(task, now);
      return inMs === undefined ? [] : [{ task: task.name, inMs }];
    });
    return { data: this.#file.data, due };
  };

  // ── What people do ──

  cancel: Adapter["cancel"] = async (requests) =>
    this.#each(requests, (task, { id, reason }, now) => {
      const job = this.#find(task, id, now);
      if (job === undefined) return { status: "missing" };
      if (port.isFinalState(job.state)) return { status: "finished", state: job.state };
      if (job.state === "active") {
        job.cancelAsked ??= port.storedText(reason);
        const notice = { kind: "cancel", task: task.name, id, reason: job.cancelAsked } as const;
        port.publishTo(this.#cancels(task.name), notice);
        return { status: "requested" };
      }
      this.#apply(task, job, port.cancelMove(reason, now));
      return { status: "cancelled" };
    });

  change: Adapter["change"] = async (changes) =>
    this.#each(changes, (task, change, now) => {
      const job = this.#find(task, change.id, now);
      if (job === undefined) return { status: "missing" };
      if (!port.mayChange(job, change)) return { status: "refused", state: job.state };
      if (change.change !== "prioritize") this.#apply(task, job, port.changeMove(job, change, now));
      else if (job.priority !== change.priority)
        Object.assign(job, { priority: change.priority, place: ++task.back });
      return { status: "applied" };
    });

  annotate: Adapter["annotate"] = async (annotations) =>
    this.#each(annotations, (task, note, at) => {
      const job = task.jobs.get(note.id);
      if (job?.worker !== note.lease || job.fence !== note.fence) return "stale";
      if ("progress" in note) job.progress = port.copyEncoded(note.progress);
      if ("log" in note) job.logs = [...(job.logs ?? []), { ...note.log, at }].slice(-port.MAX_LOG_LINES);
      return "applied";
    });

  // ── What people see: nothing of it changes anything ──

  watch: Adapter["watch"] = async (refs) => {
    const now = this.#now();
    return refs.map(({ task, id }) => {
      const job = this.#file.task(task).jobs.get(id);
      if (job === undefined) return { status: "missing" };
      const state = port.isOverdue(job, now) ? "expired" : job.state;
      if (port.isFinalState(state)) return { status: "final", outcome: port.outcomeOf(task, job, state) };
      this.#file.watchers.watch(job, this.#outcomes);
      return { status: "watching" };
    });
  };

  read: Adapter["read"] = async (refs, { details } = {}) => {
    const now = this.#now();
    const jobs = refs.map(({ task, id }) => this.#file.task(task).jobs.get(id));
    return refs.map(({ task }, index) => port.readingOf(task, jobs[index], { now, details }));
  };

  list: Adapter["list"] = async (query) => {
    const now = this.#now();
    const page = port.pageOf(inState(this.#file.task(query.task), query.state, now), query);
    return { ...page, jobs: page.jobs.flatMap((job) => port.seenJob(query.task, job, now) ?? []) };
  };

  count: Adapter["count"] = async (names) => {
    const now = this.#now();
    return names.map((name) => port.countSeen(this.#file.task(name).jobs.values(), { now }));
  };

  tasks: Adapter["tasks"] = async () =>
    [...this.#file.tasks.values()].flatMap(({ name, jobs, keeping }) =>
      jobs.size > 0 || keeping ? [name] : [],
    );

  subscribe: Adapter["subscribe"] = async (topic, listener) => {
    this.#now();
    const listeners = "task" in topic ? this.#cancels(topic.task) : this.#outcomes;
    return this.#subscriptions.open(listeners, listener);
  };

  #cancels(task: string): port.Listeners {
    const listeners = this.#file.cancels.get(task) ?? new Set();
    this.#file.cancels.set(task, listeners);
    return listeners;
  }
}
