/** Runs `taskora top`. */
import { setTimeout as wait } from "node:timers/promises";
import { isTaskoraError, type JobDetails, type TaskoraError } from "taskora";
import { createObserver, type Observer, type Overview } from "taskora/board";
import { jobLines } from "../operate/jobs-get.js";
import { type OperateFlags, type StoreOperation, withStoreApp } from "../operate/store-app.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { isColored } from "../terminal.js";
import { countAction, doAction } from "./actions.js";
import { painted, shown } from "./cells.js";
import { asked, type Effect, firstState, type Key, pressed, type TopAction, type TopState } from "./keys.js";
import { loadPlace } from "./load.js";
import { modelOf, type TopModel } from "./model.js";
import type { Loaded, Place } from "./place.js";
import { Screen, type ScreenStreams } from "./screen.js";
import { frameOf, onceLines, type Picture } from "./view.js";

/** The flags of `taskora top`. */
export interface TopFlags extends OperateFlags {
  readonly once?: true;
  readonly task?: readonly string[];
  readonly interval: number;
}

/** Lists of jobs, and what else is read beside the numbers, are read so often at most. */
const LOADED_EVERY_MS = 2000;
/** What was done is told so long. */
const NOTICE_MS = 8000;
/** A filter looks through many jobs. */
const SEARCHED_EVERY_MS = 5000;

/** Runs `taskora top`: once where nobody looks at a terminal. */
export async function runTop(flags: TopFlags, context: Context): Promise<Outcome> {
  const { terminal, isJson } = context;
  const isLive = terminal.isInteractive && Number.isFinite(terminal.tableColumns);
  return withStoreApp(flags, context, (operation) =>
    isLive && !isJson && flags.once !== true
      ? new LiveTop(flags, operation, process).run()
      : once(flags, operation),
  );
}

/** Two readings, as rates are what lies between them. */
async function once(flags: TopFlags, operation: StoreOperation): Promise<Outcome> {
  const { app, place, terminal } = operation;
  const observer = createObserver(app, { tasks: flags.task });
  const first = await observer.read();
  if (flags.task !== undefined && first.tasks.length === 0) {
    const message = `The store has met no task that fits ${flags.task.join(", ")}.`;
    const hint = "taskora tasks lists those it has.";
    return refusal({ code: "TASK_UNKNOWN", message, hint }, operation);
  }
  await wait(flags.interval);
  const model = modelOf(await observer.read());
  const picture: Picture = {
    ...{ model, store: place, intervalMs: flags.interval, loaded: undefined },
    ...{ state: firstState(), jobLines: () => [] },
  };
  const show = () => {
    for (const line of onceLines(picture, terminal.tableColumns || 80))
      terminal.out(painted(line, isColored(terminal.outColors)).trimEnd());
  };
  return { exitCode: 0, data: { top: { store: place, ...dataOf(model) } }, findings: [], show };
}

/** The model for other programs. Times are ms, `at` by the store's clock. */
function dataOf({ at, sum, workers, slots, oldest, notes, rows }: TopModel): object {
  return {
    at,
    sum,
    workers: workers?.length ?? null,
    slots: slots ?? null,
    oldest: oldest ?? null,
    symptoms: notes.map(({ check, severity, task, what }) => ({ check, severity, task, what })),
    tasks: rows,
  };
}

/** One person at one terminal. */
class LiveTop {
  readonly #flags: TopFlags;
  readonly #operation: StoreOperation;
  readonly #screen: Screen;
  readonly #observer: Observer;
  readonly #isColored: boolean;
  readonly #ended = new AbortController();
  #state: TopState = firstState();
  #tasks: Overview["tasks"] = [];
  /** Made once a reading: keys and seconds draw it again. */
  #model: TopModel | undefined;
  #loaded: Loaded | undefined;
  #loadedAt = -Infinity;
  #away: { readonly since: number; readonly why: string } | undefined;
  #noticeAt = 0;
  #failure: unknown;

  constructor(flags: TopFlags, operation: StoreOperation, streams: Pick<ScreenStreams, "stdin" | "stdout">) {
    this.#flags = flags;
    this.#operation = operation;
    this.#observer = createObserver(operation.app, { tasks: flags.task });
    this.#isColored = isColored(operation.terminal.outColors);
    this.#screen = new Screen(streams, {
      onKey: (key) => this.#guarded(() => this.#press(key)),
      onResize: () => this.#draw(),
      onEnd: () => this.#ended.abort(),
    });
  }

  async run(): Promise<Outcome> {
    const { signal } = this.#ended;
    this.#screen.enter();
    // How long the store is away goes on while it is asked.
    const clock = setInterval(() => this.#guarded(() => this.#draw()), 1000);
    try {
      this.#draw();
      while (!signal.aborted) {
        await this.#refresh();
        await wait(this.#flags.interval, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      clearInterval(clock);
      this.#screen.leave();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return { exitCode: 0, data: {}, findings: [], show: () => undefined };
  }

  /** What goes wrong in a listener ends the command in the ordinary way, which gives the terminal back first. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ended.abort();
  }

  async #refresh(): Promise<void> {
    this.#forgetNotice();
    const begun = performance.now();
    try {
      const overview = await this.#observer.read();
      this.#tasks = overview.tasks;
      this.#model = modelOf(overview);
      await this.#load();
      this.#away = undefined;
    } catch (error) {
      if (!isOfStore(error)) throw error;
      this.#away ??= { since: begun, why: error.message };
    }
    this.#draw();
  }

  /** Reads what the place shows beside the numbers, when that is due. */
  async #load(): Promise<void> {
    const { place } = this.#state;
    const everyMs = place.view === "jobs" && place.filter !== "" ? SEARCHED_EVERY_MS : LOADED_EVERY_MS;
    if (performance.now() - this.#loadedAt < everyMs) return;
    this.#loadedAt = performance.now();
    const loaded = await loadPlace(this.#operation.app, place, this.#tasks);
    // Somebody may have gone elsewhere meanwhile.
    if (this.#isAt(place)) this.#loaded = loaded;
  }

  /** What is chosen there, and how far it is scrolled, may be others. */
  #isAt(place: Place): boolean {
    const now = this.#state.place;
    return (["view", "task", "id", "state", "filter"] as const).every((key) => now[key] === place[key]);
  }

  #draw(): void {
    const { lines } = frameOf(this.#picture(), this.#screen.size);
    this.#screen.draw(lines.map((line) => painted(line, this.#isColored)));
  }

  #picture(): Picture {
    const away = this.#away;
    return {
      ...{ state: this.#state, model: this.#model, loaded: this.#loaded },
      ...{ store: this.#operation.place, intervalMs: this.#flags.interval },
      ...(away === undefined ? {} : { away: { ms: performance.now() - away.since, why: away.why } }),
      jobLines: (job: JobDetails, columns: number) =>
        jobLines(job, { tableColumns: columns, outColors: PLAIN }),
    };
  }

  #press(key: Key): void {
    const { rows, height } = frameOf(this.#picture(), this.#screen.size);
    const { state, effect } = pressed(this.#state, key, { rows, height });
    this.#state = state;
    if (effect !== undefined) this.#carryOut(effect);
    this.#draw();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        this.#ended.abort();
        return;
      case "load":
        this.#loaded = undefined;
        this.#reload();
        return;
      case "count":
        this.#inBackground(() => this.#ask(effect.action), "Counting…");
        return;
      case "do":
        this.#inBackground(() => this.#do(effect.action), "Doing it…");
    }
  }

  #reload(): void {
    this.#loadedAt = -Infinity;
    if (this.#model !== undefined) this.#inBackground(() => this.#load());
  }

  async #ask(action: TopAction): Promise<void> {
    const counted = await countAction(this.#operation.app, action);
    this.#state = asked(this.#state, action, counted);
  }

  async #do(action: TopAction): Promise<void> {
    const notice = await doAction(this.#operation.app, action);
    this.#notice(notice);
    this.#reload();
  }

  #notice(notice: string): void {
    this.#state = { ...this.#state, notice };
    this.#noticeAt = performance.now();
  }

  #forgetNotice(): void {
    const { notice, ...rest } = this.#state;
    if (notice !== undefined && performance.now() - this.#noticeAt > NOTICE_MS) this.#state = rest;
  }

  /** What the store refuses is told in the line for notices. */
  #inBackground(work: () => Promise<void>, notice?: string): void {
    if (notice !== undefined) this.#notice(notice);
    work()
      .catch((error: unknown) => {
        if (!isTaskoraError(error)) throw error;
        this.#notice(shown(error.message));
      })
      .then(() => this.#draw())
      .catch((error: unknown) => this.#fail(error));
  }
}

const PLAIN = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

function isOfStore(error: unknown): error is TaskoraError {
  return isTaskoraError(error) && error.code.startsWith("STORE_");
}
