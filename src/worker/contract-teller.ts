/** Tells the store what the contracts of this worker look like, each time that the worker announces itself. */
import {
  type ContractSchemas,
  MAX_CONTRACT_BYTES,
  type ToldContract,
} from "../core/observe/contract-schemas.js";
import type { ObserveStore } from "../core/observe/observe-store.js";
import { standardJsonSchema } from "../schema/standard-json-schema.js";
import type { RunnableTask } from "./runnable-task.js";

/** What of a task says what its contract looks like. */
export type DescribedTask = Pick<RunnableTask, "name" | "fingerprint" | "input" | "output">;

export class ContractTeller {
  readonly #store: Pick<ObserveStore, "tellContracts">;
  /** JSON of the schemas of each task; undefined: there is nothing to tell. */
  readonly #texts = new WeakMap<DescribedTask, { readonly text: string | undefined }>();

  constructor(store: Pick<ObserveStore, "tellContracts">) {
    this.#store = store;
  }

  /** Rejects as the store does; asked again it tells everything again. */
  async tell(tasks: readonly DescribedTask[]): Promise<void> {
    const contracts = tasks.flatMap((task): ToldContract[] => {
      const schemas = this.#textOf(task);
      return schemas === undefined ? [] : [{ task: task.name, fingerprint: task.fingerprint, schemas }];
    });
    if (contracts.length > 0) await this.#store.tellContracts(contracts);
  }

  #textOf(task: DescribedTask): string | undefined {
    const known = this.#texts.get(task) ?? { text: schemasText(task) };
    this.#texts.set(task, known);
    return known.text;
  }
}

/** Undefined: there is nothing to tell, or too much. */
function schemasText({ input, output }: DescribedTask): string | undefined {
  const [taken, given] = [standardJsonSchema(input, "input"), standardJsonSchema(output, "output")];
  if (taken === undefined && given === undefined) return undefined;
  const schemas: ContractSchemas = {
    ...(taken === undefined ? {} : { input: taken }),
    ...(given === undefined ? {} : { output: given }),
  };
  const text = JSON.stringify(schemas);
  return new TextEncoder().encode(text).length > MAX_CONTRACT_BYTES ? undefined : text;
}
