import type { JobEvent } from "taskora";
import type { BoardJob } from "./job-board.js";
import type { JobFeed } from "./job-feed.js";
import { tableLines } from "./live-table.js";
import { paintState } from "./state-look.js";
import type { Terminal } from "./terminal.js";
import { bar, cell } from "./text.js";

/** Shows jobs while they run; lines said in the meantime stay readable. */
export interface Stage {
  say(line: string): void;
  /** Shows the last state of things and stops. Idempotent. */
  close(): void;
}

/** A table that is drawn over in a terminal, and a line per event elsewhere. */
export function openStage(feed: JobFeed, terminal: Terminal): Stage {
  return terminal.isLive ? new LiveStage(feed, terminal) : plainStage(feed, terminal);
}

/** No terminal shows more pictures a second than this in a readable way. */
const FRAME_MS = 80;

/** Life: opened → draws at most every 80 ms when something happened → closed with a last drawing. */
class LiveStage implements Stage {
  readonly #feed: JobFeed;
  readonly #terminal: Terminal;
  readonly #stopListening: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawnLines = 0;
  #isClosed = false;

  constructor(feed: JobFeed, terminal: Terminal) {
    this.#feed = feed;
    this.#terminal = terminal;
    this.#stopListening = feed.listen(() => {
      this.#timer ??= setTimeout(() => this.#draw(), FRAME_MS);
    });
    this.#terminal.write("\n\u001B[?25l");
  }

  say(line: string): void {
    this.#terminal.write(`${this.#over()}${line}\n`);
    this.#drawnLines = 0;
    this.#draw();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    this.#draw();
    this.#terminal.write("\u001B[?25h");
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const jobs = [...this.#feed.jobs.values()];
    const lines = tableLines({ jobs, elapsedMs: performance.now(), terminal: this.#terminal });
    this.#terminal.write(`${this.#over()}${lines.join("\n")}\n`);
    this.#drawnLines = lines.length;
  }

  /** Moves to the first line of the last drawing and clears from there on. */
  #over(): string {
    return this.#drawnLines === 0 ? "" : `\u001B[${this.#drawnLines}A\u001B[0J`;
  }
}

function plainStage(feed: JobFeed, terminal: Terminal): Stage {
  const stop = feed.listen((job, event) => {
    const time = `+${(performance.now() / 1000).toFixed(2)}`.padStart(7);
    terminal.write(`${eventLine(time, job, event, terminal).trimEnd()}\n`);
  });
  return { say: (line) => terminal.write(`${line}\n`), close: () => void stop() };
}

function eventLine(time: string, job: BoardJob, event: JobEvent, { colors }: Terminal): string {
  const what = event.type === "progress" || event.type === "stalled" ? `  ${event.type}` : undefined;
  const attempt = job.attempt === 0 ? "" : `${job.attempt}/${job.maxAttempts}`;
  const detail = event.type === "progress" ? bar(job.progress, 8) : job.note;
  return [
    colors.dim(time),
    cell(job.task, 15),
    cell(job.subject, 30),
    what === undefined ? paintState(job.state, colors) : cell(what, 11),
    attempt.padEnd(4),
    detail,
  ].join(" ");
}
