/** Passwords as they are kept, and secrets that are compared without telling by the time it takes how much was right. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { OptionError } from "../../core/errors.js";
import type { Check } from "../../core/options.js";

/** 32 MiB and about 0.1 s for each password that is tried. */
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const MAX_MEMORY_BYTES = 1 << 28;
const KEY_BYTES = 32;
const FORM = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,86})\$([\w-]{43})$/;

interface KeptPassword {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Buffer;
  readonly key: Buffer;
}

/**
 * What is kept of a password, for `users` of a board: scrypt with a salt of its own. `taskora board hash` prints it.
 *
 * @throws {OptionError} when it is empty
 * @see RFC 7914
 */
export async function hashPassword(password: string): Promise<string> {
  if (typeof password !== "string" || password === "")
    throw new OptionError("expected password to be text that is not empty", { option: "password" });
  const salt = randomBytes(16);
  const { N, r, p } = COST;
  const key = await derive(password, { cost: COST, salt });
  return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Takes what {@link hashPassword} gave. */
export const passwordHash: Check<string> = (value, option) => {
  if (typeof value === "string" && parse(value) !== undefined) return value;
  throw new OptionError(`expected ${option} to be what "taskora board hash" prints, got something else`, {
    option,
  });
};

/** Whether a password is the one that was hashed. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const kept = parse(hash);
  return kept !== undefined && timingSafeEqual(await derive(password, kept), kept.key);
}

/** Takes as long as {@link isPassword} of a user, where there is none of that name. */
export async function refusePassword(password: string): Promise<false> {
  await derive(password, { cost: COST, salt: Buffer.alloc(16) });
  return false;
}

function parse(hash: string): KeptPassword | undefined {
  const [, N, r, p, salt, key] = FORM.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return undefined;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const isPower = cost.N > 1 && Number.isInteger(Math.log2(cost.N));
  const isBounded = 128 * cost.N * cost.r <= MAX_MEMORY_BYTES / 2 && cost.r > 0 && cost.p > 0;
  if (!isPower || !isBounded) return undefined;
  return { cost, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

function derive(password: string, { cost, salt }: Pick<KeptPassword, "cost" | "salt">): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize("NFKC"),
      salt,
      KEY_BYTES,
      { ...cost, maxmem: MAX_MEMORY_BYTES },
      (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      },
    );
  });
}

/** What stands for a secret where it is compared: 32 bytes, whatever its length. */
export function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Whether two secrets are the same. */
export function isSameSecret(given: string, digest: Buffer): boolean {
  return timingSafeEqual(digestOf(given), digest);
}
