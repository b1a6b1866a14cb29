/**
 * Hides what must not be shown, in whatever leaves the board: answers, streams, pages of lists. It knows what holds data of users by
 * its shape, wherever in an answer it stands, so that no call can forget it.
 */

import {
  hiddenByContracts,
  hideInJob,
  type JobContracts,
  readJobContracts,
} from "../../app/operate/hidden-jobs.js";
import type { Job, JobDetails } from "../../app/operate/job.js";
import type { Adapter } from "../../core/adapter.js";
import type { JobRef } from "../../core/job.js";
import type { ParsedFilter } from "../../core/job-filter/job-filter.js";
import type { ContractRef, ContractSchemas } from "../../core/observe/contract-schemas.js";
import { messagePattern } from "../../core/observe/error-fingerprint.js";
import { hasSensitive, hideValue, isSensitiveAt, scrub } from "../../core/observe/sensitive.js";
import { BoardFailure } from "../http/answer.js";
import type { RedactOptions } from "../options.js";
import { RedactRules } from "./rules.js";
import {
  type ErrorGroupLike,
  findShapes,
  replaceShapes,
  type ScheduleLike,
  type Shapes,
  type StepLike,
  type WorkflowLike,
} from "./shapes.js";

/** What redaction asks of a board. */
export interface RedactorHost {
  readonly adapter: Pick<Adapter, "contracts" | "observe">;
  /** Jobs as they are stored, in one call; undefined: it is not there (any more). */
  readJobs(refs: readonly JobRef[]): Promise<readonly (Job | undefined)[]>;
  /** The fingerprint of the contract that a schedule's jobs are made with. */
  readonly redact: RedactOptions;
}

/** Jobs that are read at once to find what errors may say of them. */
const READ_AT_ONCE = 500;

/** Hides in what leaves a board. */
export class Redactor {
  readonly #host: RedactorHost;
  readonly #rules: RedactRules;

  constructor(host: RedactorHost) {
    this.#host = host;
    this.#rules = new RedactRules(host.redact);
  }

  /** An answer, or a part of a stream, without what must not be shown. */
  async redact<Value>(value: Value): Promise<Value> {
    const shapes = findShapes(value);
    if (shapes.count === 0) return value;
    const told = await this.#readTold(shapes);
    const contracts = await readJobContracts(this.#host.adapter, [
      ...shapes.jobs,
      ...told.jobs.values(),
      ...shapes.schedules.map(contractOf),
      ...shapes.workflows.flatMap(({ steps = [] }) => steps.map(contractOf)),
    ]);
    const jobOf = (ref: Partial<JobRef> | undefined) => {
      const { task, id } = ref ?? {};
      return task === undefined || id === undefined ? undefined : told.jobs.get(keyOf({ task, id }));
    };
    const secretsOf = (ref: Partial<JobRef> | undefined): ReadonlySet<string> => {
      const job = jobOf(ref);
      return job === undefined ? new Set() : this.#hiddenIn(job, contracts).secrets;
    };
    return replaceShapes(value, {
      job: (job) => this.#job(job, contracts),
      schedule: (schedule) => this.#schedule(schedule, contracts(contractOf(schedule))),
      workflow: (workflow) => this.#workflow(workflow, { contracts, jobOf, secretsOf }),
      step: (step) =>
        step.error === undefined ? step : { ...step, error: this.#said(step.error, secretsOf(refOf(step))) },
      group: (group) => {
        const { name, message, code } = group;
        const said = { name, message, ...(code === undefined ? {} : { code }) };
        return {
          ...group,
          ...this.#said(said, asInPatterns(union(samplesOf(group).map(secretsOf)))),
        };
      },
      entry: (entry) => this.#said(entry, new Set()),
    }) as Value;
  }

  /** Shows jobs as answers do, for a search: it finds by what is shown. What their contracts hide is read before. */
  seer(): {
    see(job: Job | JobDetails): Job | JobDetails;
    prepare(jobs: readonly Job[]): Promise<void>;
  } {
    const known = new Map<string, readonly ContractSchemas[]>();
    const keyOfContract = ({ task, fingerprint }: ContractRef) => `${fingerprint} ${task}`;
    return {
      see: (job) => this.#job(job, (ref) => known.get(keyOfContract(ref)) ?? []),
      prepare: async (jobs) => {
        const fresh = jobs.filter((job) => !known.has(keyOfContract(job)));
        if (fresh.length === 0) return;
        const contracts = await readJobContracts(this.#host.adapter, fresh);
        for (const job of fresh) known.set(keyOfContract(job), contracts(job));
      },
    };
  }

  /** What is said to those who search where nothing is shown; undefined: a filter looks at nothing that is hidden. */
  async hiddenIn({ terms }: ParsedFilter, tasks: readonly string[]): Promise<BoardFailure | undefined> {
    const paths = terms.flatMap((term) => {
      if (term.field === "data") return [term.path];
      return term.field === "header" ? [[term.name]] : [];
    });
    if (paths.length === 0) return undefined;
    const byRule = paths.find((path) => this.#rules.hides(path));
    if (byRule !== undefined) return hiddenField(byRule);
    const schemas = [...(await this.#liveContracts(tasks)).values()].flat();
    const data = terms.flatMap((term) => (term.field === "data" ? [term.path] : []));
    const byContract = data.find((path) =>
      schemas.some(({ input }) => input !== undefined && isSensitiveAt(input, path)),
    );
    return byContract === undefined ? undefined : hiddenField(byContract);
  }

  /** What people wrote themselves, such as a reason. */
  text(text: string): string {
    return this.#rules.text(text);
  }

  async #liveContracts(tasks: readonly string[]): Promise<ReadonlyMap<string, readonly ContractSchemas[]>> {
    const { contracts, observe } = this.#host.adapter;
    const wanted = new Set(tasks);
    const workers = (await contracts?.workers()) ?? [];
    const told = workers.flatMap((worker) => worker.tasks).filter(({ task }) => wanted.has(task));
    const refs = [
      ...new Map(
        told.map(({ task, fingerprint }) => [`${fingerprint} ${task}`, { task, fingerprint }]),
      ).values(),
    ];
    const schemas = (await observe?.contracts(refs)) ?? [];
    const byTask = new Map<string, ContractSchemas[]>();
    for (const [nth, { task }] of refs.entries()) {
      const found = schemas[nth];
      if (found !== undefined && hasSensitive(found)) byTask.set(task, [...(byTask.get(task) ?? []), found]);
    }
    return byTask;
  }

  #hiddenIn(job: Job | JobDetails, contracts: JobContracts) {
    const byContract = hiddenByContracts(job, contracts(job));
    const secrets = new Set(byContract.secrets);
    const hide = (value: unknown, shown: unknown = value) => this.#rules.hide(value, shown, secrets);
    return {
      data: hide(job.data, byContract.data),
      result: hide(job.result, byContract.result),
      progress: hide(job.progress),
      headers: hide(job.headers) as Job["headers"],
      logs:
        "logs" in job
          ? job.logs.map((line) => ({ ...line, ...(line.fields && { fields: hide(line.fields) }) }))
          : [],
      secrets,
    };
  }

  #job(job: Job | JobDetails, contracts: JobContracts): Job | JobDetails {
    const { data, result, progress, headers, logs, secrets } = this.#hiddenIn(job, contracts);
    const shown = {
      ...job,
      headers,
      ...("progress" in job && { progress }),
      ...("logs" in job && { logs: logs as JobDetails["logs"] }),
    };
    const { error, reason, corrupt, ...rest } = hideInJob(shown, { data, result, secrets });
    return {
      ...rest,
      ...this.#rules.texts({
        ...(error === undefined ? {} : { error }),
        ...(reason === undefined ? {} : { reason }),
        ...(corrupt === undefined ? {} : { corrupt }),
        ...("history" in rest && { history: rest.history }),
        ...("logs" in rest && { logs: rest.logs }),
      }),
    };
  }

  #schedule(schedule: ScheduleLike, contracts: readonly ContractSchemas[]): ScheduleLike {
    const { data, secrets: byContract } = hiddenByContracts({ data: schedule.data }, contracts);
    const secrets = new Set(byContract);
    const shown = this.#rules.hide(schedule.data, data, secrets);
    const { corrupt } = schedule;
    return {
      ...schedule,
      data: shown,
      ...(corrupt === undefined ? {} : { corrupt: this.#rules.text(scrub(corrupt, secrets)) }),
    };
  }

  /** Its result is that of its last step, so that whatever the results of its steps hide hides it as a whole. */
  #workflow(
    workflow: WorkflowLike,
    {
      contracts,
      jobOf,
      secretsOf,
    }: {
      contracts: JobContracts;
      jobOf(ref: Partial<JobRef> | undefined): Job | undefined;
      secretsOf(ref: Partial<JobRef> | undefined): ReadonlySet<string>;
    },
  ): WorkflowLike {
    const { error, reason, result, steps } = workflow;
    const mayHide =
      steps === undefined ||
      steps.some((step) =>
        contracts(jobOf(refOf(step)) ?? contractOf(step)).some(({ output }) => output !== undefined),
      );
    const secrets = new Set<string>();
    const shown = mayHide ? hideValue(result, secrets) : this.#rules.hide(result, result, secrets);
    const said = this.#said(
      { ...(error && { error }), ...(reason === undefined ? {} : { reason }) },
      union([secrets, secretsOf(error?.step)]),
    );
    return { ...workflow, ...said, ...(result === undefined ? {} : { result: shown }) };
  }

  #said<Value>(value: Value, secrets: ReadonlySet<string>): Value {
    return this.#rules.texts(scrub(value, secrets));
  }

  /** The jobs whose errors or results are told elsewhere: what they hide is not said there either. */
  async #readTold(shapes: Shapes): Promise<{ readonly jobs: ReadonlyMap<string, Job> }> {
    const refs = [
      ...shapes.groups.flatMap(samplesOf),
      ...shapes.workflows.flatMap(({ error }) => (error?.step === undefined ? [] : [error.step])),
      ...shapes.steps.flatMap(({ task, jobId, error }) =>
        task === undefined || jobId === undefined || error === undefined ? [] : [{ task, id: jobId }],
      ),
    ];
    for (const { steps = [], result } of shapes.workflows)
      if (result !== undefined) refs.push(...lastOfTasks(steps));
    const told = [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
    const jobs = new Map<string, Job>();
    for (let at = 0; at < told.length; at += READ_AT_ONCE)
      for (const job of await this.#host.readJobs(told.slice(at, at + READ_AT_ONCE)))
        if (job !== undefined) jobs.set(keyOf(job), job);
    return { jobs };
  }
}

function keyOf({ task, id }: JobRef): string {
  return `${task} ${id}`;
}

function refOf({ task, jobId }: StepLike): Partial<JobRef> {
  return { ...(task === undefined ? {} : { task }), ...(jobId === undefined ? {} : { id: jobId }) };
}

/** Of each task among steps the job that came last: it knows the contract that its result was made by. */
function lastOfTasks(steps: readonly StepLike[]): readonly JobRef[] {
  const last = new Map<string, JobRef>();
  for (const { task, jobId } of steps)
    if (task !== undefined && task !== "" && jobId !== undefined) last.set(task, { task, id: jobId });
  return [...last.values()];
}

function contractOf({ task = "", fingerprint = "" }: ScheduleLike | StepLike): ContractRef {
  return { task, fingerprint };
}

function samplesOf({ task, first, last }: ErrorGroupLike): readonly JobRef[] {
  return [first, last].map(({ jobId }) => ({ task, id: jobId }));
}

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** As they look where what changes from one message to the next is left out. */
function asInPatterns(secrets: ReadonlySet<string>): ReadonlySet<string> {
  const patterns = [...secrets].map(messagePattern);
  return new Set([...secrets, ...patterns.filter((text) => text.length >= 4 && !/^(<\w+>)+$/.test(text))]);
}

function hiddenField(path: readonly string[]): BoardFailure {
  return new BoardFailure(403, "BOARD_FORBIDDEN", {
    message: `Searching in ${path.join(".")} needs the role admin: what is there is not shown.`,
    hint: "Search by the id of the job, or in another field.",
  });
}
