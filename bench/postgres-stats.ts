/** What PostgreSQL says about itself, over a connection that takes no other part, and what Linux says of its processes. */
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import type { StoreStats } from "./stores.js";

/** Linux counts the CPU of a process in these. */
const MICROS_PER_TICK = 10_000;

/** A connection that has nothing to do tells what it has done before within 10 s. */
const LATEST_REPORT_MS = 11_000;

export class PostgresStats implements StoreStats {
  readonly #client: pg.Client;
  readonly #connected: Promise<unknown>;
  readonly #pid: number;

  /** @param pid of the server's main process */
  constructor(url: string, pid: number) {
    this.#pid = pid;
    this.#client = new pg.Client({ connectionString: url, application_name: "bench" });
    this.#connected = this.#client.connect();
  }

  /** Of the main process, those it has started, and those of them that have ended. */
  async cpuMicros(): Promise<number> {
    let ticks = 0;
    for (const entry of readdirSync("/proc")) {
      const stat = /^\d+$/.test(entry) ? statOf(entry) : undefined;
      if (stat?.pid === this.#pid) ticks += stat.own + stat.ended;
      else if (stat?.parent === this.#pid) ticks += stat.own;
    }
    return ticks * MICROS_PER_TICK;
  }

  async walBytes(): Promise<number> {
    return this.#number("pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
  }

  /** It counts for itself alone. */
  resetCounters(): void {}

  otherConnections(): Promise<number> {
    return this.#number(
      "(select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid())",
    );
  }

  /** Transactions: a statement by itself is one. */
  async watchCommands(windowMs: number): Promise<number> {
    const count = () =>
      this.#number(
        "(select xact_commit + xact_rollback from pg_stat_database where datname = current_database())",
      );
    await new Promise((resolve) => setTimeout(resolve, LATEST_REPORT_MS));
    const before = await count();
    await new Promise((resolve) => setTimeout(resolve, windowMs));
    // The reading before is one itself.
    return (await count()) - before - 1;
  }

  close(): void {
    this.#client.end().catch((error: unknown) => console.error(error));
  }

  async #number(expression: string): Promise<number> {
    await this.#connected;
    const { rows } = await this.#client.query<{ readonly value: string }>(`select ${expression} as value`);
    return Number(rows[0]?.value);
  }
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Ticks of CPU. */
  readonly own: number;
  /** Those of children that it has waited for. */
  readonly ended: number;
}

/** Undefined: it has ended. */
function statOf(pid: string): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  // The name, in brackets, may hold spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const at = (index: number) => Number(fields[index]);
  return { pid: Number(pid), parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
}
