export type { CollectOptions } from "../core/collect-flow.js";
export {
  type ContractDefinition,
  type ContractInput,
  type ContractItem,
  type ContractMigrations,
  type ContractOptions,
  type ContractPayload,
  type ContractResult,
  type ContractReturn,
  type DefinedContract,
  defineTask,
  into,
  isContract,
  migrations,
  type TaskContract,
} from "../core/contract.js";
export type { Duration } from "../core/duration.js";
export type { RateLimitOptions } from "../core/limit-flow.js";
export type { Backoff, ErrorFilter, RetryOptions } from "../core/retry-policy.js";
export type { StandardSchema } from "../core/standard-schema.js";
