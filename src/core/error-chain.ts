/**
 * What may stand behind an error: its `cause`, and the `errors` it gathers, as `Promise.any` and `fetch` make them; of a
 * `SuppressedError`, as `await using` makes it, both of its own.
 */

/** More errors than anybody reads; also the end of chains that never end. */
const MAX_CHAIN = 64;

/** An error, what caused it, and what it gathers, the nearest first; each once, at most 64. */
export function chainOf(error: Error): readonly Error[] {
  const chain = new Set([error]);
  for (const each of chain) {
    for (const behind of [causeOf(each), ...errorsOf(each)]) {
      if (isError(behind) && chain.size < MAX_CHAIN) chain.add(behind);
    }
  }
  return [...chain];
}

/** `error.cause`, whatever it is. */
export function causeOf(error: Error): unknown {
  return read(() => error.cause);
}

/**
 * What an error gathers, as an `AggregateError` or a `SuppressedError` does. Lists of something else, such as of issues,
 * are none.
 */
export function errorsOf(error: Error): readonly unknown[] {
  // By its name: compilers bring their own where Node has none.
  if (read(() => error.name) === "SuppressedError") {
    return (["error", "suppressed"] as const).map((key) => read(() => (error as SuppressedErrorShape)[key]));
  }
  const errors = read(() => (error as { errors?: unknown }).errors);
  return Array.isArray(errors) && (error instanceof AggregateError || errors.every(isError)) ? errors : [];
}

interface SuppressedErrorShape {
  /** What was thrown last, such as by a dispose. */
  readonly error?: unknown;
  /** What had been thrown before. */
  readonly suppressed?: unknown;
}

/** Whether a value is an `Error`. Unlike `instanceof`, a revoked proxy does not make it throw. */
export function isError(thrown: unknown): thrown is Error {
  return read(() => thrown instanceof Error) === true;
}

/** What a getter of a foreign object gives; one that throws gives a sentence that says so. */
export function read(get: () => unknown): unknown {
  try {
    return get();
  } catch (error) {
    return `(unreadable: reading it threw ${typeof error})`;
  }
}
