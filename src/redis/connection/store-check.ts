/** What must hold of a store before jobs are trusted to it; looked at on each connection, since another may answer. */
import { StoreError } from "../../core/errors.js";
import { FORMAT_VERSION } from "../codec/record-layout.js";
import type { CommandSender } from "./client.js";
import { refusedAs, replyCode } from "./store-errors.js";

const OLDEST = [6, 2] as const;

/** What is checked. */
interface StoreCheck {
  readonly where: string;
  readonly formatKey: string;
  /** Accept a store that may evict keys. */
  readonly eviction: "refuse" | "allow";
}

/** Where the format is read, and what it is called in messages. */
type Place = Pick<StoreCheck, "where" | "formatKey">;

/**
 * Checks server, eviction policy and stored format, and marks a new store with ours.
 *
 * @throws {TaskoraError} as {@link checkPrimary}, and `STORE_FORMAT`
 */
export async function checkStore(store: CommandSender, check: StoreCheck): Promise<void> {
  // Sent together: a connection is opened while somebody waits. What INFO says comes first.
  const asked = unheard(store.send("GET", [check.formatKey]));
  const info = await checkPrimary(store, check.where);
  const stored = await asked;
  if (check.eviction === "refuse") requireNoEviction(info, check);
  requireOurFormat(stored === null ? await markFormat(store, check) : String(stored), check);
}

/** Its failure is told to who awaits it, if anybody does. */
function unheard<T>(asked: Promise<T>): Promise<T> {
  asked.catch(() => undefined);
  return asked;
}

/**
 * Checks that jobs can be kept here and that writes are taken.
 *
 * @throws {TaskoraError} `STORE_UNSUPPORTED`; `STORE_UNAVAILABLE` of a replica or while it reads its data
 */
export async function checkPrimary(store: CommandSender, where: string): Promise<Info> {
  const info = await checkServer(store, where);
  const role = info.get("role");
  if (role !== undefined && role !== "master") throw refusedAs("READONLY", `INFO says role:${role}`, where);
  return info;
}

/**
 * Checks server and stored format with reads alone. A store without a mark is empty, or about to be used.
 *
 * @throws {TaskoraError} `STORE_UNSUPPORTED` or `STORE_FORMAT`
 */
export async function checkReadable(store: CommandSender, check: Place): Promise<void> {
  const asked = unheard(store.send("GET", [check.formatKey]));
  await checkServer(store, check.where);
  const stored = await asked;
  if (stored !== null) requireOurFormat(String(stored), check);
}

async function checkServer(store: CommandSender, where: string): Promise<Info> {
  const info = parseInfo(String(await store.send("INFO", [])));
  if (info.get("loading") === "1") throw refusedAs("LOADING", "INFO says loading:1", where);
  if (info.get("redis_mode") === "sentinel") {
    throw unsupported(
      `Redis at ${where} is a sentinel and keeps no data. Pass it as ` +
        'connection: { sentinels: [{ host, port }], name: "mymaster" }, so that it is asked for the primary.',
    );
  }
  if (info.get("cluster_enabled") === "1") throw new ClusterNodeError(where);
  requireVersion(info, where);
  return info;
}

/** A server turns out to be a node of a cluster, which is reached in another way. */
export class ClusterNodeError extends StoreError {
  override readonly name = "ClusterNodeError";

  constructor(where: string) {
    super(
      "STORE_UNSUPPORTED",
      `Redis at ${where} is a node of a cluster. redisAdapter finds that out when it connects: close it and connect again, or ` +
        "pass the nodes as cluster: [urls].",
      { retryable: false },
    );
  }
}

/** What answers for one node. */
type NodeSender = { callBuffer(command: string, args: readonly string[]): Promise<unknown> };

/**
 * Checks the nodes of a cluster that can be reached, and the stored format, and marks a new store with ours.
 *
 * @throws {TaskoraError} as {@link checkStore}
 */
export async function checkCluster(
  store: CommandSender,
  masters: readonly NodeSender[],
  check: StoreCheck,
): Promise<void> {
  for (const info of await checkNodes(masters, check.where)) {
    if (check.eviction === "refuse") requireNoEviction(info, check);
  }
  const stored = await store.send("GET", [check.formatKey]);
  requireOurFormat(stored === null ? await markFormat(store, check) : String(stored), check);
}

/**
 * Checks them, and the stored format, with reads alone.
 *
 * @throws {TaskoraError} as {@link checkReadable}
 */
export async function checkReadableCluster(
  store: CommandSender,
  masters: readonly NodeSender[],
  check: Place,
): Promise<void> {
  await checkNodes(masters, check.where);
  const stored = await store.send("GET", [check.formatKey]);
  if (stored !== null) requireOurFormat(String(stored), check);
}

/** Returns what those say that can be reached. */
async function checkNodes(masters: readonly NodeSender[], where: string): Promise<readonly Info[]> {
  const infos = await Promise.allSettled(masters.map((node) => node.callBuffer("info", [])));
  const failure = infos.find((info) => info.status === "rejected");
  if (failure !== undefined && infos.every((info) => info.status === "rejected")) throw failure.reason;
  return infos.flatMap((info) => {
    if (info.status === "rejected") return [];
    const said = parseInfo(String(info.value));
    if (said.get("loading") === "1") throw refusedAs("LOADING", "INFO says loading:1", where);
    requireVersion(said, where);
    return [said];
  });
}

/** What `INFO` says, by name. */
export type Info = ReadonlyMap<string, string>;

/** Reads the `name:value` lines of `INFO`. */
export function parseInfo(text: string): Info {
  const lines = text.split(/\r?\n/).map((line) => line.split(":"));
  return new Map(lines.map(([name = "", ...value]) => [name, value.join(":")]));
}

function requireVersion(info: Info, where: string): void {
  const version = info.get("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw unsupported(
    `Redis at ${where} has version ${version === "" ? "unknown" : version} and taskora needs ` +
      `${OLDEST.join(".")} or newer, for commands that its scripts use. Upgrade the server.`,
  );
}

function requireNoEviction(info: Info, check: StoreCheck): void {
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  if (policy === "noeviction") return;
  throw unsupported(
    `Redis at ${check.where} has maxmemory-policy ${policy}, so it may delete jobs when memory is short. ` +
      'Set it to "noeviction" (CONFIG SET maxmemory-policy noeviction), or pass allowEviction: true to take the risk.',
  );
}

function requireOurFormat(format: string, check: Place): void {
  if (format === String(FORMAT_VERSION)) return;
  throw new StoreError(
    "STORE_FORMAT",
    `The data at ${check.where} under ${check.formatKey} has format ${format} and this version of taskora ` +
      `reads format ${FORMAT_VERSION}. Use the taskora version that wrote it, or another prefix.`,
    { retryable: false },
  );
}

/** Sets our format where none is stored; a store that is full is marked by the next process. */
async function markFormat(store: CommandSender, check: StoreCheck): Promise<string> {
  try {
    await store.send("SET", [check.formatKey, String(FORMAT_VERSION), "NX"]);
  } catch (error) {
    if (replyCode(error) !== "OOM") throw error;
    return String(FORMAT_VERSION);
  }
  return String((await store.send("GET", [check.formatKey])) ?? FORMAT_VERSION);
}

function unsupported(message: string): StoreError {
  return new StoreError("STORE_UNSUPPORTED", message, { retryable: false });
}
