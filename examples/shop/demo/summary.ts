import { dirname, relative } from "node:path";
import { JOB_STATES, type JobCounts, type Taskora } from "taskora";
import type { DayReport, Ending } from "../producer/shop-day.js";
import { type BoardJob, describeFailures } from "./job-board.js";
import type { MailServer } from "./mail-server.js";
import { paintState } from "./state-look.js";
import type { Terminal } from "./terminal.js";
import { cell, count } from "./text.js";
import type { WebhookReceiver } from "./webhook-receiver.js";

/** Counts per task, and of all together. */
export type CountTable = Readonly<Record<string, JobCounts>>;

/** Reads the counts of every state from the store. */
export async function readCounts(observer: Taskora, tasks: readonly string[]): Promise<CountTable> {
  const rows = await Promise.all(
    tasks.map(async (task) => [task, await observer.jobs.count({ task })] as const),
  );
  return { ...Object.fromEntries(rows), all: await observer.jobs.count() };
}

/** Where the results are printed, and what was seen of the jobs on the way to them. */
interface ResultsPage {
  readonly terminal: Terminal;
  readonly jobs: ReadonlyMap<string, BoardJob>;
}

/** Prints what came back to the producer, with the types of the contracts, and why earlier tries failed. */
export function printResults(report: DayReport, page: ResultsPage): void {
  const { terminal } = page;
  const { bold } = terminal.colors;
  terminal.write(`\n${bold("What the producer got back")}\n`);
  printEndings(report.thumbnails, page, ({ original, thumbnails }) => {
    const sizes = thumbnails.map(({ width, height }) => `${width}×${height}`);
    return `${original.format} ${original.width}×${original.height} → ${sizes.join(", ")}`;
  });
  printEndings(report.mails, page, ({ accepted }) => `taken for ${accepted.join(", ")}`);
  printEndings(
    report.deliveries,
    page,
    ({ status, durationMs }) => `${status} in ${durationMs.toFixed(0)} ms`,
  );
  for (const reason of report.refused)
    printLine({ sign: "refused", subject: "(not stored)", text: reason }, terminal);
}

function printEndings<Result>(
  endings: readonly Ending<Result>[],
  { terminal, jobs }: ResultsPage,
  describe: (result: Result) => string,
): void {
  for (const ending of endings) {
    const { id, subject } = ending;
    const failures = describeFailures(jobs.get(id) ?? { failures: [] });
    const sign = "result" in ending ? "result" : "error";
    const text = "result" in ending ? describe(ending.result) : ending.error;
    printLine({ sign, subject, text: [text, ...failures].join(", ") }, terminal);
  }
}

interface SummaryLine {
  readonly sign: "result" | "error" | "refused";
  readonly subject: string;
  readonly text: string;
}

function printLine({ sign, subject, text }: SummaryLine, terminal: Terminal): void {
  const { colors } = terminal;
  const mark =
    sign === "result" ? colors.green("✔") : sign === "error" ? colors.red("✖") : colors.yellow("!");
  const width = terminal.columns();
  const subjectWidth = Math.min(34, Math.floor(width * 0.34));
  const lines = wrap(text, width - subjectWidth - 5);
  const indent = " ".repeat(subjectWidth + 5);
  terminal.write(`  ${mark} ${cell(subject, subjectWidth)} ${lines.join(`\n${indent}`)}\n`);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Prints how many jobs are in which state: a row per state, a column per task. */
export function printCounts(counts: CountTable, terminal: Terminal): void {
  const { bold, dim } = terminal.colors;
  const columns = Object.keys(counts);
  const widths = columns.map((name) => Math.max(name.length, 5));
  const cells = (texts: readonly string[]) =>
    texts.map((text, index) => text.padStart(widths[index] ?? 0)).join("  ");
  terminal.write(`\n${bold("Jobs per state, counted by the store")}\n`);
  terminal.write(`  ${dim(`${" ".repeat(11)}  ${cells(columns)}`)}\n`);
  for (const state of JOB_STATES) {
    const numbers = cells(columns.map((name) => String(counts[name]?.[state] ?? 0)));
    terminal.write(
      `  ${paintState(state, terminal.colors)}  ${numbers.replaceAll(/(?<![0-9])0(?![0-9])/g, dim("0"))}\n`,
    );
  }
  terminal.write(
    `  ${dim(`  ${"total".padEnd(9)}  ${cells(columns.map((name) => String(counts[name]?.total ?? 0)))}`)}\n`,
  );
}

/** Prints what arrived outside of taskora. */
export function printArrivals(
  world: { readonly mail: MailServer; readonly receiver: WebhookReceiver; readonly files: readonly string[] },
  terminal: Terminal,
): void {
  const { mail, receiver, files } = world;
  const { bold } = terminal.colors;
  const { requests } = receiver;
  const signed = requests.filter(({ isSigned }) => isSigned).length;
  const taken = requests.filter(({ status }) => status < 300).length;
  terminal.write(`\n${bold("What arrived outside")}\n`);
  terminal.write(`  ${count(mail.mails.length, "mail")}, ${mail.putOff()} of them put off at first\n`);
  terminal.write(`  ${count(requests.length, "request")}, ${signed} signed right, ${taken} taken\n`);
  terminal.write(`  ${count(files.length, "thumbnail")} in ${shortPath(dirname(files[0] ?? ""))}\n`);
}

/** Relative to where the demo was started, unless the way there leads out of it. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}
