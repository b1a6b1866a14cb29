import picocolors from "picocolors";

type Paint = (text: string) => string;

/** How text is coloured; every function gives it back unchanged where colours are off. */
export type Colors = Readonly<
  Record<"bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan", Paint>
>;

/** Where the demo writes. */
export interface Terminal {
  readonly colors: Colors;
  /** Whether lines can be drawn over. */
  readonly isLive: boolean;
  columns(): number;
  rows(): number;
  write(text: string): void;
}

/** A narrower table says too little. */
const MIN_COLUMNS = 70;
const MAX_COLUMNS = 120;

/** stdout of this process. Colours and drawing over only where it is a terminal. */
export function processTerminal(): Terminal {
  const { stdout, env } = process;
  const isWide = (stdout.columns ?? 0) >= MIN_COLUMNS;
  const isLive = stdout.isTTY === true && isWide && env.TERM !== "dumb" && (env.CI ?? "") === "";
  return {
    colors: picocolors.createColors(picocolors.isColorSupported && stdout.isTTY === true),
    isLive,
    columns: () => Math.min(MAX_COLUMNS, stdout.columns ?? 100),
    rows: () => stdout.rows ?? 24,
    write: (text) => void stdout.write(text),
  };
}
