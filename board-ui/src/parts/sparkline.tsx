interface BarsProps {
  /** The oldest first; `null`: not known. */
  readonly values: readonly (number | null)[];
  /** What is seen, for those who do not. */
  readonly label: string;
  /** Class that colours it. Default: that of work done. */
  readonly kind?: string | undefined;
  /** Bars of another series in the same frame are as high for the same number. */
  readonly max?: number | undefined;
}

const WIDTH = 4;
const HEIGHT = 18;

/** Small bars without axes: the shape of a few minutes. One path, since a table has many of them. */
export function Bars({ values, label, kind, max }: BarsProps) {
  const top = Math.max(max ?? 0, ...values.map((value) => value ?? 0));
  const heights = values.map((value) => {
    if (value === null || top === 0) return 0;
    return value === 0 ? 0 : Math.max(1.5, (value / top) * (HEIGHT - 1));
  });
  const bars = heights
    .map((height, nth) =>
      height === 0 ? "" : `M${nth * WIDTH} ${HEIGHT}v${-height.toFixed(1)}h3V${HEIGHT}z`,
    )
    .join("");
  const width = Math.max(1, values.length) * WIDTH;
  return (
    <svg
      class={`bars ${kind ?? ""}`}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="ground" d={`M0 ${HEIGHT - 0.5}h${width}`} />
      <path d={bars} />
    </svg>
  );
}
