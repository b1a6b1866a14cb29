/** The live side of a board: what changes by itself, read once however many look. */
import type { Taskora } from "../../app/taskora.js";
import type { Clock, TimerHandle } from "../../core/clock.js";
import type { LiveOverview, Overview } from "../api.js";
import { OverviewView, StoreSampler } from "../observe/observer.js";
import { partOf, type Sample } from "../observe/overview.js";
import { Feed } from "./feed.js";
import { LiveTopic } from "./topic.js";
import { Viewer } from "./viewer.js";

/** Streams of one session, and in all. */
export const MOST_STREAMS_OF_SESSION = 20;
export const MOST_STREAMS = 500;

/** So often it is asked whether whoever opened a stream may see it still. */
const STILL_EVERY_MS = 30_000;
/** Topics that are read at once, those included that nobody looks at any more: beyond, none lingers. */
const MOST_LINGERING = 1000;
/** The store is read so often for Home; of two readings one is of the slots alone. */
const HOME_EVERY_MS = 500;
const TOPIC_EVERY_MS = 1000;

/** Who looks, and what they may see. */
export interface Watcher {
  /** The same for all who see the same. */
  readonly view: string;
  /** Names them, for the limit of streams of each. */
  readonly session: string;
  /** Undefined: every task. */
  readonly sees: ((task: string) => boolean) | undefined;
}

/** What a stream tells of beside the whole store. */
export interface TopicSource {
  /** Reads it as the call does that answers with it; undefined: there is none. */
  read(): Promise<unknown>;
}

/** A topic that was asked for. */
export interface AskedTopic {
  /** As it was asked for. */
  readonly name: string;
  /** Undefined: Home. */
  readonly source: TopicSource | undefined;
}

/** What hubs need. */
export interface HubHost {
  readonly app: Taskora;
  readonly clock: Clock;
}

/** Too many streams are open. */
export type Refused = "session" | "all";

export class LiveHub {
  readonly #clock: Clock;
  readonly #home: Feed<Sample>;
  readonly #topics = new Map<string, LiveTopic<never>>();
  readonly #views = new Map<string, OverviewView>();
  readonly #viewers = new Map<Viewer, { readonly session: string; readonly request: unknown }>();
  readonly #epoch: string;
  #number = 0;

  constructor({ app, clock }: HubHost) {
    this.#clock = clock;
    this.#epoch = crypto.randomUUID().slice(0, 8);
    this.#home = new Feed(clock, homeSource(new StoreSampler(app)));
  }

  /** How the store stands for somebody, as new as the stream has it. Fails as the store does. */
  async overview(watcher: Watcher): Promise<Overview> {
    return this.#viewOf(watcher)(await this.#home.peek());
  }

  /** Everything that {@link overview} is made of. */
  sample(): Promise<Sample> {
    return this.#home.peek();
  }

  /**
   * Opens a stream.
   *
   * @param lastId of the event that the reader had last; undefined: it begins
   * @param isStill says whether whoever opened it may see it still; it ends when that is so no more
   * @param request kept while the stream is open: its signal follows that of its client only for so long
   */
  open(
    watcher: Watcher,
    topics: readonly AskedTopic[],
    {
      lastId,
      signal,
      request,
      isStill,
    }: {
      readonly lastId: string | undefined;
      readonly signal: AbortSignal;
      readonly request?: unknown;
      readonly isStill?: () => Promise<boolean>;
    },
  ): ReadableStream<Uint8Array> | Refused {
    if (this.#viewers.size >= MOST_STREAMS) return "all";
    const own = [...this.#viewers.values()].filter(({ session }) => session === watcher.session).length;
    if (own >= MOST_STREAMS_OF_SESSION) return "session";
    const watched: LiveTopic<never>[] = [];
    let rest: TimerHandle | undefined;
    const viewer: Viewer = new Viewer(this.#clock, () => {
      rest?.cancel();
      this.#viewers.delete(viewer);
      for (const topic of watched) topic.remove(viewer);
    });
    this.#viewers.set(viewer, { session: watcher.session, request });
    rest = isStill && this.#lookAgain(viewer, isStill);
    signal.addEventListener("abort", () => viewer.leave(), { once: true });
    const after = this.#numberOf(lastId);
    for (const asked of topics) {
      const topic = this.#topicOf(watcher, asked);
      watched.push(topic);
      topic.add(viewer, after);
    }
    return viewer.body;
  }

  /** Tells every reader that the board closes, and reads no more. */
  close(): void {
    for (const viewer of [...this.#viewers.keys()]) viewer.end();
    for (const topic of [...this.#topics.values()]) topic.close();
    this.#home.close();
  }

  /** Asks now and then, and ends the stream when the answer is no, or does not come. */
  #lookAgain(viewer: Viewer, isStill: () => Promise<boolean>): TimerHandle {
    let isOver = false;
    const wait = () => this.#clock.schedule(STILL_EVERY_MS, () => void ask());
    const ask = async () => {
      const goesOn = await isStill().catch(() => false);
      if (isOver) return;
      if (goesOn) timer = wait();
      else viewer.end();
    };
    let timer = wait();
    return {
      cancel: () => {
        isOver = true;
        timer.cancel();
      },
    };
  }

  #numberOf(lastId: string | undefined): number | undefined {
    const [epoch, number] = lastId?.split("-") ?? [];
    return epoch === this.#epoch && number !== undefined && /^\d{1,15}$/.test(number)
      ? Number(number)
      : undefined;
  }

  #topicOf(watcher: Watcher, { name, source }: AskedTopic): LiveTopic<never> {
    const key = `${watcher.view}\n${name}`;
    const known = this.#topics.get(key);
    if (known !== undefined) return known;
    const shared = {
      ...{ name, clock: this.#clock, epoch: this.#epoch },
      nextNumber: () => ++this.#number,
      lastNumber: () => this.#number,
      mayLinger: () => this.#topics.size <= MOST_LINGERING,
    };
    const topic =
      source === undefined
        ? new LiveTopic<Sample>({
            ...{ ...shared, feed: this.#home, trouble: withTrouble },
            view: this.#liveViewOf(watcher),
            onIdle: () => void this.#topics.delete(key),
          })
        : this.#sourceTopic(key, source, shared);
    this.#topics.set(key, topic as LiveTopic<never>);
    return topic as LiveTopic<never>;
  }

  #sourceTopic(
    key: string,
    { read }: TopicSource,
    shared: Omit<ConstructorParameters<typeof LiveTopic<unknown>>[0], "feed" | "view" | "onIdle">,
  ): LiveTopic<unknown> {
    const feed = new Feed<unknown>(this.#clock, { everyMs: TOPIC_EVERY_MS, read });
    return new LiveTopic<unknown>({
      ...{ ...shared, feed, view: (value) => value ?? GONE },
      onIdle: () => {
        feed.close();
        this.#topics.delete(key);
      },
    });
  }

  #liveViewOf(watcher: Watcher): (sample: Sample) => LiveOverview {
    const view = this.#viewOf(watcher);
    return (sample) => {
      const overview = view(sample);
      return { ...overview, tasks: Object.fromEntries(overview.tasks.map((task) => [task.name, task])) };
    };
  }

  #viewOf({ view, sees }: Watcher): (sample: Sample) => Overview {
    const kept = this.#views.get(view) ?? new OverviewView(undefined);
    if (this.#views.size >= MOST_STREAMS) this.#views.clear();
    this.#views.set(view, kept);
    return (sample) => kept.of(sees === undefined ? sample : partOf(sample, sees));
  }
}

/** The value of a topic whose job or operation is not there, or not any more. */
const GONE = { isGone: true };

/** Readings of the whole store, and between them of the jobs in its slots. */
function homeSource(sampler: StoreSampler) {
  let isSlotsTurn = false;
  return {
    everyMs: HOME_EVERY_MS,
    async read(last: Sample | undefined): Promise<Sample> {
      const ofSlots = isSlotsTurn ? last : undefined;
      isSlotsTurn = false;
      const sample = ofSlots === undefined ? await sampler.read() : await sampler.refreshSlots(ofSlots);
      isSlotsTurn = ofSlots === undefined;
      return sample;
    },
  };
}

/** The last overview, with since when it is old. */
function withTrouble(value: unknown, error: unknown, forMs: number): unknown {
  if (value === undefined) return undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { ...(value as LiveOverview), away: { forMs: Math.round(forMs), message } };
}
