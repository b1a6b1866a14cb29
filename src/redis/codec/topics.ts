/** Turns topics into channels and messages into notices. */
import type { Notice, Topic } from "../../core/adapter.js";
import type { Channels } from "../connection/subscriber.js";
import { type Keys, TASK_KEYS } from "../keys.js";
import type { Session } from "../session.js";
import { wholeOutcome } from "../verbs/read-jobs.js";
import { decodeCancels, decodeEvents, decodeOutcomes } from "./notices.js";

/** What a subscription is made of. */
interface TopicSubscription {
  readonly session: Session;
  readonly subscriber: Channels;
  readonly topic: Topic;
  readonly listener: (notice: Notice) => void;
}

/** As `Adapter.subscribe`. */
export function subscribeTopic(parts: TopicSubscription): Promise<() => Promise<void>> {
  const { listener, topic } = parts;
  if (topic.kind === "events") return subscribeEvents(parts, topic.task);
  return parts.subscriber.subscribe(channelOf(parts), (message) => {
    if (message === undefined) listener({ kind: "lost" });
    else deliver(parts, message);
  });
}

/** Events are made where a mark says that somebody listens. After an interruption it is set again before `lost` is told. */
async function subscribeEvents(parts: TopicSubscription, task: string): Promise<() => Promise<void>> {
  const { session, subscriber } = parts;
  const lost = () => parts.listener({ kind: "lost" });
  let renew = () => Promise.resolve();
  const unsubscribe = await subscriber.subscribe(channelOf(parts), (message) => {
    if (message === undefined) renew().then(lost, lost);
    else deliver(parts, message);
  });
  try {
    const mark = await session.marks.set(session.keys.root(task), lost);
    ({ renew } = mark);
    return async () => void (await Promise.all([unsubscribe(), mark.remove()]));
  } catch (error) {
    await unsubscribe();
    throw error;
  }
}

function channelOf({ session, topic }: TopicSubscription): string {
  switch (topic.kind) {
    case "outcomes":
      return session.outcomes;
    case "tasks":
      return session.keys.store + TASK_KEYS.met;
    case "cancels":
      return session.keys.key(topic.task, "notices");
    case "events":
      return session.keys.key(topic.task, "events");
  }
}

function deliver({ session, topic, listener }: TopicSubscription, message: Buffer): void {
  switch (topic.kind) {
    case "outcomes":
      tellOutcomes(session, listener, message);
      return;
    case "tasks":
      tellMet(session.keys, listener, message.toString());
      return;
    case "cancels":
      for (const notice of decodeCancels(topic.task, message)) listener(notice);
      return;
    case "events":
      for (const notice of decodeEvents(topic.task, message)) listener(notice);
  }
}

function tellMet(keys: Keys, listener: (notice: Notice) => void, root: string): void {
  const task = keys.taskOf(root);
  if (task !== undefined) listener({ kind: "met", task });
}

function tellOutcomes(session: Session, listener: (notice: Notice) => void, message: Buffer): void {
  for (const told of decodeOutcomes(session.keys, message)) {
    if (!told.omitted) {
      listener({ kind: "outcome", outcome: told.outcome });
      continue;
    }
    wholeOutcome(session, told).then(
      (outcome) => listener(outcome === undefined ? { kind: "lost" } : { kind: "outcome", outcome }),
      () => listener({ kind: "lost" }),
    );
  }
}
