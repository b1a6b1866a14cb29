/** What a script answers about a claim. */
export type RawClaim = readonly [
  lost: number,
  nextDueInMs: number,
  fence: number,
  ids: Buffer | Buffer[],
  records: Buffer[],
  recovered: Buffer[],
  unseen: number,
  now: number,
  hasSuspects?: number,
];
