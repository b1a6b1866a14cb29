/**
 * Job ids: 14 characters that sort by time and are made on the client, so that a handle has its id at once.
 *
 * 84 bits: 38 of time in units of 16 ms since 2000 (until 2139), 32 drawn once per source, 14 counted within a
 * unit. Two sources collide only when their 32 bits are equal, and the store refuses to overwrite a job even
 * then. 14 characters are the longest text that still fits a 16-byte allocation in Redis.
 *
 * @see K-sortable ids: Twitter Snowflake, 2010; RFC 9562 UUIDv7
 */
const ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const EPOCH_MS = Date.UTC(2000, 0, 1);
const UNIT_MS = 16;
const COUNTS_PER_UNIT = 1 << 14;

/** What ids are made from. */
export interface JobIdEntropy {
  readonly now: () => number;
  /** In [0, 1), with at least 32 good bits; called once. */
  readonly random: () => number;
}

/** Makes a function that gives a new id at each call, each greater than the one before. */
export function createJobIdSource(entropy: JobIdEntropy): () => string {
  const source = Math.floor(entropy.random() * 2 ** 32);
  // 7 characters: time and 4 bits of source; 4: 24 bits of source; 3: the last 4 bits of source and the count.
  let unit = -1;
  let count = 0;
  let timeText = "";
  return () => {
    const nowUnit = Math.max(0, Math.floor((entropy.now() - EPOCH_MS) / UNIT_MS));
    count += 1;
    if (nowUnit > unit || count === COUNTS_PER_UNIT) {
      unit = Math.max(nowUnit, unit + (count === COUNTS_PER_UNIT ? 1 : 0));
      count = 0;
      timeText =
        encode(unit * 16 + Math.floor(source / 2 ** 28), 7) + encode(Math.floor(source / 16) % 2 ** 24, 4);
    }
    return timeText + encode((source % 16) * COUNTS_PER_UNIT + count, 3);
  };
}

function encode(value: number, characters: number): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < characters; i++) {
    text = ALPHABET[rest % 64] + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}
