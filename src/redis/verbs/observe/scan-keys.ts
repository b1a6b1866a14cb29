/** Lists the keys of a store, server by server. */
import type { Session } from "../../session.js";

/** Keys that were found, and where each server goes on. */
export interface ScannedKeys {
  readonly keys: readonly string[];
  /** By address, `""` for the only one; undefined: that was all. A server that is not there any more is left out. */
  readonly next: Readonly<Record<string, string>> | undefined;
}

/**
 * Some of the keys below a prefix. A key may come twice, and one that comes or goes meanwhile may be missed.
 *
 * @param from where the call before ended; undefined: at the beginning
 * @param count how many keys of anybody each server walks over
 */
export async function scanKeys(
  { runner, keys }: Session,
  from: ScannedKeys["next"],
  count: number,
): Promise<ScannedKeys> {
  // A root has the prefix, and a brace behind it.
  const pattern = `${escaped(keys.root("").slice(0, -2))}*`;
  const found = new Set<string>();
  const next: Record<string, string> = {};
  const cursors = new Set(from === undefined ? ["0"] : Object.values(from));
  for (const cursor of cursors) {
    const replies = await runner.repeat(() =>
      runner.link.askServers([["SCAN", cursor, "MATCH", pattern, "COUNT", String(count)]]),
    );
    for (const { address = "", answers } of replies) {
      if (from !== undefined && from[address] !== cursor) continue;
      const [onward, page] = answers[0] as readonly [Buffer, readonly Buffer[]];
      for (const key of page) found.add(String(key));
      if (String(onward) !== "0") next[address] = String(onward);
    }
  }
  return { keys: [...found], next: Object.keys(next).length === 0 ? undefined : next };
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
