import type { AuditEntry } from "taskora";
import type { Context, Outcome } from "../outcome.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { tableLines } from "./table.js";
import { countText, momentText, plain } from "./text.js";

/** The flags of `taskora audit`. */
export interface AuditFlags extends OperateFlags {
  readonly limit: number;
}

const COLUMNS = [
  { title: "WHEN (UTC)" },
  { title: "WHO" },
  { title: "WHAT" },
  { title: "TO", isCut: true as const },
  { title: "JOBS", align: "right" as const },
  { title: "WHY", isCut: true as const },
];

/** Runs `taskora audit`. */
export async function runAudit(flags: AuditFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal, place }) => {
    const { items: entries, cursor } = await app.audit.list({ limit: flags.limit });
    const show = () => {
      if (entries.length === 0) return terminal.talk(`No change by hand is kept at ${place}.`);
      for (const line of tableLines(COLUMNS, entries.map(rowOf), terminal)) terminal.out(line);
      if (cursor !== undefined) terminal.talk(`The last ${entries.length}; --limit shows more.`);
    };
    return { exitCode: 0, data: { entries }, findings: [], show };
  });
}

function rowOf(entry: AuditEntry): readonly string[] {
  const { at, by = "", action, count, reason = "" } = entry;
  return [
    momentText(at).slice(0, -4),
    plain(by),
    action,
    plain(targetOf(entry)),
    count === undefined ? "" : countText(count),
    plain(reason),
  ];
}

function targetOf({ task = "", jobId, workflow, schedule, worker, pool }: AuditEntry): string {
  const named = workflow ?? schedule ?? worker ?? pool;
  if (named !== undefined) return named;
  return jobId === undefined ? task : `${task} ${jobId}`;
}
