import type { ErrorGroupInfo } from "taskora";
import { countText, plain } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { now } from "./now.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { tableLines } from "./table.js";
import { sinceText } from "./text.js";

/** The flags of `taskora errors`. */
export interface ErrorsFlags extends OperateFlags {
  readonly task?: string;
  readonly days: number;
  readonly limit: number;
}

const DAY_MS = 86_400_000;

const COLUMNS = [
  { title: "TIMES", align: "right" as const },
  { title: "LAST", align: "right" as const },
  { title: "TASK", isCut: true as const },
  { title: "LAST JOB" },
  { title: "ERROR", isCut: true as const },
];

/** Runs `taskora errors`. */
export async function runErrors(flags: ErrorsFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal, place }) => {
    const from = now() - (flags.days - 1) * DAY_MS;
    const { items: errors, cursor } = await app.errors.list({ task: flags.task, from, limit: flags.limit });
    const at = now();
    const show = () => {
      if (errors.length === 0)
        return terminal.talk(`No job over ${place} has failed ${periodText(flags.days)}.`);
      const rows = errors.map((group) => rowOf(group, at));
      for (const line of tableLines(COLUMNS, rows, terminal)) terminal.out(line);
      if (cursor !== undefined) terminal.talk(`The last ${errors.length} kinds; --limit shows more.`);
    };
    return { exitCode: 0, data: { errors }, findings: [], show };
  });
}

function rowOf({ count, lastAt, task, last, name, code, message }: ErrorGroupInfo, at: number) {
  const kind = name === "Error" ? "" : `${name}: `;
  const text = `${kind}${message}${code === undefined ? "" : ` (${code})`}`;
  return [countText(count), sinceText(Math.min(lastAt, at), at), plain(task), plain(last.jobId), plain(text)];
}

function periodText(days: number): string {
  return days === 1 ? "today" : `in the last ${days} days`;
}
