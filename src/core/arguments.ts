/** Refuses arguments that no parameter takes, which JavaScript would drop. */
import { OptionError } from "./errors.js";
import { describe } from "./options.js";

/** How many arguments the methods of something take: those that throw, and those that give a promise. */
export interface ArgumentCounts<Target> {
  readonly throws?: { readonly [Name in keyof Target]?: number };
  readonly rejects?: { readonly [Name in keyof Target]?: number };
}

/**
 * Makes methods refuse arguments that none of their parameters takes, in place.
 *
 * @param of what stands before the name of the method in messages, such as `deadLetters.`
 */
export function limitArguments<Target extends object>(
  target: Target,
  of: string,
  counts: ArgumentCounts<Target>,
): Target {
  const limit = (name: string, most: number, fail: (error: OptionError) => unknown) => {
    const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    const limited = function (this: unknown, ...args: unknown[]): unknown {
      if (args.length > most) return fail(surplusArgument(`${of}${name}()`, most, args[most]));
      return Reflect.apply(method, this, args);
    };
    Object.defineProperty(limited, "name", { value: name });
    Object.defineProperty(target, name, { value: limited, writable: true, configurable: true });
  };
  const throwIt = (error: OptionError) => {
    throw error;
  };
  for (const [name, most] of Object.entries<number | undefined>(counts.throws ?? {}))
    limit(name, most ?? 0, throwIt);
  for (const [name, most] of Object.entries<number | undefined>(counts.rejects ?? {}))
    limit(name, most ?? 0, (error) => Promise.reject(error));
  return target;
}

/**
 * Refuses arguments that no parameter takes.
 *
 * @throws {OptionError} that names the call
 */
export function requireNoMore(call: string, takes: number, surplus: readonly unknown[]): void {
  if (surplus.length > 0) throw surplusArgument(call, takes, surplus[0]);
}

/** What an argument too many is refused with. */
export function surplusArgument(call: string, takes: number, value: unknown): OptionError {
  const most = takes === 0 ? "no arguments" : takes === 1 ? "one argument" : `at most ${takes} arguments`;
  return new OptionError(`expected ${call} to be given ${most}, got ${describe(value)} as one more`, {
    option: call,
  });
}
