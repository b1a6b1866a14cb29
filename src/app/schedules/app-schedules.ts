import { anything } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { inLane, laneName, laneParts, requireStoredName } from "../../core/lane-name.js";
import { type Check, describe, optionSet, required } from "../../core/options.js";
import type { ScheduleSettings } from "../../core/schedule.js";
import type { StoredSchedule } from "../../core/schedule-store.js";
import { decodeValue } from "../../core/serializer.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import type { EventHub } from "../events.js";
import type { AppSettings } from "../options.js";
import type { Registry } from "../registry.js";
import { Declarations } from "./schedule-declarations.js";
import { jobTemplate, PLAIN_TEMPLATE } from "./schedule-jobs.js";
import { requireScheduleName } from "./schedule-name.js";
import type { ScheduleTask } from "./schedule-options.js";
import { type JobTemplate, planSettings, requireSlotAhead, SETTINGS_SHAPE } from "./schedule-plan.js";
import { ScheduleRunner } from "./schedule-runner.js";
import { createSchedules, type Schedules, scheduleStoreOf } from "./schedules.js";

/** What schedules ask of their app. */
export interface AppSchedulesHost {
  readonly settings: AppSettings;
  readonly context: ProducerContext;
  readonly registry: Registry;
  readonly events: EventHub;
  connect(): Promise<void>;
  newId(): string;
  reportError: EventHub["reportError"];
  /** What is declared here is stored. */
  stored(): void;
}

/** A schedule as it is declared, its types put aside. */
export type GivenSchedule = ScheduleSettings & {
  readonly task: ScheduleTask;
  readonly lane?: string | undefined;
  readonly data?: unknown;
};

const taskNamed: Check<string> = (value, option) => {
  const isNamed = typeof value === "object" && value !== null && "name" in value;
  const name = isNamed ? value.name : value;
  if (typeof name === "string") return requireStoredName(name, option);
  throw new OptionError(
    `expected ${option} to be a task's client, its contract or its name, got ${describe(value)}`,
    { option },
  );
};

const DECLARED = optionSet({
  task: required(taskNamed),
  lane: laneName,
  data: anything,
  ...SETTINGS_SHAPE,
});

/** The schedules of one app: declared, stored when it starts or asks for them, fired while it works. */
export class AppSchedules {
  readonly #host: AppSchedulesHost;
  readonly #declarations: Declarations;
  readonly api: Schedules;
  #runner: ScheduleRunner | undefined;
  #isStored = false;
  readonly #now = () => this.#host.settings.clock.now();

  constructor(host: AppSchedulesHost) {
    this.#host = host;
    const { adapter, serializer, maxPayloadBytes, validateOnDispatch, defaults } = host.settings;
    const payloads = { serializer, maxPayloadBytes, validateOnDispatch, defaults };
    const contract = (task: string) => host.registry.contract(laneParts(task).contract);
    this.#declarations = new Declarations({
      ...payloads,
      store: adapter.schedules,
      contract,
      requireTask: (task) => host.context.requireTask(task),
      warn: (message, about) => host.events.warn(message, about),
      reportError: (error, about) => host.reportError(error, about),
    });
    const prepare = async () => {
      scheduleStoreOf(adapter);
      await host.connect();
      await this.#store();
    };
    const newId = () => host.newId();
    this.api = createSchedules({
      ...payloads,
      adapter,
      context: host.context,
      contract,
      newId,
      now: this.#now,
      prepare,
      forget: (name) => this.#declarations.forget(name),
    });
  }

  /** Remembers a schedule; one that is added to a working app is stored at once. */
  declare(name: string, given: GivenSchedule): void {
    requireScheduleName(name);
    const declared = DECLARED.read(given, `schedule ${name}`);
    scheduleStoreOf(this.#host.settings.adapter);
    const { task: _task, lane: _lane, data, ...settings } = given;
    const { timing, rules } = planSettings(settings as ScheduleSettings);
    requireSlotAhead(timing, this.#now());
    const task = inLane(declared.task, declared.lane);
    this.#declarations.add({ name, task, data, timing, rules });
    if (this.#runner === undefined) return;
    this.#declarations.apply().catch((error: unknown) => this.#host.reportError(error));
  }

  /** Takes over what another app declares. */
  copy(other: AppSchedules): void {
    this.#declarations.copy(other.#declarations);
  }

  /** Stores what is declared and begins to fire. */
  async start(): Promise<void> {
    const { adapter, clock } = this.#host.settings;
    if (adapter.schedules === undefined) return;
    await this.#store();
    const runner = new ScheduleRunner(adapter.schedules, {
      clock,
      tasks: () => this.#host.registry.runnable().map(({ name }) => name),
      templateOf: (stored) => this.#templateOf(stored),
      warn: (message, about) => this.#host.events.warn(message, about),
      reportError: (error, about) => this.#host.reportError(error, about),
    });
    this.#runner = runner;
    await runner.start();
  }

  /** Whether something that is declared here was stored over this connection. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** The store holds other data: what was stored in the one before is stored anew. */
  async declareAgain(): Promise<void> {
    if (!this.#isStored) return;
    this.#declarations.reset();
    await this.#declarations.apply();
  }

  async #store(): Promise<void> {
    await this.#declarations.apply();
    this.#isStored = this.#declarations.size > 0;
    if (this.#isStored) this.#host.stored();
  }

  /** There may be a task more to fire for. */
  taskAdded(): void {
    this.#runner?.look();
  }

  async stop(): Promise<void> {
    const runner = this.#runner;
    this.#runner = undefined;
    await runner?.stop();
    this.#isStored = false;
    this.#declarations.reset();
  }

  #templateOf({ task, payload }: StoredSchedule): JobTemplate {
    const contract = this.#host.registry.contract(laneParts(task).contract);
    if (contract === undefined) return PLAIN_TEMPLATE;
    const { serializer, defaults } = this.#host.settings;
    return jobTemplate(contract, decodeValue(serializer, payload, { task, side: "input" }), defaults);
  }
}
