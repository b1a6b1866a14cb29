import type { IrNode, IrSchema } from "../../src/schema/ir.js";
import type { Piece } from "./piece.js";
import type { Direction } from "./presence.js";

/** Where a node is printed. */
export interface Printer {
  readonly schema: IrSchema;
  readonly direction: Direction;
  /** Type names of recursive nodes. */
  readonly names: ReadonlyMap<string, string>;
  readonly indent: string;
  /** Whether properties and lists are printed `readonly`. */
  readonly frozen: boolean;
  readonly print: (node: IrNode, printer: Printer) => Piece;
}
