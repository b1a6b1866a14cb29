/** One member of a union. `loose` text needs parentheses before `[]` or `&`. */
export interface Member {
  readonly text: string;
  readonly loose?: true;
}

/** A printed type as the members of its union, so that wrappers can add and take away `undefined`. */
export type Piece = readonly Member[];

export function atom(text: string): Piece {
  return [{ text }];
}

/** Joins pieces into one union without saying anything twice. */
export function unite(...pieces: readonly Piece[]): Piece {
  const members = pieces.flat();
  if (members.some((member) => member.text === "any")) return atom("any");
  if (members.some((member) => member.text === "unknown")) return atom("unknown");
  const seen = new Set<string>();
  const unique = members.filter((member) => {
    if (member.text === "never" || seen.has(member.text)) return false;
    seen.add(member.text);
    return true;
  });
  return unique.length > 0 ? unique : atom("never");
}

export function withoutUndefined(piece: Piece): Piece {
  const rest = piece.filter((member) => member.text !== "undefined");
  return rest.length > 0 ? rest : atom("never");
}

export function withUndefined(piece: Piece): Piece {
  return unite(piece, atom("undefined"));
}

/** The text of the whole union. */
export function textOf(piece: Piece): string {
  return piece.map((member) => member.text).join(" | ");
}

/** The text where something tighter than a union stands next to it. */
export function tightTextOf(piece: Piece): string {
  const [only] = piece;
  if (piece.length === 1 && only !== undefined && only.loose !== true) return only.text;
  return `(${textOf(piece)})`;
}
