const BLOCKS = "▁▂▃▄▅▆▇█";

/** A small picture of numbers, in the last `width` of them. What is not known is a blank. */
export function barsText(bars: readonly (number | null)[], width = 10): string {
  const most = Math.max(0, ...bars.map((bar) => bar ?? 0));
  const text = bars.slice(-width).map((bar) => {
    if (bar === null) return " ";
    return BLOCKS[
      most === 0 ? 0 : Math.min(BLOCKS.length - 1, Math.ceil((bar / most) * (BLOCKS.length - 1)))
    ];
  });
  return text.join("").padStart(width);
}
