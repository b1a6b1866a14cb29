/** How a process is, for whoever decides whether it stays and what it gets. */
import type { AppWorker } from "./app-worker.js";
import type { Connection } from "./connection.js";
import type { WorkLog } from "./work-log.js";

/** How an app is. It is known without asking the store, so that a store that is slow or away fails no probe. */
export interface AppHealth {
  /**
   * The loop that claims jobs goes on, or has nothing to do. `false`: a claim has been neither answered nor refused for 60 s, while other
   * jobs may go on, or jobs were wanted for 60 s and nothing was done; only a new process helps. A store that is away refuses, and does
   * not make it false. Whoever gets an answer at all knows that the event loop turns: ask with a timeout.
   */
  readonly live: boolean;
  /** It was started, begins jobs, and its store answers. `false` while it starts, is quiet, closes or its store is away. */
  readonly ready: boolean;
  /** `idle`: it was not started; it may dispatch. */
  readonly state: "idle" | "starting" | "running" | "quiet" | "closing" | "closed";
  /**
   * How long ago the store answered a claim, with or without jobs, in ms: 20 s at most while a slot is free, and longer while
   * all are taken. Undefined: none was answered since it was started.
   */
  readonly lastClaimAgeMs?: number;
  /** How the connection to the store is. */
  readonly store: StoreLinkHealth;
}

/** How the connection to a store is, as far as this process noticed. */
export interface StoreLinkHealth {
  /** `away`: it was connected, and does not answer. */
  readonly state: "disconnected" | "connected" | "away";
  /** Since it noticed, in ms; of `away` alone. */
  readonly awayMs?: number;
}

/** What health is read from. */
export interface HealthParts {
  readonly connection: Pick<Connection, "phase" | "isReady">;
  readonly worker: Pick<AppWorker, "pulse">;
  readonly log: Pick<WorkLog, "storeAwayMs">;
}

/** Reads how an app is now. */
export function readHealth({ connection, worker, log }: HealthParts): AppHealth {
  const { pulse } = worker;
  const state = connection.phase === "open" ? (pulse?.state ?? "idle") : connection.phase;
  const store = storeOf(connection.isReady, log.storeAwayMs);
  const { isBeating = true, lastClaimAgeMs } = pulse ?? {};
  return {
    live: isBeating,
    ready: state === "running" && store.state === "connected",
    state,
    ...(lastClaimAgeMs === undefined ? {} : { lastClaimAgeMs }),
    store,
  };
}

function storeOf(isReady: boolean, awayMs: number | undefined): StoreLinkHealth {
  if (!isReady) return { state: "disconnected" };
  return awayMs === undefined ? { state: "connected" } : { state: "away", awayMs: Math.round(awayMs) };
}
