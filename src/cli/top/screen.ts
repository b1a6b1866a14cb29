/**
 * The terminal while `taskora top` has it: the alternate screen without a cursor, keys one by one. Whatever ends the process
 * but `kill -9`, it is given back as it was.
 *
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
import { emitKeypressEvents, type Interface } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Key } from "./keys.js";
import type { Size } from "./view.js";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l";
/** A frame is shown at once, where the terminal can. */
const BEGIN_FRAME = "\u001b[?2026h";
const END_FRAME = "\u001b[?2026l";
/** A lone Escape is known as such after so long. */
const ESCAPE_MS = 50;

/** What the screen reads and writes. */
export interface ScreenStreams {
  readonly stdin: Pick<ReadStream, "on" | "off" | "setRawMode" | "resume" | "pause">;
  readonly stdout: Pick<WriteStream, "on" | "off" | "write" | "columns" | "rows" | "writableNeedDrain">;
}

/** What happens on the screen. */
export interface ScreenEvents {
  onKey(key: Key): void;
  onResize(): void;
  /** Nobody is at the keys any more. */
  onEnd(): void;
}

/** Has the terminal until {@link Screen.leave}. */
export class Screen {
  readonly #streams: ScreenStreams;
  readonly #events: ScreenEvents;
  #drawn: readonly string[] = [];
  #isIn = false;

  constructor(streams: ScreenStreams, events: ScreenEvents) {
    this.#streams = streams;
    this.#events = events;
  }

  /** How much room there is now. A terminal that does not know has 80 by 24. */
  get size(): Size {
    return sizeOf(this.#streams.stdout);
  }

  /** Takes the terminal. */
  enter(): void {
    const { stdin, stdout } = this.#streams;
    this.#isIn = true;
    process.once("exit", this.#restore);
    process.once("uncaughtExceptionMonitor", this.#restore);
    stdout.write(ENTER);
    emitKeypressEvents(stdin as ReadStream, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("keypress", this.#key);
    stdin.on("end", this.#end);
    stdout.on("resize", this.#resize);
  }

  /** Gives it back; the process may end then. */
  leave(): void {
    const { stdin, stdout } = this.#streams;
    stdin.off("keypress", this.#key);
    stdin.off("end", this.#end);
    stdout.off("resize", this.#resize);
    process.off("exit", this.#restore);
    process.off("uncaughtExceptionMonitor", this.#restore);
    this.#restore();
    stdin.pause();
  }

  /** Writes the lines that are others than before. Where the terminal is slower than the frames, one is left out. */
  draw(lines: readonly string[]): void {
    const { stdout } = this.#streams;
    if (!this.#isIn || stdout.writableNeedDrain) return;
    const text = changedText(this.#drawn, lines);
    this.#drawn = lines;
    if (text !== "") stdout.write(BEGIN_FRAME + text + END_FRAME);
  }

  readonly #restore = (): void => {
    if (!this.#isIn) return;
    this.#isIn = false;
    this.#streams.stdout.write(LEAVE);
    this.#streams.stdin.setRawMode(false);
  };

  readonly #key = (text: string | undefined, key: { name?: string; ctrl?: boolean } | undefined): void =>
    this.#events.onKey({ name: key?.name, ctrl: key?.ctrl, text });

  readonly #end = (): void => this.#events.onEnd();

  readonly #resize = (): void => {
    this.#drawn = [];
    this.#streams.stdout.write("\u001b[2J");
    this.#events.onResize();
  };
}

/** The size of a terminal, or what is usual where it says 0 or nothing. */
export function sizeOf({ columns, rows }: { readonly columns?: number; readonly rows?: number }): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

/** What makes the lines that were drawn into others. A line is emptied first: after one that is full, its last cell would go. */
export function changedText(before: readonly string[], lines: readonly string[]): string {
  const parts = lines.map((line, index) =>
    line === before[index] ? "" : `\u001b[${index + 1};1H\u001b[2K${line}`,
  );
  return parts.join("");
}
