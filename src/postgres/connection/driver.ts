/** The few things taskora needs of `pg`. Nothing else in the package knows it. */
import { TaskoraError } from "../../core/errors.js";

/** One statement. */
export interface PgQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly types?: PgTypes;
}

/** How columns are read. */
export interface PgTypes {
  getTypeParser(oid: number, format?: string): (value: never) => unknown;
}

export interface PgResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount?: number | null;
}

/** What runs a statement. */
export interface PgQueryable {
  query(query: PgQuery): Promise<PgResult>;
}

/** A connection. */
export interface PgClient extends PgQueryable {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "connect" | "end", listener: () => void): unknown;
  on(
    event: "notification",
    listener: (message: { readonly channel: string; readonly payload?: string | undefined }) => void,
  ): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** A connection that a pool has lent. */
export interface PgPoolClient extends PgQueryable {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Of the backend that serves it. */
  readonly processID?: number | null | undefined;
  /** @param destroy it cannot be used again */
  release(destroy?: boolean | Error): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** A pool of connections, as `pg` has it. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  end(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** A connection was made, and is lent next. */
  on(event: "connect", listener: (client: PgPoolClient) => void): unknown;
  removeListener(event: "connect", listener: (client: PgPoolClient) => void): unknown;
  readonly options?: object | undefined;
}

/** The classes of `pg`. */
export interface PgDriver {
  readonly Client: new (options: object) => PgClient;
  readonly Pool: new (options: object) => PgPool;
}

/**
 * Loads `pg` when a store is first connected to.
 *
 * @throws {TaskoraError} `DEPENDENCY_MISSING`
 */
export async function loadDriver(): Promise<PgDriver> {
  try {
    const loaded = (await import("pg")) as object as { readonly default: PgDriver };
    return loaded.default;
  } catch (cause) {
    throw new TaskoraError(
      "DEPENDENCY_MISSING",
      "The Postgres adapter needs the package pg, which could not be loaded. Install it: npm install pg",
      { cause },
    );
  }
}

const TEXT = (value: string): unknown => value;
const NUMBER = (value: string): unknown => Number(value);
/** By the numbers of their types. */
export const OUR_PARSERS: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === "t",
  17: (value) => Buffer.from(value.slice(2), "hex"),
  20: NUMBER,
  21: NUMBER,
  23: NUMBER,
  114: (value) => JSON.parse(value),
  3802: (value) => JSON.parse(value),
};

/** As our functions need it, whatever the application has told `pg` to do with its own columns. */
export const OUR_TYPES: PgTypes = {
  getTypeParser: (oid) => (OUR_PARSERS[oid] ?? TEXT) as (value: never) => unknown,
};
