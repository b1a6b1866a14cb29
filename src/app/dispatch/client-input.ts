/** Any data, and none: `dispatch()` may be called without it. */
export type AnyData = NonNullable<unknown> | null | undefined | void;

/** What a client takes for an input: the same, and nothing at all where that may be undefined. */
export type ClientInput<Input> = unknown extends Input
  ? AnyData
  : undefined extends Input
    ? Input | void
    : Input;
