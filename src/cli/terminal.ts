import picocolors from "picocolors";
import type { Globals } from "./globals.js";

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

/** Whether they colour anything. */
export function isColored({ bold }: Colors): boolean {
  return bold("x") !== "x";
}

/** Where a command writes. */
export interface Terminal {
  /** Data, for other programs: stdout. */
  out(line: string): void;
  /** For people: stderr, and nowhere under `--quiet`. */
  talk(line: string): void;
  /** What is wrong: stderr, under `--quiet` too. */
  complain(line: string): void;
  readonly outColors: Colors;
  readonly talkColors: Colors;
  /** Width for wrapping, at most 100 columns. */
  readonly columns: number;
  /** Width of tables on stdout; without a terminal there is none, since programs read whole words. */
  readonly tableColumns: number;
  /** Whether questions can be asked. */
  readonly isInteractive: boolean;
}

const MAX_COLUMNS = 100;

/** The terminal of this process. Colours where a stream is a terminal, unless the flags or the environment say otherwise. */
export function processTerminal({ color, quiet }: Globals = {}): Terminal {
  const { stdout, stderr, stdin } = process;
  stdout.on("error", endWhenReaderLeft);
  const complain = (line: string): void => void stderr.write(`${line}\n`);
  return {
    out: (line) => void stdout.write(`${line}\n`),
    talk: quiet === true ? () => undefined : complain,
    complain,
    outColors: picocolors.createColors(color ?? hasColors(stdout)),
    talkColors: picocolors.createColors(color ?? hasColors(stderr)),
    columns: Math.min(stderr.columns ?? stdout.columns ?? MAX_COLUMNS, MAX_COLUMNS),
    tableColumns: stdout.isTTY === true ? (stdout.columns ?? MAX_COLUMNS) : Number.POSITIVE_INFINITY,
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

/**
 * Breaks text at spaces so that no line is longer than `width`; long words are left whole.
 *
 * @param widthOf how long text is; without it, as many letters as it has
 */
export function wrapText(
  text: string,
  width: number,
  widthOf: (text: string) => number = ({ length }) => length,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
