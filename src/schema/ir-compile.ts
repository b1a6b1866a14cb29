import type { IrNode } from "./ir.js";
import type { Certainty } from "./ir-certainty.js";
import type { Run } from "./ir-run.js";

/** Passed along while a schema is compiled; nothing of it is looked at once values come in. */
export interface Compiler extends Certainty {
  /** `wire` gives the value to send, `output` the one zod would give; they differ behind a conversion. */
  readonly mode: "wire" | "output";
  readonly compile: (node: IrNode) => Run;
  /** The same compiler for the other question. */
  readonly forOutput: () => Compiler;
}
