import type { AppEvents } from "taskora";
import { plain } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { statePaint } from "./job-columns.js";
import { type OperateFlags, type StoreOperation, withStoreApp } from "./store-app.js";
import { momentText, troubleText, valueText } from "./text.js";

/** The flags of `taskora tail`. */
export interface TailFlags extends OperateFlags {
  readonly filter: readonly string[];
  readonly limit?: number;
}

type Event = AppEvents["*"];

/** Runs `taskora tail`: events as they come, until it is stopped, or has told so many. */
export async function runTail(flags: TailFlags, context: Context): Promise<Outcome> {
  return withStoreApp(flags, context, async (operation) => {
    const { app, terminal, isJson, report } = operation;
    const where = flags.filter.join(" ");
    // Refuses a misspelt task, which would be listened to in silence.
    if (where !== "") await app.jobs.list({ where, state: [] });
    const signal = stoppedBySignals();
    const { limit = Number.POSITIVE_INFINITY } = flags;
    let told = 0;
    const tell = (event: Event): void => {
      if (told >= limit) return;
      told++;
      if (isJson) report({ exitCode: 0, data: { event }, findings: [], show: () => undefined });
      else terminal.out(lineOf(event, terminal));
    };
    // The links of a store keep no process alive, and while it listens nothing else is under way.
    const alive = setInterval(() => undefined, 2 ** 30);
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        signal.removeEventListener("abort", end);
        stop();
        resolve();
      };
      const stop = app.on(
        "*",
        (event) => {
          tell(event);
          if (told >= limit) end();
        },
        where === "" ? {} : { where },
      );
      signal.addEventListener("abort", end, { once: true });
      app.connect().then(() => terminal.talk(terminal.talkColors.dim(COST)), reject);
      if (signal.aborted) end();
    }).finally(() => clearInterval(alive));
    return { exitCode: 0, data: { events: told }, findings: [], isLine: true, show: () => undefined };
  });
}

const COST =
  "Listening. Each event is one more message of the store: a busy task may cost it twice as much. Stop with Ctrl-C.";

/** An event on one line. */
export function lineOf(event: Event, { outColors }: StoreOperation["terminal"]): string {
  const paint = statePaint(event.type);
  const type = event.type.padEnd(9);
  const at = "at" in event ? momentText(event.at).slice(11) : " ".repeat(12);
  const about = "task" in event && event.task !== undefined ? plain(event.task) : "";
  const id = "id" in event ? ` ${plain(event.id)}` : "";
  const detail = detailOf(event);
  return `${at} ${paint === undefined ? type : outColors[paint](type)} ${about}${id}${detail === "" ? "" : `  ${detail}`}`;
}

/** What an event says beside what every one does. */
function detailOf(event: Event): string {
  switch (event.type) {
    case "failed":
    case "retrying":
      return troubleText(event.error === undefined ? {} : { error: event.error });
    case "cancelled":
      return troubleText({ reason: event.reason });
    case "completed":
      return valueText(event.result);
    case "progress":
      return valueText(event.progress);
    case "warning":
      return plain(event.message);
    case "error":
      return valueText(event.code);
    default:
      return "";
  }
}
