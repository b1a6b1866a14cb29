export {
  type ContractDefinition,
  type ContractEmit,
  type ContractInput,
  type ContractItem,
  type ContractMessage,
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
export type { CollectOptions } from "../core/limits/collect.js";
export type { DeduplicateByOptions } from "../core/limits/deduplicate.js";
export type { GroupByOptions } from "../core/limits/group.js";
export type { GlobalConcurrencyOptions, RateLimitOptions } from "../core/limits/limit.js";
export type { PayloadPath } from "../core/limits/payload-path.js";
export type { Backoff, ErrorFilter, RetryOptions } from "../core/retry-policy.js";
export type { StandardSchema } from "../schema/standard-schema.js";
