import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import type { Clock } from "../../core/clock.js";
import type { ServerHealth, StoreHealth } from "../../core/observe/store-health.js";
import { observeStoreOf } from "../features.js";

/** A server that keeps jobs, as it says of itself. */
export interface StoreServer extends ServerHealth {
  /**
   * By how much its clock is ahead of this process's, in ms; less than 0: it is behind. The time that the question took makes
   * it unsure.
   */
  readonly skewMs: number;
}

/** How the store is. */
export interface StoreInfo extends StoreHealth {
  readonly servers: readonly StoreServer[];
}

/** The store that the app uses. */
export interface AppStore {
  /** What its adapter calls it. */
  readonly name: string;
  /** Where it is, without secrets; undefined: in this process. */
  readonly address: string | undefined;
  /**
   * Asks the servers how they are: version, memory, what is safe on a disk, replicas, clients, clocks. Each fact that a server
   * does not say, or this user may not read, is left out.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators, and the store's own errors
   */
  health(): Promise<StoreInfo>;
}

/** Makes the store of an app as it gives it. */
export function createAppStore({
  adapter,
  clock,
  connect,
}: {
  readonly adapter: Adapter;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  connect(): Promise<void>;
}): AppStore {
  const store: AppStore = {
    name: adapter.name,
    address: adapter.address,
    async health() {
      const observe = observeStoreOf(adapter, "store.health()");
      await connect();
      const [asked, begun] = [clock.now(), clock.monotonic()];
      const health = await observe.health();
      const middle = asked + (clock.monotonic() - begun) / 2;
      const servers = health.servers.map((server) => ({
        ...server,
        skewMs: Math.round(server.now - middle),
      }));
      return { ...health, servers };
    },
  };
  return limitArguments(store, "store.", { rejects: { health: 0 } });
}
