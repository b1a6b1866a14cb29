import type { DiffFormat } from "taskora/codegen";
import type { Codegen } from "../report.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora diff`. */
export interface DiffFlags {
  readonly config?: string;
  readonly against?: string;
  readonly format: string;
  readonly json?: boolean;
  readonly accept?: readonly string[];
  readonly reason?: string;
  readonly live?: string;
  readonly prefix?: string;
  readonly limit?: string;
  readonly showPayloads?: boolean;
}

/** Where and how a command shows what it found. */
export interface Output {
  readonly format: DiffFormat | "text";
  readonly terminal: Terminal;
  readonly codegen: Codegen;
}
