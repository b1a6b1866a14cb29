/** How long each call of a script took, as the server remembers it. */
import * as scripts from "../src/redis/scripts.generated.js";
import type { RedisStats } from "./redis-stats.js";

/** One call. */
export interface ScriptCall {
  /** Of ours; other queues' scripts have the beginning of their digest. */
  readonly name: string;
  readonly micros: number;
}

type SlowlogEntry = readonly [id: number, at: number, micros: number, args: readonly string[]];

const NAMES = new Map<string, string>(Object.values(scripts).map(({ sha1, name }) => [sha1, name]));

/** What the server's slow log remembers: see its options `slowlog-log-slower-than` and `slowlog-max-len`. */
export async function readScriptCalls(stats: RedisStats, most: number): Promise<readonly ScriptCall[]> {
  const entries = (await stats.call("SLOWLOG", "GET", most)) as readonly SlowlogEntry[];
  return entries.flatMap(([, , micros, [command = "", sha1 = ""]]) =>
    /^evalsha(_ro)?$/i.test(command) ? [{ name: NAMES.get(sha1) ?? sha1.slice(0, 10), micros }] : [],
  );
}
