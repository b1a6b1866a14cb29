/** What the payloads or the results of a contract look like: JSON Schema 2020-12 as plain data. */
export type ContractSchema = Readonly<Record<string, unknown>>;

/**
 * What a contract takes and gives, for those who have no code of it: forms, tables, redaction. What its schema library cannot
 * say in JSON Schema is left out, so that nothing valid is refused. A part that must not be shown to everybody has
 * `"x-taskora-sensitive": true`, by `.meta({ sensitive: true })` of its schema.
 */
export interface ContractSchemas {
  /** Of payloads as they are sent; undefined: it has no schema, or the library of its schema has no JSON Schema. */
  readonly input?: ContractSchema;
  /** Of results as they are stored; undefined as above. */
  readonly output?: ContractSchema;
}

/** The schemas of one contract, as a worker that implements it tells them. */
export interface ToldContract {
  readonly task: string;
  /** `""`: the contract is not generated; the schemas told last are kept then. */
  readonly fingerprint: string;
  /** JSON of {@link ContractSchemas}, at most {@link MAX_CONTRACT_BYTES}. */
  readonly schemas: string;
}

/** Which contract's schemas are read. */
export type ContractRef = Pick<ToldContract, "task" | "fingerprint">;

/** Longer schemas are not kept. */
export const MAX_CONTRACT_BYTES = 65_536;

/** Of a task the schemas of so many contracts are kept: those that a worker announced last. */
export const KEPT_CONTRACTS = 20;

/** Reads schemas as they are stored; undefined: they cannot be read. */
export function readSchemas(text: string): ContractSchemas | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
