import { limitArguments } from "../../core/arguments.js";
import { OptionError } from "../../core/errors.js";
import { describe, didYouMean } from "../../core/options.js";
import type { Pool, Pools } from "../../worker/pool.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { jobsAtOnce } from "../options.js";
import { CHANGE, type ChangeOptions, type ChangeResult, saidBy } from "./change.js";

/** A pool of this process as it stands. */
export interface PoolInfo {
  /** `"app"`: that of all tasks. */
  readonly name: string;
  /** Jobs of its tasks that run at once. */
  readonly size: number;
  /** Handlers of its tasks that are at work now. */
  readonly running: number;
}

/** The pools of this process: the declared ones, and `"app"`, which all tasks are in. */
export interface AppPools {
  /** That of the app first. */
  list(): readonly PoolInfo[];
  /** `undefined` when none was declared with this name. */
  get(name: string): PoolInfo | undefined;
  /**
   * Says how many jobs of its tasks run at once in this process from now on, 1 to 10 000. A smaller number takes effect as jobs
   * end: none is interrupted. `audit` listeners are told.
   *
   * @throws {OptionError} when there is no such pool ("did you mean")
   */
  set(name: string, size: number, change?: ChangeOptions): ChangeResult;
}

/** Makes the pools of an app as it gives them. */
export function createAppPools(pools: Pools, audit: ProducerContext["audit"]): AppPools {
  const made: AppPools = {
    list: () => pools.all.map(infoOf),
    get(name) {
      const pool = pools.get(name);
      return pool === undefined ? undefined : infoOf(pool);
    },
    set(name, size, change = {}) {
      const said = CHANGE.read(change, "set()");
      const pool = pools.get(name);
      if (pool === undefined) throw noSuchPool(name, pools);
      const before = pool.size;
      pool.size = jobsAtOnce(size, "size");
      pools.changed();
      const status = before === size ? "unchanged" : "applied";
      audit({ action: "pool.set", pool: name, size, status, ...saidBy(said) });
      return { status };
    },
  };
  return limitArguments(made, "pools.", { throws: { list: 0, get: 1, set: 3 } });
}

function infoOf({ name, size, running }: Pool): PoolInfo {
  return { name, size, running };
}

function noSuchPool(name: unknown, pools: Pools): OptionError {
  const known = pools.all.map((pool) => pool.name);
  const hint =
    (typeof name === "string" ? didYouMean(name, known) : undefined) ?? `Pools: ${known.join(", ")}.`;
  return new OptionError(`expected the name of a pool of this app, got ${describe(name)}. ${hint}`, {
    option: "name",
  });
}
