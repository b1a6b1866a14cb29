/**
 * One statement within a transaction of the caller's, whichever library opened it. A library is known by what its
 * transactions have, and never imported: whoever has one has the library.
 */
import { OptionError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

/** Where statements run. */
export interface SqlRunner {
  /**
   * @param values texts alone: how lists, numbers and bytes are sent differs between libraries
   * @returns rows whose columns may have been renamed by what their owner has set up, but for names of one lower-case word
   */
  query(text: string, values: readonly (string | null)[]): Promise<readonly SqlRow[]>;
}

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

type Call = (...given: readonly unknown[]) => PromiseLike<unknown>;
type Members = Readonly<Record<string, unknown>>;

/** A library and its transactions. */
interface Library {
  /** Whether the object is one of its own: a transaction, or what opens one. */
  owns(given: Members): boolean;
  /** What to pass in place of what was given; undefined: it is a transaction. */
  instead(given: Members): string | undefined;
  query(transaction: Members, text: string, values: readonly (string | null)[]): PromiseLike<unknown>;
}

const kysely: Library = {
  owns: ({ isTransaction, executeQuery }) =>
    typeof isTransaction === "boolean" && typeof executeQuery === "function",
  instead: ({ isTransaction }) =>
    isTransaction === true ? undefined : "what db.transaction().execute(async (trx) => …) is given",
  query: (trx, sql, parameters) =>
    call(trx, "executeQuery", {
      sql,
      parameters,
      query: { kind: "RawNode", sqlFragments: [sql], parameters: [] },
      queryId: { queryId: sql },
    }),
};

const knex: Library = {
  owns: (given) => typeof given === "function" && has(given, "raw", "transaction"),
  instead: ({ isTransaction }) =>
    isTransaction === true ? undefined : "what knex.transaction(async (trx) => …) is given",
  query: (trx, text, values) => {
    const numbers: number[] = [];
    const sql = text.replaceAll("?", "\\?").replaceAll(/\$(\d+)/g, (_, number: string) => {
      numbers.push(Number(number));
      return "?";
    });
    const bindings = numbers.map((number) => values[number - 1]);
    return call(trx, "raw", sql, bindings);
  },
};

const postgresJs: Library = {
  owns: (given) => typeof given === "function" && has(given, "unsafe"),
  instead: (given) =>
    has(given, "savepoint") || has(given, "release") ? undefined : "what sql.begin(async (tx) => …) is given",
  query: (tx, text, values) => call(tx, "unsafe", text, values),
};

const drizzle: Library = {
  owns: (given) => has(given, "execute", "transaction") && "dialect" in given && "session" in given,
  instead: (given) => (has(given, "rollback") ? undefined : "what db.transaction(async (tx) => …) is given"),
  // What it asks of a statement of its own: to give its text and its values.
  query: (tx, sql, params) => call(tx, "execute", { getSQL: () => ({ toQuery: () => ({ sql, params }) }) }),
};

const prisma: Library = {
  owns: (given) => has(given, "$queryRawUnsafe"),
  instead: (given) =>
    has(given, "$connect") ? "what prisma.$transaction(async (tx) => …) is given" : undefined,
  query: (tx, text, values) => call(tx, "$queryRawUnsafe", text, ...values),
};

const typeOrm: Library = {
  owns: (given) =>
    has(given, "query") && ("isTransactionActive" in given || has(given, "createQueryBuilder")),
  instead: (given) => {
    const runner = (given.queryRunner ?? given) as Members;
    return runner.isTransactionActive === true
      ? undefined
      : "what dataSource.transaction(async (manager) => …) is given";
  },
  query: (manager, text, values) => call(manager, "query", text, values),
};

const pglite: Library = {
  owns: (given) => has(given, "query", "exec"),
  instead: (given) =>
    has(given, "transaction") ? "what pglite.transaction(async (tx) => …) is given" : undefined,
  query: (tx, text, values) => call(tx, "query", text, values),
};

const pg: Library = {
  owns: (given) => has(given, "query"),
  instead: (given) => {
    if ("totalCount" in given) return "a client of the pool that has run BEGIN: await pool.connect()";
    const isIdle = has(given, "getTransactionStatus") && sync(given, "getTransactionStatus") === "I";
    return isIdle ? "a client that has run BEGIN" : undefined;
  },
  query: (client, text, values) => call(client, "query", text, values),
};

/** Those with marks of their own come before those that are known by having `query`. */
const LIBRARIES = [kysely, knex, postgresJs, drizzle, prisma, typeOrm, pglite, pg];

/**
 * @param transaction of pg, postgres.js, Drizzle, Kysely, Knex, Prisma, TypeORM or PGlite, or anything with a method
 * `query(text, values)` that gives rows or `{ rows }`
 * @throws {OptionError} what is given is no transaction; says what to pass
 */
export function runnerOf(transaction: object): SqlRunner {
  const members = transaction as Members;
  const library = LIBRARIES.find((known) => known.owns(members));
  if (library === undefined) {
    throw new OptionError(
      `expected within to be a transaction of pg, postgres.js, Drizzle, Kysely, Knex, Prisma, TypeORM or PGlite, or an object with query(text, values), got ${describe(transaction)}`,
      { option: "within" },
    );
  }
  const instead = library.instead(members);
  if (instead !== undefined) {
    throw new OptionError(
      `expected within to be a transaction, got a connection outside of one, where nothing would bind the jobs to your data; pass ${instead}`,
      { option: "within" },
    );
  }
  return { query: async (text, values) => rowsOf(await library.query(members, text, values)) };
}

function has(given: Members, ...names: readonly string[]): boolean {
  return names.every((name) => typeof given[name] === "function");
}

function call(owner: Members, method: string, ...given: readonly unknown[]): PromiseLike<unknown> {
  return (owner[method] as Call).apply(owner, [...given]);
}

function sync(owner: Members, method: string): unknown {
  return (owner[method] as () => unknown).apply(owner);
}

function rowsOf(answer: unknown): readonly SqlRow[] {
  const rows = Array.isArray(answer) ? answer : (answer as { readonly rows?: unknown } | null)?.rows;
  return Array.isArray(rows) ? (rows as readonly SqlRow[]) : [];
}
