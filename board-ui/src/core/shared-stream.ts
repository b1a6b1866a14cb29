/** One stream of events for all tabs of a browser, by Web Locks and a BroadcastChannel. */

import { mergePatch } from "./merge-patch.js";

export type StreamState = "connecting" | "live" | "polling" | "away";

export type StreamEvent =
  | { readonly kind: "snapshot"; readonly data: { readonly topic: string; readonly value: unknown } }
  | { readonly kind: "delta"; readonly data: { readonly topic: string; readonly patch: unknown } }
  | { readonly kind: "gap" | "op" | "bye"; readonly data: { readonly topic: string } };

interface SharedStreamOptions {
  readonly url: string;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onState: (state: StreamState) => void;
}

export interface SharedStream {
  /** Says what this tab wants to hear. */
  want(topics: readonly string[]): void;
}

type Message =
  | { readonly type: "want"; readonly tab: string; readonly topics: readonly string[] }
  | { readonly type: "leader" }
  | { readonly type: "event"; readonly event: StreamEvent }
  | { readonly type: "state"; readonly state: StreamState };

/** A stream that says nothing for so long after it was opened is not waited for. When it speaks, it is heard again. */
const GIVE_UP_MS = 3_000;
const KINDS = ["snapshot", "delta", "gap", "op", "bye"] as const;

export function shareStream({ url, onEvent, onState }: SharedStreamOptions): SharedStream {
  if (
    !("locks" in navigator) ||
    typeof BroadcastChannel === "undefined" ||
    typeof EventSource === "undefined"
  ) {
    queueMicrotask(() => onState("polling"));
    return { want: () => undefined };
  }
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(`taskora-board ${url}`);
  let wanted: readonly string[] = [];
  let reader: Reader | undefined;
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.type === "want") reader?.hear(data.tab, data.topics);
    else if (data.type === "leader") say({ type: "want", tab, topics: wanted });
    else if (data.type === "event") onEvent(data.event);
    else onState(data.state);
  };
  void navigator.locks.request(`taskora-board ${url}`, () => {
    reader = new Reader(url, {
      onEvent: (event) => {
        say({ type: "event", event });
        onEvent(event);
      },
      onState: (state) => {
        say({ type: "state", state });
        onState(state);
      },
    });
    reader.hear(tab, wanted);
    say({ type: "leader" });
    // Held until the tab is closed.
    return new Promise<never>(() => undefined);
  });
  window.addEventListener("pagehide", () => say({ type: "want", tab, topics: [] }));
  return {
    want: (topics) => {
      wanted = topics;
      if (reader === undefined) say({ type: "want", tab, topics });
      else reader.hear(tab, topics);
    },
  };
}

/** The tab that reads: it asks for what any tab wants. */
class Reader {
  readonly #url: string;
  readonly #to: Pick<SharedStreamOptions, "onEvent" | "onState">;
  readonly #wants = new Map<string, readonly string[]>();
  /** How topics stand, for tabs that come while the stream goes on. */
  readonly #values = new Map<string, unknown>();
  #source: EventSource | undefined;
  #topics = "";
  #soon: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, to: Pick<SharedStreamOptions, "onEvent" | "onState">) {
    this.#url = url;
    this.#to = to;
  }

  hear(tab: string, topics: readonly string[]): void {
    const before = this.#wants.get(tab) ?? [];
    for (const topic of topics) {
      const value = before.includes(topic) ? undefined : this.#values.get(topic);
      if (value !== undefined) this.#to.onEvent({ kind: "snapshot", data: { topic, value } });
    }
    if (topics.length === 0) this.#wants.delete(tab);
    else this.#wants.set(tab, topics);
    clearTimeout(this.#soon);
    // A page and its parts say what they want one after another.
    this.#soon = setTimeout(() => this.#open(), 20);
  }

  #open(): void {
    const topics = [...new Set([...this.#wants.values()].flat())].sort().join(",");
    if (topics === this.#topics && this.#source?.readyState !== EventSource.CLOSED) return;
    this.#topics = topics;
    this.#source?.close();
    this.#values.clear();
    clearTimeout(this.#patience);
    if (topics === "") return;
    const source = new EventSource(`${this.#url}/stream?topics=${encodeURIComponent(topics)}`);
    this.#source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, event));
    source.onerror = () => this.#failed(source);
    this.#patience = setTimeout(() => this.#to.onState("polling"), GIVE_UP_MS);
  }

  #take(kind: StreamEvent["kind"], event: MessageEvent<string>): void {
    clearTimeout(this.#patience);
    this.#to.onState(kind === "bye" ? "connecting" : "live");
    const heard = { kind, data: event.data === "" ? {} : JSON.parse(event.data) } as StreamEvent;
    if (heard.kind === "snapshot") this.#values.set(heard.data.topic, heard.data.value);
    if (heard.kind === "delta") {
      const { topic, patch } = heard.data;
      this.#values.set(topic, mergePatch(this.#values.get(topic), patch));
    }
    this.#to.onEvent(heard);
  }

  /** The browser tries again by itself, but not after a status other than 200. */
  #failed(source: EventSource): void {
    if (source !== this.#source) return;
    this.#to.onState("polling");
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#open(), 10_000);
  }
}
