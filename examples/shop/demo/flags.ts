import { parseArgs } from "node:util";

/** What the demo was asked to do. */
export interface Flags {
  /** Undefined, and `postgres` too: the memory adapter, in one process. */
  readonly redis: string | undefined;
  /** The address of a server, or {@link PGLITE}: in one process. */
  readonly postgres: string | undefined;
  readonly kill: boolean;
  /** Folder for pictures and thumbnails; made when missing. */
  readonly out: string | undefined;
  /** File for a JSON account of everything that came out. */
  readonly report: string | undefined;
  readonly help: boolean;
}

/** `--postgres` without an address. */
export const PGLITE = "pglite";

/** A command line that cannot be understood. The message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `Usage: npm run demo -- [options]

  --redis URL    run producer and worker as two processes over this Redis
                 (such as redis://127.0.0.1:6379); default: memory, one process
  --postgres [URL]
                 the same over this Postgres (such as postgres://127.0.0.1/shop);
                 without URL: PGlite, which needs no server, in one process
  --kill         shoot the worker in the middle of a job and start another one;
                 without an address it starts a Redis, or a Postgres, of its own
  --out DIR      where pictures and thumbnails go (default: examples/shop/out)
  --report FILE  write what came out as JSON
  --help         show this text`;

const OPTIONS = {
  redis: { type: "string" },
  postgres: { type: "string" },
  kill: { type: "boolean" },
  out: { type: "string" },
  report: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws {UsageError} on an unknown flag ("did you mean"), a missing value or a bad address */
export function parseFlags(args: readonly string[]): Flags {
  const { redis, postgres, kill, out, report, help } = parse(args.map(withPglite));
  if (redis !== undefined) requireRedisUrl(redis);
  if (postgres !== undefined && postgres !== PGLITE) requirePostgresUrl(postgres);
  if (redis !== undefined && postgres !== undefined)
    throw new UsageError("--redis and --postgres are two stores: give one of them.");
  return { redis, postgres, kill: kill ?? false, out, report, help: help ?? false };
}

/** `--postgres` needs no value, which no option of `parseArgs` can have. */
function withPglite(arg: string, index: number, args: readonly string[]): string {
  const next = args[index + 1];
  return arg === "--postgres" && (next === undefined || next.startsWith("-")) ? `${arg}=${PGLITE}` : arg;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false, strict: true }).values;
  } catch (error) {
    const unknown = args.find((arg) => arg.startsWith("--") && !(flagName(arg) in OPTIONS));
    if (unknown === undefined) throw new UsageError((error as Error).message, { cause: error });
    const near = nearest(flagName(unknown));
    const hint = near === undefined ? "" : ` Did you mean --${near}?`;
    throw new UsageError(`There is no option ${unknown}.${hint}`, { cause: error });
  }
}

function flagName(arg: string): string {
  return arg.replace(/^--/, "").replace(/=.*$/, "");
}

function requireRedisUrl(url: string): void {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return;
  throw new UsageError(`--redis wants an address such as redis://127.0.0.1:6379, got "${url}".`);
}

function requirePostgresUrl(url: string): void {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return;
  throw new UsageError(`--postgres wants an address such as postgres://127.0.0.1:5432/shop, got "${url}".`);
}

/** The option that shares the most letters with the given word, when it is more than half of them. */
function nearest(word: string): string | undefined {
  const scored = Object.keys(OPTIONS).map((name) => ({ name, score: commonLetters(word, name) }));
  const best = scored.sort((a, b) => b.score - a.score)[0];
  return best !== undefined && best.score * 2 > Math.max(word.length, best.name.length)
    ? best.name
    : undefined;
}

/** The length of the longest common subsequence. */
function commonLetters(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const letter of a) {
    const next = [0];
    for (let j = 1; j <= b.length; j++) {
      const same = (row[j - 1] ?? 0) + 1;
      next.push(letter === b[j - 1] ? same : Math.max(row[j] ?? 0, next[j - 1] ?? 0));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
