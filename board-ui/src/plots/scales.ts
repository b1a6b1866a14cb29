/** From numbers to places in a plot, and to the marks of its axes. */
import { aheadOf } from "../words/zone-offset.js";

/** Room for the words of the axis at the left, and around the plot, in px. */
export const LEFT = 52;
export const RIGHT = 8;
export const TOP = 14;

export interface Scale {
  /** Where a number is, in px from the top. */
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number at or above the largest. */
export function linearScale(max: number, height: number): Scale {
  const step = niceStep(max / 3);
  const top = Math.max(step, Math.ceil(max / step) * step);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, nth) => nth * step);
  return { y: (value) => TOP + height - (value / top) * height, ticks };
}

function niceStep(rough: number): number {
  if (rough <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * size >= rough) ?? 10;
  return Math.max(1, step * size);
}

/** What people count time in, in ms. */
const ROUND_MS = [1, 10, 100, 1e3, 1e4, 6e4, 6e5, 3.6e6, 3.6e7, 8.64e7, 8.64e8, 8.64e9];

/** Lengths of time, each ten times as long as high. */
export function timeScale(values: readonly number[], height: number): Scale {
  const known = values.filter((value) => value > 0);
  const least = known.length === 0 ? 1 : Math.max(0.1, Math.min(...known));
  const most = known.length === 0 ? 1_000 : Math.max(...known);
  const from = ROUND_MS.findLast((each) => each <= least) ?? 0.1;
  const to = Math.max(from * 10, ROUND_MS.find((each) => each >= most) ?? most);
  const [low, high] = [Math.log(from), Math.log(to)];
  const ticks = [0.1, ...ROUND_MS].filter((each) => each >= from && each <= to);
  return {
    y: (value) => TOP + height - ((Math.log(Math.max(from, value)) - low) / (high - low)) * height,
    ticks,
  };
}

/** Moments of the axis at the foot: about six of them, at times that are round in a zone. */
export function momentTicks(at: readonly number[], stepMs: number, zone: string): readonly number[] {
  const spanMs = at.length * stepMs;
  const every =
    [6e5, 9e5, 1.8e6, 3.6e6, 1.08e7, 2.16e7, 4.32e7, 8.64e7].find((ms) => spanMs / ms <= 7) ?? 8.64e7;
  const ahead = aheadOf(at[0] ?? 0, zone);
  return at.flatMap((moment, nth) => ((moment + ahead) % every === 0 ? [nth] : []));
}
