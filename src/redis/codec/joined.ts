/**
 * Lists that travel as one text. Each argument and each part of a reply costs client and store about as much as what is
 * done with it, so texts of one length go joined.
 */

const ASCII = /^[\x20-\x7e]*$/;

/** The ids in one text, which is cut again by their length in bytes; undefined when they are not of one length. */
export function joinIds(ids: readonly string[]): string | undefined {
  const length = ids[0]?.length ?? 0;
  if (!ids.every((id) => id.length === length)) return undefined;
  const joined = ids.join("");
  return ASCII.test(joined) ? joined : undefined;
}

/** Whether `id` may be joined to others of `length` characters. */
export function isJoinable(id: string, length: number): boolean {
  return id.length === length && ASCII.test(id);
}

/** Ids as a script answers them: joined when they are of one length. */
export function splitIds(ids: Buffer | readonly Buffer[], count: number): readonly string[] {
  if (!Buffer.isBuffer(ids)) return ids.map((id) => id.toString("utf8"));
  const text = ids.toString("utf8");
  if (count === 1) return [text];
  const length = ids.length / count;
  const isAscii = text.length === ids.length;
  return Array.from({ length: count }, (_, index) =>
    isAscii
      ? text.slice(index * length, (index + 1) * length)
      : ids.toString("utf8", index * length, (index + 1) * length),
  );
}

/** Longer texts are cheaper on their own than copied once more. */
const LONGEST_JOINED = 500;

/** Bodies as `insert-plain` takes them: their sizes and all of them joined, or no sizes and each. */
export function joinBodies(bodies: readonly (string | Buffer)[]): (string | Buffer)[] {
  const texts = bodies.filter((body) => typeof body === "string" && body.length <= LONGEST_JOINED);
  if (texts.length < bodies.length) return ["", ...bodies];
  const joined = bodies.join("");
  const isAscii = Buffer.byteLength(joined) === joined.length;
  return [bodies.map((body) => (isAscii ? body.length : Buffer.byteLength(body))).join(","), joined];
}
