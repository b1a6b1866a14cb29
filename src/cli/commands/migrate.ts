import { type Context, type Outcome, refusal } from "../outcome.js";
import { shownUrl } from "./store.js";

/** The flags of `taskora migrate`. */
export interface MigrateFlags {
  readonly store?: string;
  readonly schema: string;
  readonly sql?: true;
}

/** How long the server may take to answer, and locks may be waited for. */
const DEADLINE = "30s";

/** Runs `taskora migrate`: makes the schema of a store in PostgreSQL or brings it up to date; with `--sql` prints how. */
export async function runMigrate(flags: MigrateFlags, context: Context): Promise<Outcome> {
  const { terminal } = context;
  const { schema } = flags;
  const { postgresAdapter, postgresMigration } = await import("taskora/postgres");
  if (flags.sql === true) {
    const sql = postgresMigration({ schema });
    return { exitCode: 0, data: { schema, sql }, findings: [], show: () => terminal.out(sql.trimEnd()) };
  }
  const url = flags.store ?? process.env.TASKORA_STORE ?? "";
  if (!/^postgres(ql)?:\/\//.test(url)) {
    const hint = "Name it: --store postgres://user@localhost:5432/shop, or TASKORA_STORE.";
    const message = "Only stores in PostgreSQL have a schema to migrate, and none was named.";
    return refusal({ code: "STORE_UNNAMED", message, hint }, context);
  }
  const adapter = postgresAdapter({ url, schema, migrate: true, deadline: DEADLINE });
  try {
    await adapter.connect();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = "Or print the statements with --sql, and let somebody who may create tables run them.";
    return refusal({ code: "MIGRATION_FAILED", message, hint }, context);
  } finally {
    await adapter.close();
  }
  return {
    exitCode: 0,
    data: { store: shownUrl(url), schema },
    findings: [],
    show: () =>
      terminal.out(
        `${terminal.outColors.green("✔")} The schema ${schema} at ${shownUrl(url)} is up to date.`,
      ),
  };
}
