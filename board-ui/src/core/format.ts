/** Numbers and lengths of time as text. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0, useGrouping: true });

/** `12 304`: groups are parted by a thin space that does not break. */
export function count(value: number): string {
  return WHOLE.format(value).replaceAll(",", "\u202f");
}

/** `12.3k`, where there is no room for all of it. */
export function shortCount(value: number): string {
  if (Math.abs(value) < 10_000) return count(value);
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return count(value);
}

/** `205`, `3.4`, `0.02`: of a second. */
export function rate(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value === 0) return "0";
  if (value >= 99.5) return count(Math.round(value));
  if (value >= 9.95) return value.toFixed(0);
  return value >= 0.095 ? value.toFixed(1) : value.toFixed(2);
}

/** `80 ms`, `1.2 s`, `4 m 10 s`, `3 h 12 m`, `2 d 4 h`. */
export function span(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 0) return `-${span(-ms)}`;
  if (ms < 10 && ms !== Math.round(ms)) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
  return coarse(ms);
}

/** As {@link span}, in whole seconds: of what is counted up on the screen. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return seconds < 60 ? `${seconds} s` : coarse(seconds * 1_000);
}

const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
] as const;

function coarse(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const first = UNITS.findIndex(([size]) => seconds >= size);
  const [size, unit] = UNITS[first] ?? [1, "s"];
  const [nextSize, nextUnit] = UNITS[first + 1] ?? [1, ""];
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${unit}${nextUnit !== "" && rest > 0 ? ` ${rest} ${nextUnit}` : ""}`;
}

/** `12.4 MiB`. */
export function bytes(value: number): string {
  let rest = value;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (rest < 1_024 || unit === "GiB") return `${Number(rest.toPrecision(3))} ${unit}`;
    rest /= 1_024;
  }
  return `${value} B`;
}

/** `1 job`, `12 304 jobs`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
