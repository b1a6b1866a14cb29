/** Jobs without what their contracts say must not be shown to everybody. */
import type { Adapter } from "../../core/adapter.js";
import type { ContractRef, ContractSchema, ContractSchemas } from "../../core/observe/contract-schemas.js";
import { hasSensitive, hideSensitive, scrub } from "../../core/observe/sensitive.js";
import type { Job, JobDetails } from "./job.js";
import { readTaskContracts } from "./task-contracts.js";

/** Whether values that a contract calls sensitive are shown. */
export type SensitiveValues = "shown" | "hidden";

/** Reads contracts once for each page of jobs. */
export async function hideInJobs<Shown extends Job | JobDetails>(
  adapter: Pick<Adapter, "contracts" | "observe">,
  jobs: readonly Shown[],
): Promise<readonly Shown[]> {
  const contractsOf = await readJobContracts(adapter, jobs);
  return jobs.map((job) => hideInJob(job, hiddenByContracts(job, contractsOf(job))));
}

/** Gives the contracts of a job: those among its task's that hide anything. */
export type JobContracts = (job: ContractRef) => readonly ContractSchemas[];

/** Values of a job without what is hidden, and the texts that were. */
export interface HiddenValues extends Pick<Job, "data" | "result"> {
  readonly secrets: ReadonlySet<string>;
}

function keyOf({ task, fingerprint }: ContractRef): string {
  return `${fingerprint} ${task}`;
}

/** Of a job whose own contract is not kept, what the contracts of live workers hide is hidden. */
export async function readJobContracts(
  adapter: Pick<Adapter, "contracts" | "observe">,
  jobs: readonly ContractRef[],
): Promise<JobContracts> {
  const refs = [...new Map(jobs.map((job) => [keyOf(job), job])).values()];
  const asked = refs.map(({ task, fingerprint }) => ({ task, fingerprint }));
  const kept = (await adapter.observe?.contracts(asked)) ?? [];
  const unkept = new Set(refs.filter((_, index) => kept[index] === undefined).map(({ task }) => task));
  const implemented: ReadonlyMap<string, readonly ContractSchemas[]> =
    unkept.size === 0 ? new Map() : await readTaskContracts(adapter, [...unkept]);
  const found = new Map(
    refs.map((ref, index) => {
      const own = kept[index];
      const known = own === undefined ? (implemented.get(ref.task) ?? []) : [own];
      return [keyOf(ref), known.filter(hasSensitive)];
    }),
  );
  return (job) => found.get(keyOf(job)) ?? [];
}

/** What contracts hide in the values of a job. */
export function hiddenByContracts(
  job: Pick<Job, "data" | "result">,
  contracts: readonly ContractSchemas[],
): HiddenValues {
  const data = hideSensitive(job.data, sidesOf(contracts, "input"));
  const result = hideSensitive(job.result, sidesOf(contracts, "output"));
  return { data: data.value, result: result.value, secrets: new Set([...data.secrets, ...result.secrets]) };
}

/** A job with such values, and without the texts that were hidden wherever else the application wrote them. */
export function hideInJob<Shown extends Job | JobDetails>(
  job: Shown,
  { data, result, secrets }: HiddenValues,
): Shown {
  return {
    ...job,
    ...("data" in job && { data }),
    ...("result" in job && { result }),
    ...scrub(textsOf(job), secrets),
    ...("history" in job && {
      history: job.history.map((attempt) => ({ ...attempt, ...scrub(errorOf(attempt), secrets) })),
    }),
    ...("logs" in job && { logs: job.logs.map((line) => ({ ...line, ...scrub(saidIn(line), secrets) })) }),
  };
}

/** Where the application writes what it likes. */
function textsOf({ error, reason, headers, progress, corrupt }: Job) {
  return {
    headers,
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
    ...(progress === undefined ? {} : { progress }),
    ...(corrupt === undefined ? {} : { corrupt }),
  };
}

function errorOf({ error }: JobDetails["history"][number]) {
  return error === undefined ? {} : { error };
}

function saidIn({ message, fields }: JobDetails["logs"][number]) {
  return fields === undefined ? { message } : { message, fields };
}

function sidesOf(contracts: readonly ContractSchemas[], side: "input" | "output"): readonly ContractSchema[] {
  return contracts.flatMap(({ [side]: schema }) => (schema === undefined ? [] : [schema]));
}
