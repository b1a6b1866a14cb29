import { createHash } from "node:crypto";

/** A short fingerprint of a user's function: 12 hex characters of SHA-256 over its source without layout. */
export function hashFunction(fn: unknown): string {
  return hashText(String(fn).replace(/\s+/g, " ").trim());
}

/** 12 hex characters of SHA-256. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
