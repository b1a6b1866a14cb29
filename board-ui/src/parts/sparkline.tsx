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

/** Small bars without axes: the shape of a few minutes. */
export function Bars({ values, label, kind, max }: BarsProps) {
  const top = Math.max(max ?? 0, ...values.map((value) => value ?? 0));
  return (
    <svg
      class={`bars ${kind ?? ""}`}
      viewBox={`0 0 ${Math.max(1, values.length) * WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, nth) => {
        const height = value === null || top === 0 ? 0 : (value / top) * (HEIGHT - 1);
        const shown = value === null ? 0.5 : Math.max(1, height);
        return (
          <rect
            key={nth}
            class={value === null ? "unknown" : value === 0 ? "none" : ""}
            x={nth * WIDTH}
            y={HEIGHT - shown}
            width={WIDTH - 1}
            height={shown}
          />
        );
      })}
    </svg>
  );
}
