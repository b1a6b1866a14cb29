import type { AuditEntry } from "taskora";
import { countText, plain } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { tableLines } from "./table.js";
import { momentText } from "./text.js";

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
      for (const line of tableLines(COLUMNS, inOneLine(entries).map(rowOf), terminal)) terminal.out(line);
      if (cursor !== undefined) terminal.talk(`The last ${entries.length}; --limit shows more.`);
    };
    return { exitCode: 0, data: { entries }, findings: [], show };
  });
}

/** A change of many jobs is kept in steps: those that follow each other are one line, with the time of the last. */
function inOneLine(entries: readonly AuditEntry[]): readonly AuditEntry[] {
  const lines: AuditEntry[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    if (last?.count === undefined || entry.count === undefined || !isSameChange(last, entry))
      lines.push(entry);
    else lines[lines.length - 1] = { ...last, count: last.count + entry.count };
  }
  return lines;
}

function isSameChange(one: AuditEntry, other: AuditEntry): boolean {
  return (
    (["action", "by", "address", "reason"] as const).every((key) => one[key] === other[key]) &&
    targetOf(one) === targetOf(other)
  );
}

function rowOf(entry: AuditEntry): readonly string[] {
  const { at, by = "", address, action, count, reason = "" } = entry;
  return [
    momentText(at).slice(0, -4),
    plain(address === undefined ? by : `${by} (${address})`),
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
