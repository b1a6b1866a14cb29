/** What schedules need of tasks: payloads as they are stored, and what else their jobs carry. */
import { ValidationError } from "../../core/errors.js";
import type { Encoded } from "../../core/job.js";
import { encodeValue, requireSize } from "../../core/serializer.js";
import { validate } from "../../core/validation.js";
import { encoderOf } from "../../schema/either-side.js";
import { wireFormOf } from "../../schema/wire-form.js";
import { resolveDispatch } from "../dispatch/dispatch-options.js";
import type { AppSettings } from "../options.js";
import { producerTask, type RegisteredContract } from "../registry.js";
import type { JobTemplate } from "./schedule-plan.js";

/** How payloads are checked and encoded, and what jobs are whose contract says nothing. */
export type PayloadSettings = Pick<
  AppSettings,
  "serializer" | "maxPayloadBytes" | "validateOnDispatch" | "defaults"
>;

/** Data for a task, whose contract may be unknown here. */
export interface ScheduledData {
  readonly task: string;
  readonly data: unknown;
  readonly contract: RegisteredContract | undefined;
}

/** A payload as it is stored, and what its jobs are beside it; that is unknown without a contract. */
export interface PreparedJobs {
  readonly payload: Encoded;
  readonly job?: JobTemplate;
}

/**
 * Checks and encodes what a schedule's jobs get, as a dispatch would; at once unless the schema is asynchronous.
 *
 * @throws {TaskoraError} `VALIDATION_FAILED`, `PAYLOAD_UNSERIALIZABLE`, `PAYLOAD_TOO_LARGE`
 */
export function prepareJobs(
  { task, data, contract }: ScheduledData,
  settings: PayloadSettings,
): PreparedJobs | Promise<PreparedJobs> {
  const pack = (value: unknown): PreparedJobs => {
    const payload = encodeValue(settings.serializer, value, { task, side: "input" });
    requireSize(payload, settings.maxPayloadBytes, { task, side: "input" });
    return {
      payload,
      ...(contract === undefined ? {} : { job: jobTemplate(contract, value, settings.defaults) }),
    };
  };
  const input = contract?.input;
  if (input === undefined || !settings.validateOnDispatch) return pack(data);
  const isParsed = wireFormOf(input) === "parsed";
  const given = encoderOf(input)?.(data) ?? data;
  const take = (checked: Awaited<ReturnType<typeof validate>>): PreparedJobs => {
    if (!checked.ok) throw new ValidationError({ task, side: "input", issues: checked.issues });
    return pack(isParsed ? checked.value : given);
  };
  const checked = validate(input, given);
  return checked instanceof Promise ? checked.then(take) : take(checked);
}

/** What a job of a task is beside its payload: version, fingerprint and what contract and app say of its jobs. */
export function jobTemplate(
  contract: RegisteredContract,
  value: unknown,
  ofApp: AppSettings["defaults"],
): JobTemplate {
  const { version, fingerprint, defaults, limitsOf } = producerTask(contract, ofApp);
  const { delayMs, dueAt, ...timing } = resolveDispatch({}, defaults);
  const plain = { version, fingerprint, ...timing };
  return limitsOf === undefined ? plain : { ...plain, limits: limitsOf(value, timing.limits) };
}

/** For a task nobody here has a contract of. */
export const PLAIN_TEMPLATE: JobTemplate = { version: 1, fingerprint: "", priority: 0 };
