/** What is wrong with the servers of a store. */
import type { StoreServer } from "../../app/operate/store-info.js";
import { countText, lengthText } from "../../core/words.js";
import type { Note } from "../api.js";
import type { Examined } from "./examined.js";

const MIB = 1024 * 1024;
/** A clock that is off by more makes delays and schedules start at another time than people expect. */
const SKEW_MS = 1000;
const MUCH_SKEW_MS = 60_000;
const REPLICA_LAG_MS = 10_000;
const SLOW_CALL_MS = 20;

/** @param kind Redis and Valkey have settings that others have not */
export function serverNotes({ kind, servers, callsMs }: Examined): readonly Note[] {
  const isRedis = kind === "redis" || kind === "valkey";
  return [
    ...servers.flatMap((server) => [
      ...accessOf(server),
      ...evictionOf(server),
      ...memoryOf(server),
      ...(isRedis ? persistenceOf(server) : []),
      ...replicasOf(server),
      ...clientsOf(server),
      ...clockOf(server),
    ]),
    ...latencyOf(callsMs),
  ];
}

function nameOf({ address }: StoreServer): string {
  return address === undefined ? "The server" : `The server ${address}`;
}

function accessOf(server: StoreServer): readonly Note[] {
  const { denied = [] } = server;
  if (denied.length === 0) return [];
  return [
    {
      check: "access",
      severity: "critical",
      what: `${nameOf(server)} does not let this user run ${denied.join(", ")}.`,
      why: "What needs them fails, some of it only once a job has a limit, a workflow or a message.",
      advice:
        "Give the user the rights that docs/redis.md lists (ACL SETUSER), for the keys and channels below the prefix.",
    },
  ];
}

function evictionOf(server: StoreServer): readonly Note[] {
  const { eviction } = server;
  if (eviction === undefined || eviction === "noeviction") return [];
  return [
    {
      check: "eviction",
      severity: "critical",
      what: `${nameOf(server)} deletes keys when its memory is short (maxmemory-policy ${eviction}).`,
      why: "Jobs are among them: they vanish, and nobody is told.",
      advice: "CONFIG SET maxmemory-policy noeviction, and the same in its configuration.",
    },
  ];
}

function memoryOf(server: StoreServer): readonly Note[] {
  const { usedBytes = 0, limitBytes, fragmentation = 1 } = server.memory ?? {};
  const notes: Note[] = [];
  if (limitBytes !== undefined && limitBytes > 0 && usedBytes > 0.8 * limitBytes) {
    notes.push({
      check: "memory",
      severity: usedBytes > 0.95 * limitBytes ? "critical" : "warning",
      what: `${nameOf(server)} uses ${percent(usedBytes / limitBytes)} of the ${sizeText(limitBytes)} it may have.`,
      why: "When it is full no job can be stored, and none can end.",
      advice: "Raise maxmemory, keep fewer finished jobs (retention), or send smaller payloads.",
    });
  }
  if (fragmentation > 1.5 && usedBytes > 100 * MIB) {
    notes.push({
      check: "memory",
      severity: "warning",
      what: `${nameOf(server)} holds ${fragmentation.toFixed(1)} bytes for each byte it uses.`,
      why: "The machine runs out of memory before the server says so.",
      advice: "CONFIG SET activedefrag yes, or restart it at a quiet time.",
    });
  }
  return notes;
}

function persistenceOf(server: StoreServer): readonly Note[] {
  const { persistence } = server;
  if (persistence === undefined) return [];
  if (persistence.isFailing === true) {
    return [
      {
        check: "persistence",
        severity: "critical",
        what: `${nameOf(server)} could not write its data to the disk the last time it tried.`,
        why: "After a crash all jobs since then are gone, and it may refuse writes until then.",
        advice: "Look at its log, the space on its disk and the rights of its folder.",
      },
    ];
  }
  if (persistence.log) return [];
  const { savedAt } = persistence;
  const since =
    savedAt === undefined
      ? "keeps nothing on the disk"
      : `wrote its last copy ${lengthText(server.now - savedAt)} ago, and keeps no log`;
  return [
    {
      check: "persistence",
      severity: "warning",
      what: `${nameOf(server)} ${since}.`,
      why: "After a crash the jobs of that time are gone, or run again.",
      advice: "CONFIG SET appendonly yes, and the same in its configuration.",
    },
  ];
}

function replicasOf(server: StoreServer): readonly Note[] {
  return (server.replicas ?? [])
    .filter(({ lagMs = 0 }) => lagMs > REPLICA_LAG_MS)
    .map(({ address = "a replica", lagMs = 0 }) => ({
      check: "replicas",
      severity: "warning" as const,
      what: `${address} is ${lengthText(lagMs)} behind ${nameOf(server).replace("The", "the")}.`,
      why: "When it takes over, what happened in that time is lost.",
      advice: "Look at the network between the two, and at the load of the replica.",
    }));
}

function clientsOf(server: StoreServer): readonly Note[] {
  const { connected = 0, limit } = server.clients ?? {};
  if (limit === undefined || connected < 0.9 * limit) return [];
  return [
    {
      check: "clients",
      severity: "warning",
      what: `${nameOf(server)} has ${countText(connected)} of ${countText(limit)} connections in use.`,
      why: "A worker that starts, or comes back after a fault, may be refused.",
      advice: "Raise its limit, or find out who holds so many.",
    },
  ];
}

function clockOf(server: StoreServer): readonly Note[] {
  const { skewMs } = server;
  const skew = Math.abs(skewMs);
  if (skew <= SKEW_MS) return [];
  return [
    {
      check: "clock",
      severity: skew > MUCH_SKEW_MS ? "critical" : "warning",
      what: `${nameOf(server)} is ${lengthText(skew)} ${skewMs > 0 ? "ahead of" : "behind"} the clock of this machine.`,
      why: "The store's clock decides when jobs are due: they start at another time than people here expect.",
      advice: "Let NTP set both clocks.",
    },
  ];
}

function latencyOf(callsMs: readonly number[]): readonly Note[] {
  const sorted = callsMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (median <= SLOW_CALL_MS) return [];
  return [
    {
      check: "latency",
      severity: "warning",
      what: `A small call takes ${lengthText(median)} from here, and up to ${lengthText(sorted.at(-1) ?? 0)}.`,
      why: "Each dispatch waits so long, and so does each worker between its jobs.",
      advice: "Run producers and workers near the store; look for slow commands and a busy processor.",
    },
  ];
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * MIB ? `${(bytes / MIB / 1024).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}
