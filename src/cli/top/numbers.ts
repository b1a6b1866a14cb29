/** Numbers and times in few cells. */
import { lengthText } from "../../core/words.js";

const UNITS = ["", "k", "M", "G", "T"] as const;

/** `812`, `9999`, `12k`, `1.2M`: at most four cells. */
export function shortCount(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`;
}

/** Per second: `0`, `0.3`, `12`, `1204`. */
export function rateText(rate: number | undefined): string {
  if (rate === undefined) return "";
  if (rate === 0) return "0";
  if (rate < 0.05) return "<0.1";
  return rate < 9.95 ? rate.toFixed(1) : shortCount(rate);
}

/** `300ms`, `1.2s`, `45s`, `4m`, `2h`, `3d`: at most five cells. */
export function shortLength(ms: number | undefined): string {
  if (ms === undefined) return "";
  if (ms < 999.5) return ms > 0 && ms < 0.95 ? "<1ms" : `${Math.round(ms)}ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`;
  return lengthText(ms).replace(/^(\d+[a-z])\d+[a-z]$/, "$1");
}
