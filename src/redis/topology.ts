/** What an adapter is connected to: one server, or a cluster. The verbs know no difference. */

import type { CrashHook } from "../core/workflow/courier.js";
import type { ClusterNode, NodeAddress } from "./cluster/cluster-client.js";
import { makeCluster } from "./cluster/cluster-client.js";
import { ClusterLink } from "./cluster/cluster-link.js";
import { ClusterSubscriber } from "./cluster/cluster-subscriber.js";
import { ClusterWakes } from "./cluster/cluster-wakes.js";
import { encodeWatchers } from "./codec/job-record.js";
import { type CommandSender, makeClient } from "./connection/client.js";
import { Link, type LinkSettings } from "./connection/link.js";
import type { RedisSettings } from "./connection/redis-options.js";
import { checkCluster, checkPrimary, checkStore } from "./connection/store-check.js";
import type { StoreLink } from "./connection/store-link.js";
import { type Channels, Subscriber } from "./connection/subscriber.js";
import type { Keys } from "./keys.js";
import { ScriptRunner } from "./runner.js";
import type { Session } from "./session.js";
import { ClaimLedger } from "./verbs/claim-ledger.js";
import { DueTimes } from "./verbs/due-times.js";
import { EventMarks } from "./verbs/event-marks.js";
import { InsertOrder } from "./verbs/insert-order.js";
import { PlainTasks } from "./verbs/plain-tasks.js";
import { Surveyor } from "./verbs/surveyor.js";
import { BLOCK_SECONDS, WakeWait } from "./verbs/wake-wait.js";
import type { Wakes } from "./verbs/woken-claims.js";
import { createCourier } from "./verbs/workflow-courier.js";

/** A blocking read that is not answered this long after its own end is on a dead connection. */
const BLOCK_MARGIN_MS = 3000;

/** What lives from `connect` to `close`. */
export interface Connections {
  readonly session: Session;
  readonly commands: StoreLink;
  readonly wakes: Wakes;
  readonly subscriber: Channels;
}

/** What connections are made of. */
export interface ConnectionParts {
  readonly settings: RedisSettings;
  readonly keys: Keys;
  /** The class `Redis` of ioredis. */
  readonly clientClass: unknown;
  /** Names the adapter instance. */
  readonly instance: string;
  /** Where tests stop what moves workflows on. */
  readonly crash: CrashHook;
}

/** At most three connections: for commands, one that blocks while a worker waits, for subscriptions. */
export function connectServer(parts: ConnectionParts): Connections {
  const { settings, keys } = parts;
  const { where, deadlineMs } = settings;
  const check = (store: CommandSender) => checkStore(store, checkOf(parts));
  const commands: Link = new Link({
    ...linkSettings(parts, deadlineMs),
    onOpen: check,
    // What cut one connection may have cut the others, and not all of them are told.
    onReopened: () => {
      wakes.hurry();
      subscriber.beat();
    },
  });
  const link: Link = new Link({
    ...linkSettings(parts, BLOCK_SECONDS * 1000 + BLOCK_MARGIN_MS),
    answers: "some time",
    onOpen: async (wire) => {
      const [, id] = await Promise.all([checkPrimary(wire, where), wire.send("CLIENT", ["ID"])]);
      wakes.connectedAs(String(id));
    },
  });
  const mark = async () => check(await commands.ready(performance.now() + deadlineMs));
  const session = makeSession(parts, { commands, mark });
  const wakes: WakeWait = new WakeWait({ keys, link, commands: session.runner });
  const subscriber = new Subscriber(linkSettings(parts, deadlineMs), deadlineMs);
  return { session, commands, wakes, subscriber };
}

/** At most two connections to each node, for commands and for what is told of its tasks, and one for other channels to one. */
export function connectCluster(parts: ConnectionParts, seeds: readonly NodeAddress[]): Connections {
  const { settings, keys, clientClass } = parts;
  const { where, deadlineMs, connection } = settings;
  const check = (store: CommandSender, masters: readonly ClusterNode[]) =>
    checkCluster(store, masters, checkOf(parts));
  const commands: ClusterLink = new ClusterLink({
    where,
    seeds,
    make: (nodes) => makeCluster(clientClass, connection, { seeds: nodes, deadlineMs }),
    onOpen: check,
    onReopened: () => subscriber.beat(),
    onMastersChanged: () => subscriber.mastersChanged(),
  });
  const first = Math.floor(Math.random() * 1000);
  const settingsTo = (address: (nth: number) => NodeAddress | undefined): LinkSettings => ({
    ...linkSettings(parts, deadlineMs),
    make: (nth) => makeClient(clientClass, { ...connection, node: address(nth) }),
    onOpen: () => Promise.resolve(),
  });
  const anyNode = (nth: number) => commands.nodes[(first + nth) % commands.nodes.length];
  const subscriber: ClusterSubscriber = new ClusterSubscriber({
    topology: commands,
    plain: new Subscriber(settingsTo(anyNode), deadlineMs),
    settingsOf: (node) => settingsTo(() => node),
    isSharded: (channel) => keys.isOfTask(channel),
    deadlineMs,
  });
  const mark = async () => check(await commands.ready(performance.now() + deadlineMs), []);
  const session = makeSession(parts, { commands, mark });
  const wakes = new ClusterWakes({ keys, runner: session.runner, subscriber });
  return { session, commands, wakes, subscriber };
}

function makeSession(
  { settings, keys, instance, crash }: ConnectionParts,
  { commands, mark }: { readonly commands: StoreLink; readonly mark: () => Promise<void> },
): Session {
  const runner = new ScriptRunner(commands, settings.deadlineMs);
  const marks = new EventMarks(runner, instance);
  const surveyor = new Surveyor({ keys, runner, mark, replaced: () => marks.renew() });
  const courier = createCourier({ keys, runner, surveyor, crash });
  const outcomes = keys.outcomes(instance);
  const shared = { keys, runner, surveyor, courier, outcomes, watchers: encodeWatchers(outcomes) };
  return {
    ...shared,
    marks,
    ledger: new ClaimLedger(),
    plain: new PlainTasks(),
    due: new DueTimes(),
    inserts: new InsertOrder(),
  };
}

function checkOf({ settings: { where, eviction }, keys }: ConnectionParts) {
  return { where, eviction, formatKey: keys.format };
}

function linkSettings({ settings, clientClass }: ConnectionParts, silenceMs: number): LinkSettings {
  const { connection, where } = settings;
  const { db, connectMs } = connection;
  return {
    make: (nth) => makeClient(clientClass, connection, nth),
    where,
    db,
    connectMs,
    onOpen: async (wire) => void (await checkPrimary(wire, where)),
    silenceMs,
    answers: "at once",
  };
}
