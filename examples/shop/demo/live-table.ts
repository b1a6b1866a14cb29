import type { BoardJob } from "./job-board.js";
import { countStates } from "./job-board.js";
import { paintSign, paintState } from "./state-look.js";
import type { Terminal } from "./terminal.js";
import { bar, cell, seconds } from "./text.js";

/** What a table shows, and where. */
export interface TableView {
  readonly jobs: readonly BoardJob[];
  readonly elapsedMs: number;
  readonly terminal: Terminal;
}

const BAR_WIDTH = 8;
/** From this width on there is room for whole words. */
const WIDE = 96;
/** The head, the counts, the blank line between them, and the line the cursor stands on. */
const FRAME_ROWS = 4;

/** The lines of the table: a head, a row per job, and how many are in which state. */
export function tableLines({ jobs, elapsedMs, terminal }: TableView): string[] {
  const { colors } = terminal;
  const widths = columnWidths(terminal.columns());
  const room = terminal.rows() - FRAME_ROWS;
  const shown = mostInteresting(jobs, room);
  const head = ["TASK", "JOB", "  STATE", "TRY", "DETAIL"];
  const headLine = head.map((title, index) => cell(title, widths[index] ?? 0)).join(" ");
  return [
    colors.dim(headLine.trimEnd()),
    ...shown.map((job) => jobLine(job, widths, terminal)),
    "",
    countsLine(jobs, elapsedMs, terminal),
  ];
}

/** The first part of a task's name is enough where the terminal is narrow. */
function columnWidths(columns: number): readonly number[] {
  const task = columns >= WIDE ? 15 : 7;
  const fixed = task + 11 + 5;
  const free = columns - fixed - 5;
  const subject = Math.min(30, Math.floor(free * 0.5));
  return [task, subject, 11, 5, free - subject];
}

function jobLine(job: BoardJob, widths: readonly number[], { colors }: Terminal): string {
  const [taskWidth = 0, subjectWidth = 0, , tryWidth = 0, detailWidth = 0] = widths;
  const task = taskWidth < 15 ? (job.task.split(".")[0] ?? "") : job.task;
  const attempt = job.attempt === 0 ? "" : `${job.attempt}/${job.maxAttempts}`;
  const detail = cell(detailOf(job), detailWidth).trimEnd();
  return [
    colors.dim(cell(task, taskWidth)),
    cell(job.subject, subjectWidth),
    paintState(job.state, colors),
    cell(attempt, tryWidth),
    job.state === "failed" ? colors.red(detail) : job.state === "active" ? detail : colors.dim(detail),
  ].join(" ");
}

function detailOf(job: BoardJob): string {
  const restarted = job.starts > job.attempt ? "again · " : "";
  if (job.state !== "active") return `${job.state === "completed" ? restarted : ""}${job.note}`;
  if (job.note !== "") return job.note;
  return `${restarted}${job.progress > 0 ? bar(job.progress, BAR_WIDTH) : ""}`;
}

/** All rows in order when they fit; else the finished ones are left out first. */
function mostInteresting(jobs: readonly BoardJob[], room: number): readonly BoardJob[] {
  const ordered = [...jobs].sort((a, b) => a.task.localeCompare(b.task));
  if (ordered.length <= room) return ordered;
  const open = ordered.filter(({ state }) => !["completed", "cancelled", "failed"].includes(state));
  return open.slice(0, room);
}

function countsLine(jobs: readonly BoardJob[], elapsedMs: number, { colors, columns }: Terminal): string {
  const counts = [...countStates(jobs)].filter(([, number]) => number > 0);
  const parts = counts.map(([state, number]) => {
    const name = columns() < WIDE ? "" : `${state} `;
    return `${paintSign(state, colors)} ${name}${colors.bold(String(number))}`;
  });
  return `${parts.join("   ")}   ${colors.dim(seconds(elapsedMs))}`;
}
