/** What calls over HTTP take, and what they cannot. */
import { integer, text } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { type Check, optionSet } from "../../core/options.js";

/** Refuses what only somebody with the store itself can do. */
export function notOverHttp(why: string): Check<undefined> {
  return (_value, option) => {
    throw new OptionError(`${option} cannot be given to a board: ${why}.`, { option });
  };
}

/** Why, for the audit list; who is known to the board by the token. */
export const SAID = {
  reason: text,
  by: notOverHttp("it names who asks, by their token"),
  address: notOverHttp("it knows where who asks is"),
};

/** The options of a change that has no others. */
export const CHANGE_OVER_HTTP = optionSet(SAID);

/** A page of a list. */
export const PAGE_SHAPE = { cursor: text, limit: integer(1, 1000) };
export const PAGE_QUERY = optionSet(PAGE_SHAPE);
