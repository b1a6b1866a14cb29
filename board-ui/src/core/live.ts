/**
 * What changes by itself. One stream of server-sent events serves all tabs of a browser: the tab that holds a lock reads it and
 * tells the others. Where a browser gives neither locks nor channels, or where the stream does not come, the same values are
 * asked for every five seconds. A hidden tab wants nothing.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { LiveOverview, Overview } from "../../../src/board/api.js";
import { API_URL, api, type CallFailed, mustLogIn } from "./api.js";
import { setStoreClock } from "./clock.js";
import { HOME, pollingPath } from "./live-topics.js";
import { mergePatch } from "./merge-patch.js";
import { failureOf } from "./resource.js";
import { type StreamEvent, type StreamState, shareStream } from "./shared-stream.js";

/** `live`: the stream speaks; `polling`: asked for every 5 s; `away`: nothing comes, what is shown is old. */
export const connection = signal<StreamState>("connecting");
/** When anything came last, by the clock of this browser. */
export const lastHeard = signal(Date.now());

/** Why the store does not say how it stands; undefined: it does. */
export const trouble = signal<CallFailed | undefined>(undefined);

interface Topic {
  readonly value: ReturnType<typeof signal<unknown>>;
  viewers: number;
}

const POLL_MS = 5_000;
const topics = new Map<string, Topic>();
const stream = shareStream({ url: API_URL, onEvent: take, onState: settle });

/** The value of a topic as it stands; undefined until it came. */
export function useTopic<T>(name: string): ReadonlySignal<T | undefined> {
  const topic = useMemo(() => topicOf(name), [name]);
  useEffect(() => {
    topic.viewers += 1;
    want();
    return () => {
      topic.viewers -= 1;
      // The page that comes next may want the same.
      setTimeout(want, 200);
    };
  }, [topic]);
  return topic.value as ReadonlySignal<T | undefined>;
}

/** How the store stands. The stream has tasks by their names, a call has a list of them. */
export function useOverview(): Overview | undefined {
  const { value } = useTopic<Overview | LiveOverview>(HOME);
  return useMemo(
    () => value && { ...value, tasks: Object.values(value.tasks).sort((a, b) => (a.name < b.name ? -1 : 1)) },
    [value],
  );
}

function topicOf(name: string): Topic {
  const known = topics.get(name);
  if (known !== undefined) return known;
  const topic: Topic = { value: signal<unknown>(undefined), viewers: 0 };
  topics.set(name, topic);
  return topic;
}

function want(): void {
  for (const [name, topic] of topics) if (topic.viewers === 0 && name !== HOME) topics.delete(name);
  const wanted = [...topics].filter(([, { viewers }]) => viewers > 0).map(([name]) => name);
  stream.want(document.hidden || mustLogIn.value ? [] : wanted.sort());
  if (connection.value !== "live" && connection.value !== "connecting") poll();
}

function take({ kind, data }: StreamEvent): void {
  lastHeard.value = Date.now();
  if (kind === "snapshot") show(data.topic, data.value);
  if (kind === "delta") {
    const topic = topics.get(data.topic);
    // Without the value before, a change says nothing; the next snapshot does.
    if (topic !== undefined && topic.value.peek() !== undefined)
      show(data.topic, mergePatch(topic.value.peek(), data.patch));
  }
}

function show(name: string, value: unknown): void {
  if (name === HOME) {
    setStoreClock((value as Overview).at);
    trouble.value = undefined;
  }
  const topic = topics.get(name);
  if (topic !== undefined) topic.value.value = value;
}

function settle(state: StreamState): void {
  connection.value = state;
  if (state === "polling" || state === "away") poll();
}

let timer: ReturnType<typeof setTimeout> | undefined;
let isPolling = false;

function poll(): void {
  if (isPolling) return;
  clearTimeout(timer);
  if (connection.value === "live" || document.hidden || mustLogIn.value) return;
  isPolling = true;
  const asked = [...topics].filter(([, { viewers }]) => viewers > 0);
  void Promise.all(asked.map(([name]) => ask(name))).then((heard) => {
    isPolling = false;
    if (connection.value === "live") return;
    if (heard.some(Boolean)) lastHeard.value = Date.now();
    if (heard.length > 0) connection.value = heard.some(Boolean) ? "polling" : "away";
    timer = setTimeout(poll, POLL_MS);
  });
}

async function ask(name: string): Promise<boolean> {
  const path = pollingPath(name);
  if (path === undefined) return false;
  try {
    show(name, await api.get(path));
    return true;
  } catch (error) {
    if (name === HOME) trouble.value = failureOf(error);
    return false;
  }
}

/** Begins to listen. */
export function startLive(): void {
  document.addEventListener("visibilitychange", want);
  let wasOut = mustLogIn.value;
  effect(() => {
    if (mustLogIn.value === wasOut) return;
    wasOut = mustLogIn.value;
    want();
  });
}
