import picocolors from "picocolors";

type Paint = (text: string) => string;

/** How text is coloured; every function gives the text unchanged where colours are off. */
export interface Colors {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** Where a command writes: `out` is data for other programs, `talk` is for people. */
export interface Terminal {
  out(line: string): void;
  talk(line: string): void;
  readonly outColors: Colors;
  readonly talkColors: Colors;
  /** Width for wrapping, at most 100 columns. */
  readonly columns: number;
  /** Whether questions can be asked. */
  readonly isInteractive: boolean;
}

const MAX_COLUMNS = 100;

/** The terminal of this process. Colours only where a stream is a terminal and `NO_COLOR` is not set. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  stdout.on("error", endWhenReaderLeft);
  return {
    out: (line) => void stdout.write(`${line}\n`),
    talk: (line) => void stderr.write(`${line}\n`),
    outColors: picocolors.createColors(hasColors(stdout)),
    talkColors: picocolors.createColors(hasColors(stderr)),
    columns: Math.min(stderr.columns ?? stdout.columns ?? MAX_COLUMNS, MAX_COLUMNS),
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
  };
}

/** `taskora generate | head -1`: whoever read the output has seen enough. */
function endWhenReaderLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** @see https://no-color.org and https://force-color.org */
function hasColors(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && TERM !== "dumb";
}

/** Breaks text at spaces so that no line is longer than `width`; long words are left whole. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
