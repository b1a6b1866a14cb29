import type {
  ContractEmit,
  ContractInput,
  ContractItem,
  ContractMessage,
  ContractResult,
  ContractReturn,
  TaskContract,
} from "../core/contract.js";
import type { CollectOptions } from "../core/limits/collect.js";
import type { Register } from "../core/register.js";
import type { BatchHandlerEntry, HandlerEntry } from "../worker/handler.js";
import type { TaskClient } from "./dispatch/task-client.js";

/** What jobs of a task are dispatched with, by what names the task; unknown for a name that no generated code registers. */
export type TaskData<Task> = Task extends keyof Register
  ? Register[Task] extends { readonly data: infer Data }
    ? Data
    : unknown
  : Task extends TaskClient<infer Input, infer _Result>
    ? Input
    : Task extends TaskContract
      ? ContractInput<Task>
      : unknown;

/** What they give, in the same way. */
export type TaskResult<Task> = Task extends keyof Register
  ? Register[Task] extends { readonly result: infer Result }
    ? Result
    : unknown
  : Task extends TaskClient<infer _Input, infer Result>
    ? Result
    : Task extends TaskContract
      ? ContractResult<Task>
      : unknown;

/** What their handler emits, in the same way; `unknown` also for a registered task that emits nothing. */
export type TaskMessage<Task> = Task extends keyof Register
  ? Register[Task] extends { readonly message: infer Message }
    ? Message
    : unknown
  : Task extends TaskClient<infer _Input, infer _Result, infer Message>
    ? Message
    : Task extends TaskContract
      ? ContractMessage<Task>
      : unknown;

/** The handler of a contract, alone or with settings. */
export type ContractEntry<C> = C extends { readonly collect: CollectOptions }
  ? BatchHandlerEntry<ContractItem<C>, ContractReturn<C>, ContractEmit<C>>
  : HandlerEntry<ContractItem<C>, ContractReturn<C>, ContractEmit<C>>;
