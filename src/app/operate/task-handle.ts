import { MAX_DRAINED, type UnstartedState } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { listOf, oneOf, trueOrFalse } from "../../core/checks.js";
import { type Check, optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import {
  type AuditAction,
  type BulkResult,
  CHANGE,
  CHANGE_SHAPE,
  type ChangeOptions,
  type ChangeResult,
  saidBy,
} from "./change.js";
import {
  type CollectedBatch,
  type CollectedInfo,
  type CollectedOptions,
  listCollected,
  readCollected,
} from "./collected.js";
import type { ImplementedContract } from "./task-contracts.js";
import type { VersionCounts } from "./versions.js";

/** How a task is paused. */
export interface PauseOptions extends ChangeOptions {
  /** Also a task that nobody has met: it is paused from its first job on. Default false. */
  readonly force?: boolean | undefined;
}

/** What {@link TaskHandle.drain} ends. */
export interface DrainOptions extends ChangeOptions {
  /** States to empty. Default: `["waiting"]`. */
  readonly states?: readonly UnstartedState[] | undefined;
}

/** A task as a whole. What is changed holds for every process, whether or not it runs. */
export interface TaskHandle<Input = unknown> {
  /** The task's. */
  readonly name: string;
  /**
   * From now on no job of the task is started, anywhere, until {@link resume}. Active ones go on, dispatching goes on,
   * due jobs become waiting and TTLs run. Survives restarts.
   */
  pause(change?: PauseOptions): Promise<ChangeResult>;
  /** Undoes {@link pause}; workers go on at once. */
  resume(change?: ChangeOptions): Promise<ChangeResult>;
  /** Whether nothing of the task is claimed now, by any worker. */
  isPaused(): Promise<boolean>;
  /**
   * Ends what has not started as cancelled; its handles are told `reason`, by default `"drained"`. Active jobs go on, and
   * what is dispatched meanwhile may stay.
   */
  drain(options?: DrainOptions): Promise<BulkResult>;
  /**
   * What has not ended per version and fingerprint, oldest version first. Reads every stored job of the task in many short
   * calls. A job that moves meanwhile is counted once; jobs dispatched meanwhile may be missed. Jobs whose record cannot be
   * read count as version 0.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter does not count versions
   */
  versions(): Promise<readonly VersionCounts[]>;
  /**
   * The contracts of it that live workers implement, the newest version first, each with its JSON Schema where the schema
   * library of the worker has one: for tools that have no code of the contract. A part that was marked by
   * `.meta({ sensitive: true })` has `"x-taskora-sensitive": true` there.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no list of workers
   */
  contracts(): Promise<readonly ImplementedContract[]>;
  /** Up to 1 000 keys under which something is collected, in no order. */
  listCollected(): Promise<readonly CollectedInfo[]>;
  /** What is collected under one key; undefined: nothing is. */
  getCollected(options?: CollectedOptions): Promise<CollectedBatch<Input> | undefined>;
}

const UNSTARTED = ["waiting", "delayed", "retrying"] as const satisfies readonly UnstartedState[];

const PAUSE = optionSet({ ...CHANGE_SHAPE, force: trueOrFalse } satisfies {
  readonly [Key in keyof Required<PauseOptions>]: Check<unknown>;
});
const DRAIN = optionSet({ ...CHANGE_SHAPE, states: listOf(oneOf(UNSTARTED)) } satisfies {
  readonly [Key in keyof Required<DrainOptions>]: Check<unknown>;
});

/** The handle of a task. */
export class BoundTaskHandle<Input = unknown> implements TaskHandle<Input> {
  readonly name: string;
  readonly #context: ProducerContext;

  constructor(name: string, context: ProducerContext) {
    this.name = name;
    this.#context = context;
  }

  async pause(change: PauseOptions = {}): Promise<ChangeResult> {
    const { force = false, ...said } = PAUSE.read(change, "pause()");
    if (!force) await this.#context.requireTask(this.name);
    return this.#control("pause", said);
  }

  async resume(change: ChangeOptions = {}): Promise<ChangeResult> {
    const said = CHANGE.read(change, "resume()");
    await this.#context.requireTask(this.name);
    return this.#control("resume", said);
  }

  async isPaused(): Promise<boolean> {
    const { pausedAt } = await this.#context.count(this.name);
    if (pausedAt === undefined) await this.#context.requireTask(this.name);
    return pausedAt !== undefined;
  }

  /** In steps, and no more than there were at first: producers that go on must not keep it going for ever. */
  async drain(options: DrainOptions = {}): Promise<BulkResult> {
    const { states = ["waiting"], reason = "drained", by, address } = DRAIN.read(options, "drain()");
    const { retention } = this.#context;
    const counts = await this.#context.count(this.name);
    const matched = states.reduce((sum, state) => sum + counts[state], 0);
    if (matched === 0) await this.#context.requireTask(this.name);
    let applied = 0;
    for (let more = matched > 0; more && applied < matched; ) {
      const limit = Math.min(matched - applied, MAX_DRAINED);
      const drain = { task: this.name, control: "drain", states, limit, reason, retention } as const;
      const reply = await this.#context.control(drain);
      applied += reply.changed;
      if (reply.changed > 0)
        this.#audit("task.drain", { status: "applied", count: reply.changed, reason, by, address });
      more = reply.more;
    }
    return { matched, applied, refused: 0, missing: matched - applied };
  }

  async versions(): Promise<readonly VersionCounts[]> {
    return this.#context.versions(this.name);
  }

  async contracts(): Promise<readonly ImplementedContract[]> {
    return this.#context.contracts(this.name);
  }

  async listCollected(): Promise<readonly CollectedInfo[]> {
    return listCollected(this.name, this.#context);
  }

  async getCollected(options?: CollectedOptions): Promise<CollectedBatch<Input> | undefined> {
    return readCollected<Input>(this.name, this.#context, options);
  }

  async #control(control: "pause" | "resume", said: ChangeOptions): Promise<ChangeResult> {
    const { changed } = await this.#context.control({ task: this.name, control });
    const status = changed > 0 ? "applied" : "unchanged";
    this.#audit(`task.${control}`, { status, ...said });
    return { status };
  }

  #audit(
    action: AuditAction,
    told: ChangeOptions & { readonly status: "applied" | "unchanged"; readonly count?: number },
  ): void {
    const { reason, by, address, ...event } = told;
    this.#context.audit({ action, task: this.name, ...event, ...saidBy({ reason, by, address }) });
  }
}

/** How many arguments the calls of a task's handle take. */
export const TASK_HANDLE_ARGUMENTS = {
  ...{
    pause: 1,
    resume: 1,
    isPaused: 0,
    drain: 1,
    versions: 0,
    contracts: 0,
    listCollected: 0,
    getCollected: 1,
  },
};

limitArguments(BoundTaskHandle.prototype, "", { rejects: TASK_HANDLE_ARGUMENTS });
