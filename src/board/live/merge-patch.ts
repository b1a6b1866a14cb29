/**
 * What changed between two values, as JSON Merge Patch.
 *
 * @see RFC 7396
 */

/** A patch; `"none"`: nothing changed; `"unfit"`: no patch can say it, since `null` in one means that a field is gone. */
export type Difference = { readonly patch: unknown } | "none" | "unfit";

type Fields = Readonly<Record<string, unknown>>;

/** Compares two values as JSON has them: fields that are undefined are not there. */
export function difference(before: unknown, after: unknown): Difference {
  if (!isFields(before) || !isFields(after)) return isSame(before, after) ? "none" : replaced(after);
  const patch: [key: string, part: unknown][] = [];
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const part = difference(fieldOf(before, key), value);
    if (part === "unfit") return "unfit";
    if (part !== "none") patch.push([key, part.patch]);
  }
  for (const [key, value] of Object.entries(before))
    if (value !== undefined && fieldOf(after, key) === undefined) patch.push([key, null]);
  return patch.length === 0 ? "none" : { patch: Object.fromEntries(patch) };
}

/** Names may be those of any task, such as `constructor`. */
function fieldOf(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function replaced(value: unknown): Difference {
  return hasNull(value) ? "unfit" : { patch: value };
}

/** In a field; what stands in a list is taken as it is. */
function hasNull(value: unknown): boolean {
  if (value === null) return true;
  return isFields(value) && Object.values(value).some(hasNull);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
}
