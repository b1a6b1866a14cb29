/** The schema as SQL, for those who run such statements themselves. */
import { requireNoMore } from "../core/arguments.js";
import { integer } from "../core/checks.js";
import { type Check, optionSet } from "../core/options.js";
import { aSchema } from "./connection/postgres-options.js";
import { FORMAT_VERSION, migrationStatements } from "./sql/migrations.js";

/** Of which schema, and from where on. */
export interface PostgresMigrationOptions {
  /** As given to `postgresAdapter`. Default `"taskora"`. */
  readonly schema?: string | undefined;
  /** The format that the schema has, which is in its table `format`. Default 0: there is nothing yet. */
  readonly from?: number | undefined;
}

const OPTIONS = optionSet({
  schema: aSchema,
  from: integer(0, FORMAT_VERSION),
} satisfies { readonly [Key in keyof PostgresMigrationOptions]-?: Check<unknown> });

/**
 * The statements that make the schema, or bring it up to date, with the functions of this version; functions of other
 * versions stay, so that processes with those go on. Run it in one transaction, as a role that may create tables there.
 *
 * @throws {OptionError} for unknown or impossible options
 */
export function postgresMigration(options?: PostgresMigrationOptions): string;
export function postgresMigration(options: object = {}, ...surplus: readonly unknown[]): string {
  requireNoMore("postgresMigration()", 1, surplus);
  const { schema = "taskora", from = 0 } = OPTIONS.read(options, "postgresMigration()");
  return `${migrationStatements(schema, from)
    .map((statement) => statement.trim().replace(/;?$/, ";"))
    .join("\n\n")}\n`;
}
