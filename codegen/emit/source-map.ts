/**
 * Source maps of declarations: an editor that goes to a definition follows them to the contract.
 *
 * @see https://tc39.es/ecma426/ Source map format
 */

/** Line and column in the declarations, and where they lead; all count from 0. */
export interface Mapping {
  readonly line: number;
  readonly column: number;
  /** The path of the source as the map names it. */
  readonly source: string;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

/** Writes a version 3 map. */
export function sourceMapText(file: string, mappings: readonly Mapping[]): string {
  const sources = [...new Set(mappings.map((mapping) => mapping.source))];
  return `${JSON.stringify({
    version: 3,
    file,
    sourceRoot: "",
    sources,
    names: [],
    mappings: encodeMappings(mappings, sources),
  })}\n`;
}

function encodeMappings(mappings: readonly Mapping[], sources: readonly string[]): string {
  const sorted = [...mappings].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines: string[][] = [];
  const last = { column: 0, source: 0, sourceLine: 0, sourceColumn: 0 };
  for (const mapping of sorted) {
    if (lines.length <= mapping.line) last.column = 0;
    while (lines.length <= mapping.line) lines.push([]);
    const source = sources.indexOf(mapping.source);
    const deltas = [
      mapping.column - last.column,
      source - last.source,
      mapping.sourceLine - last.sourceLine,
      mapping.sourceColumn - last.sourceColumn,
    ];
    lines[mapping.line]?.push(deltas.map(encodeVlq).join(""));
    Object.assign(last, { ...mapping, source });
  }
  return lines.map((segments) => segments.join(",")).join(";");
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base 64 VLQ: the sign in the lowest bit, five bits a digit, the lowest first. */
function encodeVlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
