import { OptionError } from "../errors.js";

/** A filter of jobs cannot be read. The message says where, why, and what is meant instead. */
export class FilterError extends OptionError {
  /** @internal */
  static override readonly kind: string = "FilterError";
  override readonly name: string = "FilterError";
  /** The filter as it was given. */
  readonly filter: string;
  /** Where in it, counted from 0, in UTF-16 units; its length: at the end. */
  readonly position: number;

  constructor(filter: string, position: number, why: string) {
    super(`The filter cannot be read at character ${position + 1}: ${why}`, {
      option: "where",
      code: "FILTER_INVALID",
    });
    this.filter = filter;
    this.position = position;
  }
}
