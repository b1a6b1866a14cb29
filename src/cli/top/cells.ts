/** Text in the cells of a terminal: how wide it is, and lines that are never wider than the screen. */
import { plain } from "../../core/words.js";

/** How a part of a line looks where colours are on. */
export type Paint = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "inverse";

/** A part of a line. Its text is safe to show: see {@link shown}. */
export interface Span {
  readonly text: string;
  readonly paint?: Paint;
}

/** A line of the screen. */
export type Line = readonly Span[];

const CODES: Readonly<Record<Paint, number>> = {
  ...{ bold: 1, dim: 2, inverse: 7, red: 31, green: 32, yellow: 33, cyan: 36 },
};

const ASCII = /^[\u0020-\u007e]*$/;
/** What is two cells wide: emoji, and the letters of East Asia. @see Unicode Standard Annex #11, #51 */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const MARK = /[\p{Mn}\p{Me}]/u;

/**
 * What others wrote, as every terminal shows it in the same number of cells: without what a terminal would obey, what it joins
 * to one picture or not, and letters that are not assigned. A letter keeps two marks.
 */
export function shown(text: string): string {
  const safe = plain(text);
  if (ASCII.test(safe)) return safe;
  return safe
    .normalize("NFC")
    .replace(/\p{Cf}|[\ufe00-\ufe0f]/gu, "")
    .replace(/[\u{1f1e6}-\u{1f1ff}]/gu, (letter) =>
      String.fromCharCode((letter.codePointAt(0) ?? 0) - 0x1f1a5),
    )
    .replace(/[\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}]/gu, "\ufffd")
    .replace(/([\p{Mn}\p{Me}]{2})[\p{Mn}\p{Me}]+/gu, "$1")
    .replace(/^[\p{Mn}\p{Me}]+/u, "");
}

/** How many cells text takes that is safe to show. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += widthOfLetter(letter);
  return width;
}

function widthOfLetter(letter: string): number {
  if (MARK.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}

/** The text, or as much of it as fits beside a mark that there is more. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let used = 0;
  for (const letter of text) {
    used += widthOfLetter(letter);
    if (used > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** The text in exactly so many cells. */
export function laid(text: string, width: number, align: "left" | "right" = "left"): string {
  const kept = cut(text, width);
  const blanks = " ".repeat(Math.max(0, width - widthOf(kept)));
  return align === "right" ? blanks + kept : kept + blanks;
}

/** How many cells a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** The line, cut where the screen ends. */
export function fitted(line: Line, width: number): Line {
  const kept: Span[] = [];
  let room = width;
  for (const span of line) {
    if (room <= 0) break;
    const text = cut(span.text, room);
    kept.push({ ...span, text });
    room -= widthOf(text);
  }
  return kept;
}

/** A line whose second part stands at the right end of the screen; what does not fit of the first is cut. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = width - lineWidth(right);
  if (room < 1) return fitted(right, width);
  const kept = fitted(left, room - 1);
  return [...kept, { text: " ".repeat(Math.max(0, room - lineWidth(kept))) }, ...right];
}

/** As a terminal takes it. */
export function painted(line: Line, isColored: boolean): string {
  const text = line.map((span) =>
    isColored && span.paint !== undefined && span.text !== ""
      ? `\u001b[${CODES[span.paint]}m${span.text}\u001b[0m`
      : span.text,
  );
  return text.join("");
}
