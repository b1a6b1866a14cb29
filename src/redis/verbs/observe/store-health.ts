/** How the servers are, by what `INFO` says. */
import type { ReplicaHealth, ServerHealth, StoreHealth } from "../../../core/observe/store-health.js";
import { type Info, parseInfo } from "../../connection/store-check.js";
import type { ServerReply } from "../../connection/store-link.js";
import * as scripts from "../../scripts.generated.js";
import type { Session } from "../../session.js";

/** As `ObserveStore.health`. */
export async function readHealth({ runner, keys }: Session): Promise<StoreHealth> {
  const asked = ["EVAL", WHAT_IS_DENIED, "0", keys.root("access"), ...neededCommands()] as const;
  const replies = await runner.repeat(() => runner.link.askServers([["INFO"], ["TIME"], asked]));
  const infos = replies.map(({ answers: [info] }) => parseInfo(String(info)));
  const isValkey = infos.some((info) => info.get("server_name") === "valkey" || info.has("valkey_version"));
  return {
    kind: isValkey ? "valkey" : "redis",
    servers: replies.map((reply, index) => serverOf(reply, infos[index] ?? new Map())),
  };
}

/** What the adapter sends itself; channels and keys alike begin with the prefix. */
const SENT = ["BZPOPMIN", "CLIENT UNBLOCK", "EVALSHA", "SUBSCRIBE", "UNSUBSCRIBE"];
let needed: readonly string[] | undefined;

/** Scripts call every command by its name. */
function neededCommands(): readonly string[] {
  if (needed !== undefined) return needed;
  const calls = Object.values(scripts).flatMap(({ text }) => [...text.matchAll(/\bcall\("([A-Z]+)"/g)]);
  needed = [...new Set([...SENT, ...calls.map(([, name = ""]) => name)])].toSorted();
  return needed;
}

/** Redis 6 does not say. Every argument is the key: of some commands all are keys, and those have to lie below the prefix. */
const WHAT_IS_DENIED = `
if not redis.acl_check_cmd then return false end
local key, denied = ARGV[1], {}
for at = 2, #ARGV do
  local name, part = string.match(ARGV[at], "^(%S+) ?(%S*)$")
  local may
  if part == "" then may = redis.acl_check_cmd(name, key, key, key) else may = redis.acl_check_cmd(name, part, key) end
  if not may then denied[#denied + 1] = ARGV[at] end
end
return denied`;

function serverOf({ address, answers: [, time, denied] }: ServerReply, info: Info): ServerHealth {
  const [seconds, micros] = time as readonly [Buffer, Buffer];
  const version = info.get("valkey_version") ?? info.get("redis_version");
  const uptime = numberIn(info, "uptime_in_seconds");
  const eviction = info.get("maxmemory_policy");
  const perSecond = numberIn(info, "instantaneous_ops_per_sec");
  return {
    ...(address === undefined ? {} : { address }),
    ...(version === undefined ? {} : { version }),
    now: Number(String(seconds)) * 1000 + Math.floor(Number(String(micros)) / 1000),
    ...(uptime === undefined ? {} : { uptimeMs: uptime * 1000 }),
    ...memoryOf(info),
    ...(eviction === undefined ? {} : { eviction }),
    ...persistenceOf(info),
    ...replicasOf(info),
    ...clientsOf(info),
    ...(Array.isArray(denied) ? { denied: denied.map(String) } : {}),
    ...(perSecond === undefined ? {} : { commandsPerSecond: perSecond }),
  };
}

function memoryOf(info: Info): Pick<ServerHealth, "memory"> {
  const usedBytes = numberIn(info, "used_memory");
  if (usedBytes === undefined) return {};
  const limitBytes = numberIn(info, "maxmemory");
  const fragmentation = numberIn(info, "mem_fragmentation_ratio");
  return {
    memory: {
      usedBytes,
      ...(limitBytes === undefined || limitBytes === 0 ? {} : { limitBytes }),
      ...(fragmentation === undefined ? {} : { fragmentation }),
    },
  };
}

function persistenceOf(info: Info): Pick<ServerHealth, "persistence"> {
  const log = info.get("aof_enabled");
  if (log === undefined) return {};
  const savedAt = numberIn(info, "rdb_last_save_time");
  const unsavedChanges = numberIn(info, "rdb_changes_since_last_save");
  const states = ["rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status"];
  return {
    persistence: {
      log: log === "1",
      ...(savedAt === undefined ? {} : { savedAt: savedAt * 1000 }),
      ...(unsavedChanges === undefined ? {} : { unsavedChanges }),
      isFailing: states.some((name) => info.get(name) === "err"),
    },
  };
}

/** `slave0:ip=10.0.0.2,port=6379,state=online,offset=280,lag=1`, with the lag in seconds. */
function replicasOf(info: Info): Pick<ServerHealth, "replicas"> {
  const own = numberIn(info, "master_repl_offset");
  if (!info.has("connected_slaves")) return {};
  const lines = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, line]) => line);
  return { replicas: lines.map((line) => replicaOf(line, own)) };
}

function replicaOf(line: string, own: number | undefined): ReplicaHealth {
  const parts: Info = new Map(line.split(",").map((part) => part.split("=", 2) as [string, string]));
  const [ip, port, state] = ["ip", "port", "state"].map((name) => parts.get(name));
  const [lag, offset] = [numberIn(parts, "lag"), numberIn(parts, "offset")];
  return {
    ...(ip === undefined ? {} : { address: `${ip}:${port}` }),
    ...(state === undefined ? {} : { state }),
    ...(lag === undefined || lag < 0 ? {} : { lagMs: lag * 1000 }),
    ...(own === undefined || offset === undefined ? {} : { lagBytes: Math.max(0, own - offset) }),
  };
}

function clientsOf(info: Info): Pick<ServerHealth, "clients"> {
  const connected = numberIn(info, "connected_clients");
  const limit = numberIn(info, "maxclients");
  if (connected === undefined) return {};
  return { clients: limit === undefined ? { connected } : { connected, limit } };
}

function numberIn(info: Info, name: string): number | undefined {
  const value = Number.parseFloat(info.get(name) ?? "");
  return Number.isNaN(value) ? undefined : value;
}
