/** Puts back what was hidden in data that somebody changed without seeing all of it. */
import { HIDDEN_SIGN } from "../../core/observe/sensitive.js";

/**
 * Where the changed data says what stood in place of something hidden, what was hidden is meant.
 *
 * @param changed what came back
 * @param seen.shown what was shown, with what stands in place of hidden values
 * @param seen.original what is stored
 */
export function withOriginals(
  changed: unknown,
  { shown, original }: { readonly shown: unknown; readonly original: unknown },
): unknown {
  if (typeof changed === "string")
    return changed === shown && changed.includes(HIDDEN_SIGN) ? original : changed;
  if (Array.isArray(changed)) {
    return changed.map((item: unknown, nth) =>
      withOriginals(item, {
        shown: Array.isArray(shown) ? (shown[nth] as unknown) : undefined,
        original: Array.isArray(original) ? (original[nth] as unknown) : undefined,
      }),
    );
  }
  if (typeof changed !== "object" || changed === null) return changed;
  const entries = Object.entries(changed).map(([key, part]) => [
    key,
    withOriginals(part, { shown: partOf(shown, key), original: partOf(original, key) }),
  ]);
  return Object.fromEntries(entries);
}

function partOf(value: unknown, key: string): unknown {
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, key);
  return isObject ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
