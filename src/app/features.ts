/** Refuses what the adapter declines, at the call that asks for it. */
import type { Adapter } from "../core/adapter.js";
import type { ContractOptions } from "../core/contract.js";
import { TaskoraError } from "../core/errors.js";
import { type AskedFeature, featuresOfLimits, hasFeature } from "../core/features.js";
import type { JobLimits } from "../core/limits/job-limits.js";
import type { ObserveStore } from "../core/observe/observe-store.js";
import type { HandlerEntry } from "../worker/handler.js";

/** What a store without the feature cannot do, and what may be done instead. */
const LACKING: { readonly [Name in AskedFeature]: readonly [lack: string, instead: string] } = {
  limits: ["cannot limit how many jobs of a key run at once", "Leave concurrency and globalConcurrency out"],
  rates: ["cannot limit how often jobs start", "Leave rateLimit out"],
  groups: ["cannot let groups take turns", "Leave group out"],
  collect: ["cannot collect jobs into batches", "Leave collect out"],
  unique: ["cannot deduplicate jobs", "Leave deduplicate out, and let the handler bear a job twice"],
  idempotency: ["keeps no idempotency keys", "Leave idempotency out, and let the handler bear a job twice"],
  throttle: ["cannot throttle dispatches", "Leave throttle out"],
  debounce: ["cannot debounce dispatches", "Leave debounce out, or dispatch with a delay"],
  events: ["tells no events", "Read states with app.jobs, or await the result of each job"],
  messages: ["keeps no messages of running jobs", "Leave emits out, and report with ctx.progress()"],
  transactions: [
    "cannot store or end jobs within a transaction",
    "Leave within out, dispatch after the commit, and let the handler bear a job twice",
  ],
  control: ["neither pauses nor drains tasks", "Close the workers, or cancel jobs by their ids"],
  overrides: [
    "cannot change the limits of jobs that are stored",
    "Leave rateLimit and globalConcurrency of the handler out, so that those of the contract hold",
  ],
  workflows: ["cannot keep workflows", "Dispatch the next step in the handler of the one before"],
  schedules: ["keeps no schedules", "Dispatch from a timer or a cron job of your own"],
  contracts: [
    "keeps no contracts: it neither lists workers nor counts versions",
    "Count jobs with app.jobs.count()",
  ],
  observe: ["keeps nothing for operators", "Count jobs with app.jobs.count()"],
};

/**
 * @param asked what needs the feature, for the message: `"dispatch() to email.send"`
 * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter declines it
 */
export function requireFeature(adapter: Adapter, feature: AskedFeature, asked: string): void {
  if (!hasFeature(adapter, feature)) throw notSupported(adapter, feature, asked);
}

/** What {@link requireFeature} throws. */
export function notSupported(
  { name }: Pick<Adapter, "name">,
  feature: AskedFeature,
  asked: string,
): TaskoraError {
  const [lack, instead] = LACKING[feature];
  const example = feature === "transactions" ? "" : ", such as redisAdapter()";
  return new TaskoraError(
    "NOT_SUPPORTED",
    `The ${name} adapter ${lack}, which ${asked} needs. ${instead}, or use an adapter that can${example}.`,
  );
}

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators */
export function observeStoreOf(adapter: Adapter, asked: string): ObserveStore {
  if (adapter.observe !== undefined) return adapter.observe;
  throw notSupported(adapter, "observe", asked);
}

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter declines one of the limits of a job */
export function requireLimits(adapter: Adapter, limits: JobLimits, task: string): void {
  for (const feature of featuresOfLimits(limits)) requireFeature(adapter, feature, `a dispatch to ${task}`);
}

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter declines what the settings of a handler ask for */
export function requireHandler(adapter: Adapter, task: string, entry: HandlerEntry): void {
  for (const option of ["globalConcurrency", "rateLimit"] as const) {
    if (typeof entry === "function" || entry[option] === undefined) continue;
    requireFeature(adapter, "overrides", `${option} of the handler of ${task}`);
  }
}

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter declines what a contract asks for */
export function requireContract(
  adapter: Adapter,
  contract: ContractOptions & { readonly name: string; readonly emits?: object | undefined },
): void {
  const { collect, group, deduplicate, globalConcurrency, rateLimit, emits, name } = contract;
  const asked = `the contract of ${name}`;
  if (collect !== undefined) requireFeature(adapter, "collect", asked);
  if (group !== undefined) requireFeature(adapter, "groups", asked);
  if (deduplicate !== undefined) requireFeature(adapter, "unique", asked);
  if (globalConcurrency !== undefined) requireFeature(adapter, "limits", asked);
  if (rateLimit !== undefined) requireFeature(adapter, "rates", asked);
  if (emits !== undefined) requireFeature(adapter, "messages", asked);
}
