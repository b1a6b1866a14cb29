/**
 * What is sent to a cluster in place of a script for one server.
 *
 * - It is passed a second key that never exists, in the slot of its root. While a slot moves, its old node sends a call all of
 *   whose keys are missing to the new one, which has some of the task's data and not the rest, and there a call with two
 *   missing keys is refused with TRYAGAIN. So no script runs on half a task: its calls wait until the slot has moved.
 * - It tells wakes on a channel, since no connection can block on keys of several slots. Channels of a task are sharded from
 *   Redis 7 on, which is the first that says its version.
 */
import { createHash } from "node:crypto";

/** A line of `lib/told.lua`, and what takes its place. */
const ONE_SERVER = "local spread = false";
const CLUSTER = 'local spread = redis.REDIS_VERSION_NUM and "SPUBLISH" or "PUBLISH"';

/** Texts of scripts as a cluster gets them, with the hashes by which they are called. */
export class ClusterScripts {
  /** Hash of a script for one server → hash of the other. */
  readonly #hashes: ReadonlyMap<string, string>;

  constructor(scripts: readonly { readonly text: string; readonly sha1: string }[]) {
    this.#hashes = new Map(scripts.map(({ text, sha1 }) => [sha1, hashOf(forCluster(text))]));
  }

  /** The arguments of `EVALSHA` or `EVAL` as a cluster takes them. */
  argumentsOf(command: "EVALSHA" | "EVAL", args: readonly (string | Buffer)[]): (string | Buffer)[] {
    const [script = "", count = "1", root = "", ...rest] = args;
    const name =
      command === "EVAL" ? forCluster(String(script)) : (this.#hashes.get(String(script)) ?? String(script));
    return [name, String(Number(count) + 1), root, `${root}-`, ...rest];
  }
}

function forCluster(text: string): string {
  return text.replace(ONE_SERVER, CLUSTER);
}

function hashOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
