import {
  type ContractStore,
  OPEN_STATES,
  type OpenState,
  type VersionCount,
} from "../../core/contract-store.js";

/** Jobs of one contract that have not ended, per state. */
export type VersionCounts = Readonly<Record<OpenState, number>> & {
  readonly version: number;
  /** `""`: jobs of a contract that is not generated. */
  readonly fingerprint: string;
  readonly total: number;
};

type Counter = { -readonly [Key in keyof VersionCounts]: VersionCounts[Key] };

/** Sums up the pages of a store, oldest version first. */
export async function readVersions(
  contracts: ContractStore,
  task: string,
): Promise<readonly VersionCounts[]> {
  const found = new Map<string, Counter>();
  let cursor: string | undefined;
  do {
    const page = await contracts.countVersions({ task, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.counts) addCount(found, row);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...found.values()].sort(
    (a, b) => a.version - b.version || (a.fingerprint < b.fingerprint ? -1 : 1),
  );
}

function addCount(found: Map<string, Counter>, row: VersionCount): void {
  const { version, fingerprint, state, count } = row;
  const key = `${version} ${fingerprint}`;
  const none = Object.fromEntries(OPEN_STATES.map((open) => [open, 0])) as Record<OpenState, number>;
  const counts = found.get(key) ?? { version, fingerprint, ...none, total: 0 };
  counts[state] += count;
  counts.total += count;
  found.set(key, counts);
}
