/** What must hold of a database before jobs are trusted to it, and how its schema comes to be. */
import { StoreError } from "../../core/errors.js";
import { FUNCTION_SET } from "../sql/function-set.js";
import { FORMAT_VERSION, migrationStatements } from "../sql/migrations.js";
import type { Database, Statements } from "./database.js";

const OLDEST = 14;

/** What is checked. */
export interface StoreCheck {
  readonly where: string;
  readonly schema: string;
  /** Bring an older or missing schema up to date. */
  readonly migrate: boolean;
}

/**
 * Checks server and schema, and migrates the schema where that is wanted.
 *
 * @throws {TaskoraError} `STORE_UNSUPPORTED`, `STORE_FORMAT`, or what the server says
 */
export async function checkStore(database: Database, check: StoreCheck): Promise<void> {
  await checkServer(database, check.where);
  const found = await readFormat(database, check);
  if (found.version > FORMAT_VERSION) throw newerFormat(found.version, check);
  if (found.version === FORMAT_VERSION && found.hasFunctions) return;
  if (!check.migrate) throw olderFormat(found.version, check);
  await migrate(database, check);
}

async function checkServer(database: Statements, where: string): Promise<void> {
  const [row] = await database.rows(
    `select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() as standby`,
  );
  const version = Math.floor(Number(row?.version) / 10_000);
  if (version < OLDEST) {
    throw unsupported(
      `Postgres at ${where} has version ${version} and taskora needs ${OLDEST} or newer. Upgrade the server.`,
    );
  }
  if (row?.encoding !== "UTF8") {
    throw unsupported(
      `The database at ${where} has the encoding ${String(row?.encoding)} and taskora needs UTF8, for texts of any kind. ` +
        "Create a database with: createdb --encoding UTF8 --template template0 name.",
    );
  }
  if (row.standby === true) {
    throw new StoreError(
      "STORE_UNAVAILABLE",
      `Postgres at ${where} is a standby and takes no writes. Give the address of the primary. During a failover this ` +
        "passes. The same call may succeed later.",
      { retryable: true },
    );
  }
}

interface Found {
  /** 0: there is nothing of ours. */
  readonly version: number;
  readonly hasFunctions: boolean;
}

async function readFormat(statements: Statements, { schema }: StoreCheck): Promise<Found> {
  const [there] = await statements.rows("select to_regclass($1) is not null as is_there", [
    `"${schema}".format`,
  ]);
  if (there?.is_there !== true) return { version: 0, hasFunctions: false };
  const [row] = await statements.rows(
    "select (select max(version) from @.format) as version, exists (select from @.function_set where name = $1) as has_functions",
    [FUNCTION_SET],
  );
  return { version: Number(row?.version ?? 0), hasFunctions: row?.has_functions === true };
}

/** Of several processes that start at once one does it, and the others find it done. */
async function migrate(database: Database, check: StoreCheck): Promise<void> {
  await database.transaction(async (statements) => {
    await statements.rows("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `taskora migrates ${check.schema}`,
    ]);
    const found = await readFormat(statements, check);
    if (found.version > FORMAT_VERSION) throw newerFormat(found.version, check);
    if (found.version === FORMAT_VERSION && found.hasFunctions) return;
    const [schema] = await statements.rows("select to_regnamespace($1) is not null as is_there", [
      `"${check.schema}"`,
    ]);
    const steps = migrationStatements(check.schema, found.version);
    // Creating it needs a right on the database even where it is there.
    const needed =
      schema?.is_there === true ? steps.filter((step) => !step.startsWith("create schema")) : steps;
    for (const step of needed) await statements.rows(step);
  });
}

function newerFormat(version: number, { where, schema }: StoreCheck): StoreError {
  return new StoreError(
    "STORE_FORMAT",
    `The schema ${schema} at ${where} has format ${version} and this version of taskora reads format ${FORMAT_VERSION}. ` +
      "Use the taskora version that wrote it, or another schema.",
    { retryable: false },
  );
}

function olderFormat(version: number, { where, schema }: StoreCheck): StoreError {
  const state =
    version === 0 ? "is not there, or empty" : `has format ${version}, or lacks functions of this version`;
  return new StoreError(
    "STORE_FORMAT",
    `The schema ${schema} at ${where} ${state}, and this version of taskora needs format ${FORMAT_VERSION}. Run ` +
      `taskora migrate --schema ${schema}, apply what taskora migrate --sql prints, or pass migrate: true to have it done at connect.`,
    { retryable: false },
  );
}

function unsupported(message: string): StoreError {
  return new StoreError("STORE_UNSUPPORTED", message, { retryable: false });
}
