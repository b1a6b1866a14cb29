import type { Job } from "taskora";
import { countText } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { type ChosenFlags, queryOf } from "./jobs-list.js";
import { type OperateFlags, type StoreOperation, withStoreApp } from "./store-app.js";

/** The flags of `taskora export`. */
export interface ExportFlags extends OperateFlags, ChosenFlags {
  readonly filter: readonly string[];
}

/** Raised when a key of a line changes its meaning or goes. */
export const EXPORT_VERSION = 1;

/** Runs `taskora export`: each job on a line of its own, as `taskora import` reads them. */
export async function runExport(flags: ExportFlags, context: Context): Promise<Outcome> {
  return withStoreApp(flags, context, async (operation) => {
    const { terminal } = operation;
    const signal = stoppedBySignals();
    let jobs = 0;
    let unreadable = 0;
    for await (const job of pagesOf(operation, flags, signal)) {
      jobs++;
      if (job.corrupt !== undefined) unreadable++;
      terminal.out(JSON.stringify({ v: EXPORT_VERSION, ...job }));
    }
    const isStopped = signal.aborted;
    const show = () => {
      terminal.talk(`${isStopped ? "Stopped after" : "Wrote"} ${countText(jobs)} jobs.`);
      if (unreadable > 0) terminal.complain(`${countText(unreadable)} of them cannot be read: see corrupt.`);
    };
    const stopped = {
      code: "STOPPED" as const,
      severity: "error" as const,
      message: `Stopped after ${jobs} jobs.`,
    };
    const findings = isStopped ? [{ ...stopped, hint: "What was written is complete up to there." }] : [];
    const exitCode = operation.codegen.exitCodeFor(findings);
    return { exitCode, data: { jobs, unreadable }, findings, isLine: true, show };
  });
}

/** Whoever reads slowly is waited for: jobs do not pile up in this process. */
async function* pagesOf(
  { app }: StoreOperation,
  flags: ExportFlags,
  signal: AbortSignal,
): AsyncGenerator<Job> {
  for await (const job of app.jobs.list({ ...queryOf(flags, flags.filter), limit: 500 })) {
    if (signal.aborted) return;
    yield job;
    if (process.stdout.writableNeedDrain)
      await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}
