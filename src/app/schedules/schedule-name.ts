import { OptionError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

const SCHEDULE_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;
const MAX_SCHEDULE_NAME = 100;

/**
 * Refuses names that are not letters, digits, `.`, `_`, `:`, `/` and `-`, or longer than 100 characters.
 *
 * @throws {OptionError} `NAME_INVALID`
 */
export function requireScheduleName(name: unknown): string {
  if (typeof name === "string" && name.length <= MAX_SCHEDULE_NAME && SCHEDULE_NAME.test(name)) return name;
  throw new OptionError(
    `expected the name of a schedule to have letters, digits, ".", "_", ":", "/" or "-", at most ${MAX_SCHEDULE_NAME} ` +
      `of them; got ${describe(name)}. Use a name such as "report.daily".`,
    { option: "name", code: "NAME_INVALID" },
  );
}
