import { isError } from "../core/error-chain.js";
import { TaskoraError } from "../core/errors.js";
import { describe } from "../core/options.js";

/** What was thrown, as an error. */
export function thrownError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new NonErrorThrown(thrown);
}

/** Something that is no `Error` was thrown. */
export class NonErrorThrown extends TaskoraError {
  override readonly name: string = "NonErrorThrown";
  constructor(thrown: unknown) {
    super(
      "JOB_FAILED",
      `The handler threw ${shorten(describe(thrown))}. Throw an Error, so that its stack is kept.`,
      {
        cause: thrown,
      },
    );
  }
}

const MAX_SHOWN_CHARS = 200;

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}…`;
}
