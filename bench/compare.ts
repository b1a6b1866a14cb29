/** What fell since the recorded run: ratios to a peer of the same round are compared, never plain speeds. */
import { findContender, type Results, ratioOf, type WorkloadResult } from "./results.js";

export interface Comparison {
  readonly workload: string;
  readonly now: number;
  /** Undefined when the row was never recorded. */
  readonly recorded: number | undefined;
  readonly verdict: "fell" | "rose" | "same" | "new";
}

/** A change below this is noise. */
const TOLERANCE = 0.15;

export function compareRow(
  row: WorkloadResult,
  { recorded, peer }: { readonly recorded: Results | undefined; readonly peer: string },
): Comparison | undefined {
  const now = ratioIn(row, peer);
  if (now === undefined) return undefined;
  const before = ratioIn(
    recorded?.workloads.find(({ name }) => name === row.name),
    peer,
  );
  return { workload: row.name, now, recorded: before, verdict: verdictOf(now, before) };
}

function verdictOf(now: number, before: number | undefined): Comparison["verdict"] {
  if (before === undefined) return "new";
  if (now < before * (1 - TOLERANCE)) return "fell";
  return now > before * (1 + TOLERANCE) ? "rose" : "same";
}

function ratioIn(row: WorkloadResult | undefined, peer: string): number | undefined {
  const [ours, theirs] = [findContender(row, "taskora"), findContender(row, peer)];
  const metric = row?.metrics[0];
  if (ours === undefined || theirs === undefined || metric === undefined) return undefined;
  return ratioOf(ours, theirs, metric)?.median;
}

/** A table for the terminal. */
export function renderComparison(comparisons: readonly Comparison[], peer: string): string {
  const lines = comparisons.map(({ workload, now, recorded, verdict }) =>
    [
      workload.padEnd(22),
      times(now),
      recorded === undefined ? "–".padStart(9) : times(recorded),
      ` ${verdict}`,
    ].join(" "),
  );
  const fell = comparisons.filter(({ verdict }) => verdict === "fell").map(({ workload }) => workload);
  const end =
    fell.length === 0 ? "Nothing fell by more than 15 %." : `Fell by more than 15 %: ${fell.join(", ")}.`;
  return [`${`× ${peer}`.padEnd(22)} ${"now".padStart(9)} ${"recorded".padStart(9)}`, ...lines, end].join(
    "\n",
  );
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`.padStart(9);
}
