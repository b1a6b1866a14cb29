/** Aligned tables that fit the terminal. */
import type { Colors, Terminal } from "../terminal.js";

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default: to the left. */
  readonly align?: "right";
  /** May be cut where there is no room; of several the last is cut first. */
  readonly isCut?: true;
}

/** A cell: its text, and how it is coloured where colours are on. */
export type Cell = string | { readonly text: string; readonly paint: keyof Colors };

const GAP = "  ";
/** Narrower than this a column says nothing. */
const LEAST = 8;

/** The lines of a table, the titles first. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { tableColumns, outColors }: Pick<Terminal, "tableColumns" | "outColors">,
): readonly string[] {
  const widths = widthsOf(columns, rows, tableColumns);
  const line = (cells: readonly Cell[], style: (text: string) => string = (text) => text) =>
    style(
      columns
        .map((column, index) => {
          const cell = cells[index] ?? "";
          const text = typeof cell === "string" ? cell : cell.text;
          const laid = lay(text, { column, width: widths[index] ?? 0, isLast: index === columns.length - 1 });
          return typeof cell === "string" ? laid : outColors[cell.paint](laid);
        })
        .join(GAP)
        .trimEnd(),
    );
  const titles = columns.map(({ title }) => title);
  return [line(titles, outColors.dim), ...rows.map((cells) => line(cells))];
}

function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  room: number,
): readonly number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((cells) => textOf(cells[index]).length)),
  );
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  for (let index = columns.length - 1; index >= 0 && total() > room; index--) {
    const { isCut, title } = columns[index] as Column;
    const width = widths[index] ?? 0;
    if (isCut === true) widths[index] = Math.max(LEAST, title.length, width - (total() - room));
  }
  return widths;
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === "object" ? cell.text : (cell ?? "");
}

function lay(
  text: string,
  { column, width, isLast }: { readonly column: Column; readonly width: number; readonly isLast: boolean },
): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  if (column.align === "right") return cut.padStart(width);
  return isLast ? cut : cut.padEnd(width);
}

/** Names and values, one pair a line; a value of several lines stands below its first. */
export function pairLines(
  pairs: readonly (readonly [string, string])[],
  { outColors }: Pick<Terminal, "outColors">,
): readonly string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.flatMap(([name, value]) => {
    const [first = "", ...rest] = value.split("\n");
    return [
      `${outColors.bold(name.padEnd(width))}  ${first}`.trimEnd(),
      ...rest.map((line) => `${" ".repeat(width)}  ${line}`),
    ];
  });
}
