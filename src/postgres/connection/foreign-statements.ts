/**
 * Our statements within a transaction of the caller's, through whatever library it is of. Those send numbers, lists and bytes
 * in their own ways, and rename columns, so everything goes and comes as text.
 */
import { inSchema } from "../sql/function-set.js";
import type { Row, Statements } from "./database.js";
import { runnerOf } from "./transaction.js";

/** Statements in one transaction. */
export interface ForeignStatements extends Statements {
  /** Its number in the database; undefined: nothing was sent yet. */
  readonly transaction: string | undefined;
}

/**
 * @param within what the caller passed; each statement is sent once, and what it fails with is the transaction's
 * @throws {OptionError} it is no transaction
 */
export function foreignStatements(within: object, schema: string): ForeignStatements {
  const runner = runnerOf(within);
  let transaction: string | undefined;
  return {
    get transaction() {
      return transaction;
    },
    async rows(sql, values = []) {
      const text = inSchema(
        `select coalesce(json_agg(q), '[]')::text as reply, pg_current_xact_id()::text as number from (${typed(sql)}) q`,
        schema,
      );
      const [row] = await runner.query(text, values.map(literalOf));
      transaction = String(row?.number);
      return (JSON.parse(String(row?.reply ?? "[]")) as readonly Row[]).map(withBytes);
    },
  };
}

/** A placeholder takes a text, which becomes what stands behind it: `$1::integer[]`. */
function typed(sql: string): string {
  return sql.replaceAll(/\$\d+(?=::)/g, "$&::text");
}

/** A value as Postgres reads it from a text. */
export function literalOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? `{${value.map(elementOf).join(",")}}` : textOf(value);
}

function elementOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return `"${textOf(value).replaceAll(/["\\]/g, "\\$&")}"`;
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : String(value);
}

/** Bytes come in hexadecimal digits. */
function withBytes(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isBytes = name.endsWith("bytes") && typeof value === "string" && value.startsWith("\\x");
      return [name, isBytes ? Buffer.from(value.slice(2), "hex") : value];
    }),
  );
}
