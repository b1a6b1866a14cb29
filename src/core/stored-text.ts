/**
 * A text as a store keeps it, in UTF-8: half of a surrogate pair, such as a cut emoji leaves, becomes the replacement
 * character.
 */
export function storedText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
