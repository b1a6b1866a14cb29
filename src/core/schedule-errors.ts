import { OptionError } from "./errors.js";
import { describe } from "./options.js";

/** A cron expression that cannot be read, or has no slot ahead. */
export function cronInvalid(cron: unknown, why: string, cause?: unknown): OptionError {
  return new OptionError(
    `The cron expression ${describe(cron)} cannot be used: ${why}. Write five fields such as "0 9 * * 1-5" ` +
      "(minute, hour, day of month, month, day of week), or six with seconds first.",
    { option: "cron", code: "CRON_INVALID", cause },
  );
}

/** A time zone this machine does not know. */
export function timeZoneInvalid(timezone: unknown, cause?: unknown): OptionError {
  return new OptionError(
    `The time zone ${describe(timezone)} is unknown here. Use an IANA name such as "Europe/Berlin" or "UTC".`,
    { option: "timezone", code: "TIME_ZONE_INVALID", cause },
  );
}
