import { OptionError } from "../errors.js";
import { describe } from "../options.js";

/** Longest key of anything in a {@link JobLimits}, characters. */
export const MAX_LIMIT_KEY_LENGTH = 200;

/**
 * Checks a key that callers choose.
 *
 * @param option its path, for the message
 * @throws {OptionError} when it is no text, empty or longer than {@link MAX_LIMIT_KEY_LENGTH}, or half a character is
 * in it, which no store keeps
 */
export function requireLimitKey(value: unknown, option: string): string {
  const isShort = typeof value === "string" && value !== "" && value.length <= MAX_LIMIT_KEY_LENGTH;
  if (isShort && !/\p{Surrogate}/u.test(value)) return value;
  const got =
    typeof value === "string"
      ? isShort
        ? "half a character"
        : `${value.length} characters`
      : describe(value);
  throw new OptionError(
    `expected ${option} to be text of 1 to ${MAX_LIMIT_KEY_LENGTH} characters, got ${got}`,
  );
}

/** Refuses what is neither a key nor an object that has one, such as the number of a tenant. */
export function requireKeyed(value: unknown, option: string): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  const expected = `text of 1 to ${MAX_LIMIT_KEY_LENGTH} characters, or an object with it as key`;
  throw new OptionError(`expected ${option} to be ${expected}; got ${describe(value)}`, { option });
}
